/* SPDX-License-Identifier: ISC */
/* The part of a look-up that is about mail for others: relaydomains and routes. */
#ifndef CONF_REMOTE_H
#define CONF_REMOTE_H

#include "conf/search.h"

/* Where mail for LOCAL@DOMAIN goes, which is not ours. 0, or -1 with ENOMEM. */
int remote_find(struct search *s, struct slice local, struct slice domain);

#endif
