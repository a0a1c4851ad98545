/* SPDX-License-Identifier: ISC */
/*
 * --expect: what must be so. Words with blanks or commas between, each ID OPERATOR VALUE with
 * nothing between; smtp-probe(1), EXPECTATIONS, has the grammar. Allocates once; no failure but
 * that, and what is wrong with the words.
 */
#ifndef REPORT_EXPECT_H
#define REPORT_EXPECT_H

#include "report_parts.h"

#define EXPECTATIONS_MOST 200

enum expectation_operator { IS, IS_NOT, AT_LEAST, AT_MOST, MORE, LESS, HAS, HAS_NOT };

struct expectation {
	struct slice text; /* "size>=52428800", of what was given, which must stay */
	const struct report_kind *kind;
	enum expectation_operator operator;
	struct slice value;
};

struct report_expectations {
	size_t count;
	struct expectation list[EXPECTATIONS_MOST];
};

/* Where an expectation was not met, or could not be told; both null if there is no such result. */
struct expectation_witness {
	const struct report_server *server;
	const struct result *result;
};

/* Adds the words of LIST. False, with PROBLEM a clause for people, if one is wrong. */
bool expect_parse(struct report_expectations *all, const char *list, struct str *problem);

/* YES, NO or UNKNOWN: whether one result is as expected. */
enum verdict expect_result(const struct expectation *e, const struct result *res);
/* Whether all are that have this id: a server that lacks it, as another has it, is UNKNOWN. */
enum verdict expect_target(const struct expectation *e, const struct report_target *t,
    struct expectation_witness *witness);

#endif
