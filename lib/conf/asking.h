/* SPDX-License-Identifier: ISC */
/*
 * Who may ask for mail that waits: the control files etrn, "domain: who, who...", where each is an
 * address, a range of them, or a login; and turn, "login: domain, domain...", for ATRN.
 */
#ifndef CONF_ASKING_H
#define CONF_ASKING_H

#include <stdbool.h>

#include "base/slice.h"
#include "base/str.h"
#include "conf/control.h"
#include "conf/table.h"

struct asking {
	struct table etrn; /* by domain, .domain and * */
	struct table turn; /* by login */
};

/* 0, or -1 with errno, for EINVAL with file, line and cause in PROBLEM. To be freed in any case. */
int asking_read(struct asking *a, const struct control *c, struct str *problem);
void asking_free(struct asking *a);

/*
 * True if the client of ADDRESS, logged in as LOGIN ("" if not), may have DOMAIN tried; of
 * "@example.org" (RFC 1985, 5.3) only an entry ".example.org" or "*" says so. A null DOMAIN asks
 * about any at all.
 */
bool asking_may_etrn(
    const struct asking *a, struct slice domain, const char *address, const char *login);
/* The domains that LOGIN may fetch, with commas and perhaps blanks; empty if there are none. */
struct slice asking_turn_domains(const struct asking *a, const char *login);
/* True if DOMAINS, a list with commas, are all among those. */
bool asking_may_turn(const struct asking *a, const char *login, struct slice domains);

#endif
