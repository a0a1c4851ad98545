/* SPDX-License-Identifier: ISC */
/* Which domains are hosted here: the files domains and virtual, beside locals and relaydomains. */
#ifndef MAILUSER_DOMAIN_H
#define MAILUSER_DOMAIN_H

#include <stdbool.h>

#include "base/slice.h"
#include "base/str.h"
#include "conf/control.h"

enum domain_place {
	DOMAIN_UNKNOWN,
	DOMAIN_LISTED,	/* in domains */
	DOMAIN_VIRTUAL, /* a key of virtual is in it */
	DOMAIN_LOCAL,	/* its users are those of the system */
	DOMAIN_RELAYED, /* in relaydomains: mail for it goes elsewhere */
};

enum domain_place domain_find(const struct control *c, struct slice domain);
/* Ends the program with what to do about it where DOMAIN is not hosted. */
void domain_must_be_hosted(const struct control *c, struct slice domain);
/* Why DOMAIN cannot be hosted, in a few words; null where it can be, or is already. */
const char *domain_problem(const struct control *c, struct slice domain);

#endif
