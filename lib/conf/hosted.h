/* SPDX-License-Identifier: ISC */
/*
 * The part of a look-up that is about hosted domains. Order: virtual and users (accounts that have
 * a mailbox), each by the address as it is; both by each shorter name, as extensions cut it; all of
 * the domain in virtual; and for postmaster and role names those of this host.
 */
#ifndef CONF_HOSTED_H
#define CONF_HOSTED_H

#include "conf/search.h"

/* Where mail for LOCAL@DOMAIN goes, of a hosted domain. 0, or -1 with ENOMEM. */
int hosted_find(struct search *s, struct slice local, struct slice domain);

#endif
