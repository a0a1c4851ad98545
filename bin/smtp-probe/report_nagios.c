/* SPDX-License-Identifier: ISC */
/*
 * One line and an exit code for Nagios and what took over its interface. The line is about the
 * worst of all targets; what else is wrong stands behind it, a line each.
 */
#include "base/clock.h"
#include "report_diff.h"
#include "report_expect.h"
#include "report_parts.h"

#define FINDINGS_CAP ((size_t)4000) /* of one state; more no such program reads */

enum { OK, DOUBTFUL, CRITICAL, NOT_KNOWN }; /* the exit codes; findings are kept by them */

/* "WHAT at SERVER: WHY", both raw. "|" would begin the figures. */
static void
add_finding(struct report *r, int state, const struct report_server *server, struct slice what,
    struct slice why)
{
	struct str *out = &r->findings[state];
	size_t begin = out->len;

	if (begin > FINDINGS_CAP)
		return;
	put_escaped(r, out, what);
	put_text(r, out, " at ");
	if (server != NULL)
		put_server(r, out, server);
	else
		put_escaped(r, out, str_slice(&r->target->name));
	put_text(r, out, ": ");
	put_escaped(r, out, why);
	for (size_t i = begin; i < out->len; i++)
		if (out->data[i] == '|')
			out->data[i] = '/';
	put_text(r, out, "\n");
}

static void
take_result(void *context, const struct report_server *server, const struct result *res)
{
	int state = res->verdict == UNKNOWN  ? NOT_KNOWN
		    : res->weight == PROBLEM ? CRITICAL
					     : DOUBTFUL;

	if (res->weight != PLAIN)
		add_finding(context, state, server, slice_of(res->kind->id), result_sentence(res));
}

static void
put_expectation(struct report *r, const struct expectation *e)
{
	struct expectation_witness witness;
	enum verdict met = expect_target(e, r->target, &witness);

	if (met != YES)
		add_finding(r, met == NO ? CRITICAL : NOT_KNOWN, witness.server, e->text,
		    witness.result == NULL ? slice_of("there is no such result")
					   : result_sentence(witness.result));
}

static void
put_change(struct report *r, const struct change *change)
{
	struct str why;

	str_init(&why, REPORT_PENDING_CAP);
	put_format(r, &why, "was %s, is %s", change->was.data, change->is.data);
	add_finding(r, change->is_told ? CRITICAL : NOT_KNOWN, change->server,
	    str_slice(&change->what), str_slice(&why));
	str_free(&why);
}

/* A server that nothing can be asked is the worst there is, for whatever reason. */
static void
put_lost(struct report *r)
{
	static const struct {
		enum reached reached;
		const char *text;
	} words[] = {{NO_HOST, "there is no such host"},
	    {NO_CONNECTION, "no server can be reached"}, {NO_SMTP, "what answers speaks no SMTP"},
	    {NOT_TOLD, "no server could be looked at"}};

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (target_reached(r->target) == words[i].reached)
			add_finding(r, CRITICAL, NULL, slice_of("mail"), slice_of(words[i].text));
}

/* Times of the whole: of several targets, the sum. */
static void
add_time(struct report *r)
{
	int64_t ms = clock_monotonic_ms() - r->target->began_ms;

	r->totals.ms += ms < 0 ? 0 : (uint64_t)ms;
}

void
report_nagios(struct report *r, const struct report_totals *one, struct str *out)
{
	bool is_compared = r->expectations != NULL || r->past != NULL;

	(void)out;
	add_time(r);
	if (!is_compared)
		report_each(r, take_result, r);
	for (size_t i = 0; r->expectations != NULL && i < r->expectations->count; i++)
		put_expectation(r, &r->expectations->list[i]);
	for (size_t i = 0; r->past != NULL && i < r->past->count; i++)
		put_change(r, &r->past->list[i]);
	if (one->not_reached > 0 && (!is_compared || totals_code(r, one) > 1))
		put_lost(r);
	if (r->target->dropped > 0)
		add_finding(r, NOT_KNOWN, NULL, slice_of("results"),
		    slice_of("there were more than could be kept"));
}

int
report_nagios_end(struct report *r)
{
	static const char *const words[] = {
	    [OK] = "OK", [DOUBTFUL] = "WARNING", [CRITICAL] = "CRITICAL", [NOT_KNOWN] = "UNKNOWN"};
	static const int worst_first[] = {CRITICAL, DOUBTFUL, NOT_KNOWN};
	const struct report_totals *t = &r->totals;
	struct slice line = slice_of("nothing wrong was found"), rest = slice_of("");
	int state = OK;

	for (size_t i = 3; i > 0; i--)
		if (r->findings[worst_first[i - 1]].len > 0)
			state = worst_first[i - 1];
	if (state != OK) {
		rest = str_slice(&r->findings[state]);
		(void)slice_take(&rest, '\n', &line);
	}
	put_format(r, &r->pending, "SMTP %s - %.*s | ", words[state], (int)line.len, line.data);
	put_format(r, &r->pending,
	    "time=%.3fs;;;0 problems=%zu;;;0 warnings=%zu;;;0 unknown=%zu;;;0\n",
	    (double)t->ms / 1000, t->problems, t->warnings, t->not_told);
	if (str_add_slice(&r->pending, rest) == -1)
		r->has_failed = true;
	for (size_t i = 0; i < 3; i++)
		if (state != OK && worst_first[i] != state)
			put_text(r, &r->pending, r->findings[worst_first[i]].data);
	return state;
}
