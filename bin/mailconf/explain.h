/* SPDX-License-Identifier: ISC */
/* One explanation of mailconf route, which may be of several addresses, one behind the other. */
#ifndef MAILCONF_EXPLAIN_H
#define MAILCONF_EXPLAIN_H

#include <stdbool.h>

#include "mailconf.h"

#define DEPTH_MAX 5	 /* addresses that lead to addresses */
#define ADDRESSES_MAX 50 /* in all */

struct explanation {
	const struct control *control;
	const struct routes *routes;
	const struct slice *sender;
	struct str *out;
	char indent[2 * (DEPTH_MAX + 2)];
	unsigned depth, addresses;
	bool has_failed; /* no memory */
};

/* Adds a line, as add_line does. */
void explain_add(struct explanation *e, const char *source, struct slice what, const char *says);
/* Adds the line of an end: WORDS and TEXT. Gives CODE back. */
int explain_end(
    struct explanation *e, const char *words, struct slice text, const char *says, int code);
/* The worse of two exit codes; what may succeed later is less bad. */
int explain_worse(int a, int b);
/* True once so many addresses were explained that no more are. */
bool explain_is_enough(const struct explanation *e);
/* Explains where ADDRESS goes: an exit code. */
int explain_address(struct explanation *e, struct slice address);
/* The same of TARGETS, a line each, as a route has them. */
int explain_targets(struct explanation *e, struct slice targets);

#endif
