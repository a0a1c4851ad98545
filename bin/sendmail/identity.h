/* SPDX-License-Identifier: ISC */
/*
 * Who is calling, and where: found out when first asked for, as most callers name their sender and
 * write their From themselves. What can't be found ends the program (71, 78).
 */
#ifndef SENDMAIL_IDENTITY_H
#define SENDMAIL_IDENTITY_H

#include <stdbool.h>

#include "base/slice.h"
#include "base/str.h"
#include "conf/rewriting.h"

struct identity {
	bool knows_user;
	struct str host;      /* empty until asked for */
	struct str user;      /* login name, or the uid as a number for one who has none */
	struct str full_name; /* of the user database; may be empty */
	bool knows_rules;
	struct rewriting rules;
	bool notes;	   /* what the rules change is kept for -v: */
	struct str noted;  /* a line each, once */
	bool is_noted_all; /* all of them had room */
};

void identity_init(struct identity *who);
void identity_free(struct identity *who);
/* The name of this host: the control file me, or gethostname(2). */
struct slice identity_host(struct identity *who);
struct slice identity_user(struct identity *who);
struct slice identity_full_name(struct identity *who);
/* True if there is more to rewrite than local parts alone. */
bool identity_has_rules(struct identity *who);
/*
 * What ADDRESS, which is good or a good local part alone, is to be written as: 1 with that added to
 * OUT, 0 if it stays. IS_SENDER as in conf/rewriting.h.
 */
int identity_rewrite(struct identity *who, bool is_sender, struct slice address, struct str *out);

#endif
