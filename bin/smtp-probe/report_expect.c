/* SPDX-License-Identifier: ISC */
#include "report_expect.h"

/* The digits at the front of *S as a number without leading zeros. */
static struct slice
take_digits(struct slice *s)
{
	struct slice digits = *s;
	size_t n = 0;

	while (n < s->len && ascii_is_digit(s->data[n]))
		n++;
	digits.len = n;
	*s = slice_skip(*s, n);
	while (digits.len > 1 && digits.data[0] == '0')
		digits = slice_skip(digits, 1);
	return digits;
}

static int
compare_digits(struct slice a, struct slice b)
{
	if (a.len != b.len)
		return a.len < b.len ? -1 : 1;
	for (size_t i = 0; i < a.len; i++)
		if (a.data[i] != b.data[i])
			return a.data[i] < b.data[i] ? -1 : 1;
	return 0;
}

/* In ASCII's order but for digits, which are numbers: TLSv1.2 < TLSv1.10. */
static int
compare(struct slice a, struct slice b)
{
	while (a.len > 0 && b.len > 0) {
		if (ascii_is_digit(a.data[0]) && ascii_is_digit(b.data[0])) {
			int order = compare_digits(take_digits(&a), take_digits(&b));

			if (order != 0)
				return order;
			continue;
		}
		if (ascii_lower(a.data[0]) != ascii_lower(b.data[0]))
			return ascii_lower(a.data[0]) < ascii_lower(b.data[0]) ? -1 : 1;
		a = slice_skip(a, 1);
		b = slice_skip(b, 1);
	}
	return a.len == b.len ? 0 : a.len < b.len ? -1 : 1;
}

static bool
has_word(struct slice value, struct slice wanted)
{
	struct slice word;

	while (slice_word(&value, &word))
		if (slice_equal_nocase(word, wanted))
			return true;
	return false;
}

/* Two values stand in an order only where they begin alike: a number is not less than a name. */
static bool
is_ordered(struct slice a, struct slice b)
{
	return a.len > 0 && b.len > 0 &&
	       (ascii_is_digit(a.data[0]) ? ascii_is_digit(b.data[0])
					  : ascii_lower(a.data[0]) == ascii_lower(b.data[0]));
}

/* Whether VALUE, which is that of an answer, is as expected. */
static bool
holds(const struct expectation *e, struct slice value)
{
	int order = compare(value, e->value);

	switch (e->operator) {
	case IS:
		return slice_equal_nocase(value, e->value);
	case IS_NOT:
		return !slice_equal_nocase(value, e->value);
	case HAS:
		return has_word(value, e->value);
	case HAS_NOT:
		return !has_word(value, e->value);
	case AT_LEAST:
		return is_ordered(value, e->value) && order >= 0;
	case AT_MOST:
		return is_ordered(value, e->value) && order <= 0;
	case MORE:
		return is_ordered(value, e->value) && order > 0;
	default:
		return is_ordered(value, e->value) && order < 0;
	}
}

/* "yes", "no", "ok" and "unknown" ask for the verdict. False if that is not asked. */
static bool
asks_verdict(const struct expectation *e, const struct result *res, bool *is_so)
{
	if (e->operator!= IS && e->operator!= IS_NOT)
		return false;
	if (slice_is_nocase(e->value, "unknown"))
		*is_so = res->verdict == UNKNOWN;
	else if (slice_is_nocase(e->value, "ok"))
		*is_so = res->verdict == YES || (res->verdict == FACT && res->weight == PLAIN);
	else if (res->verdict == FACT)
		return false;
	else if (slice_is_nocase(e->value, "yes"))
		*is_so = res->verdict == YES;
	else if (slice_is_nocase(e->value, "no"))
		*is_so = res->verdict == NO;
	else
		return false;
	return true;
}

enum verdict
expect_result(const struct expectation *e, const struct result *res)
{
	bool is_so;

	if (res->verdict == UNKNOWN && !slice_is_nocase(e->value, "unknown"))
		return UNKNOWN;
	if (!asks_verdict(e, res, &is_so))
		return holds(e, str_slice(&res->value)) ? YES : NO;
	return is_so == (e->operator== IS) ? YES : NO;
}

/* What is worse replaces what is known so far. */
static void
worsen(enum verdict *all, enum verdict one, struct expectation_witness *witness,
    const struct report_server *server, const struct result *res)
{
	if (one == YES || *all == NO || *all == one)
		return;
	*all = one;
	*witness = (struct expectation_witness){.server = server, .result = res};
}

/* How many results there are with the id. */
static size_t
check_results(const struct expectation *e, const struct report_results *results,
    const struct report_server *server, enum verdict *all, struct expectation_witness *witness)
{
	size_t found = 0;

	for (size_t i = 0; i < results->count; i++)
		if (results->list[i]->kind == e->kind) {
			worsen(all, expect_result(e, results->list[i]), witness, server,
			    results->list[i]);
			found++;
		}
	return found;
}

enum verdict
expect_target(
    const struct expectation *e, const struct report_target *t, struct expectation_witness *witness)
{
	enum verdict all = YES;
	size_t own, servers = 0, results = 0;
	const struct report_server *lacking = NULL;

	*witness = (struct expectation_witness){.server = NULL};
	own = check_results(e, &t->results, NULL, &all, witness);
	for (size_t i = 0; i < t->server_count; i++) {
		const struct report_server *server = t->servers[i];
		size_t found = check_results(e, &server->results, server, &all, witness);

		servers += found > 0;
		results += found;
		if (found == 0 && lacking == NULL)
			lacking = server;
	}
	if (own + results == 0)
		return UNKNOWN;
	if ((servers > 0 && lacking != NULL) || t->dropped > 0)
		worsen(&all, UNKNOWN, witness, lacking, NULL);
	return all;
}
