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

struct identity {
	bool knows_user;
	struct str host;      /* empty until asked for */
	struct str user;      /* login name, or the uid as a number for one who has none */
	struct str full_name; /* of the user database; may be empty */
};

void identity_init(struct identity *who);
void identity_free(struct identity *who);
/* The name of this host: the control file me, or gethostname(2). */
struct slice identity_host(struct identity *who);
struct slice identity_user(struct identity *who);
struct slice identity_full_name(struct identity *who);

#endif
