/* SPDX-License-Identifier: ISC */
/*
 * Results of a series of questions that came to the same, as where a server wants a login or was
 * not to be asked: for people they are one line. Who reads JSON, TAP or -v has each.
 */
#ifndef REPORT_GROUP_H
#define REPORT_GROUP_H

#include "report_parts.h"

#define GROUP_LEAST 3 /* fewer are told one by one */

/* True if they say the same, and nothing else is to be said of either. */
bool group_is_same(const struct result *a, const struct result *b);
/* How many of RESULTS say the same as the I-th, itself included. */
size_t group_count(const struct report_results *results, size_t i);
/* True if none in front of the I-th does. */
bool group_is_first(const struct report_results *results, size_t i);
/* Their ids, ", " between them, each once: "conform.dots, conform.smuggling (12)". */
struct group_names {
	struct report *report;
	struct str *out;
	const struct report_kind *last; /* null at first */
	size_t count;			/* of the last */
};
void group_add(struct group_names *names, const struct result *res);
void group_end(struct group_names *names);

#endif
