/* SPDX-License-Identifier: ISC */
/* The part of a look-up that is about addresses which wrap another (conf/srs.h). */
#ifndef CONF_WRAPPED_H
#define CONF_WRAPPED_H

#include <stdbool.h>

#include "conf/search.h"

/* The address within LOCAL, for which srs_is_wrapped. 0, or -1 with ENOMEM. */
int wrapped_find(struct search *s, struct slice local);
/* Any other address of the domain of such addresses, where that is nothing else. */
int wrapped_find_other(struct search *s, struct slice local, struct slice domain);
/* True for the domain of such addresses where it is neither local nor hosted. */
bool wrapped_owns(const struct routes *r, struct slice domain);

#endif
