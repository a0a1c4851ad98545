/* SPDX-License-Identifier: ISC */
/*
 * What an enhanced status code (RFC 3463, and those registered since) means to a person: what
 * happened, and what to do about it. Whose side it was on is said where the code tells.
 */
#ifndef MAIL_DSN_ADVICE_H
#define MAIL_DSN_ADVICE_H

#include <stdbool.h>

#include "base/slice.h"

struct dsn_advice {
	const char *happened; /* a sentence */
	const char *advice;   /* one or more, for whoever wrote the message */
};

/*
 * CODE is "CLASS.SUBJECT.DETAIL"; the class does not count. REPLY helps where the code says
 * nothing: an SMTP reply begins with a code of its own. IS_REMOTE: it was another host that said
 * so. Never null.
 */
const struct dsn_advice *dsn_advice_find(struct slice code, struct slice reply, bool is_remote);

#endif
