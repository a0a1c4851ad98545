/* SPDX-License-Identifier: ISC */
/* Printing a target in the form that was chosen; what has been seen altogether; the exit code. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/die.h"
#include "report_diff.h"
#include "report_expect.h"
#include "report_parts.h"

#define OUTPUT_CAP ((size_t)1 << 30)

static void
count_result(void *context, const struct report_server *server, const struct result *res)
{
	struct report_totals *totals = context;

	(void)server;
	if (res->weight == PLAIN)
		return;
	if (res->verdict == UNKNOWN)
		totals->not_told++;
	else if (res->weight == PROBLEM)
		totals->problems++;
	else
		totals->warnings++;
}

enum reached
target_reached(const struct report_target *t)
{
	static const enum reached farthest[] = {REACHED, NOT_TOLD, NO_SMTP, NO_CONNECTION, NO_HOST};

	for (size_t i = 0; i < sizeof farthest / sizeof farthest[0]; i++)
		for (size_t n = 0; n < t->server_count; n++)
			if (t->servers[n]->reached == farthest[i])
				return farthest[i];
	return t->reached;
}

static void
count_expectations(const struct report *r, struct report_totals *totals)
{
	struct expectation_witness witness;

	for (size_t i = 0; r->expectations != NULL && i < r->expectations->count; i++) {
		enum verdict met = expect_target(&r->expectations->list[i], r->target, &witness);

		totals->expected_failed += met == NO;
		totals->expected_not_told += met == UNKNOWN;
	}
}

static void
count_target(struct report *r, struct report_totals *totals)
{
	*totals = (struct report_totals){.targets = 1};
	totals->first_not_reached = target_reached(r->target);
	totals->not_reached = totals->first_not_reached != REACHED;
	totals->not_told = r->target->dropped > 0;
	report_each(r, count_result, totals);
	count_expectations(r, totals);
	if (r->past != NULL) {
		diff_target(r);
		totals->changes = r->past->changed;
		totals->expected_not_told += r->past->not_told;
	}
}

static void
add_totals(struct report_totals *all, const struct report_totals *one)
{
	all->targets += one->targets;
	all->problems += one->problems;
	all->warnings += one->warnings;
	all->not_told += one->not_told;
	all->not_reached += one->not_reached;
	if (all->first_not_reached == REACHED)
		all->first_not_reached = one->first_not_reached;
	all->expected_failed += one->expected_failed;
	all->expected_not_told += one->expected_not_told;
	all->changes += one->changes;
}

/* "No" outweighs why nothing could be looked at, and that outweighs "could not tell". */
int
totals_code(const struct report *r, const struct report_totals *totals)
{
	bool is_compared = r->expectations != NULL || r->past != NULL;
	bool is_lost = totals->targets > 0 && totals->not_reached == totals->targets;

	if (is_compared) {
		if (totals->expected_failed > 0 || totals->changes > 0)
			return 1;
		if (totals->expected_not_told == 0)
			return 0;
		return is_lost ? (int)totals->first_not_reached : 2;
	}
	if (is_lost)
		return (int)totals->first_not_reached;
	if (totals->problems > 0)
		return 1;
	return totals->not_told > 0 || totals->not_reached > 0 ? 2 : 0;
}

/* When nothing can be said: could not tell. */
int
report_failure(const struct report *r)
{
	return r->form == REPORT_NAGIOS ? 3 : (int)UNKNOWN;
}

static void
write_out(const struct report *r, const struct str *out)
{
	if (fwrite(out->data, 1, out->len, stdout) != out->len || fflush(stdout) != 0)
		die_errno(REPORT_PROGRAM, report_failure(r), "unable to write");
}

void
report_print_target(struct report *r)
{
	static report_printer *const printers[] = {[REPORT_TABLE] = report_table,
	    [REPORT_JSON] = report_json,
	    [REPORT_TAP] = report_tap,
	    [REPORT_NAGIOS] = report_nagios};
	struct report_totals one;
	struct str out;

	if (r->target == NULL)
		return;
	report_clear_progress(r);
	str_init(&out, OUTPUT_CAP);
	count_target(r, &one);
	printers[r->form](r, &one, &out);
	add_totals(&r->totals, &one);
	write_out(r, &out);
	str_free(&out);
	target_free(r->target);
	r->target = NULL;
	r->server = NULL;
}

int
report_end(struct report *r)
{
	int code;

	report_print_target(r);
	report_clear_progress(r);
	code = totals_code(r, &r->totals);
	if (r->form == REPORT_TAP)
		report_tap_end(r);
	else if (r->form == REPORT_NAGIOS)
		code = report_nagios_end(r);
	write_out(r, &r->pending);
	if (r->has_failed) {
		errno = ENOMEM;
		die_errno(REPORT_PROGRAM, report_failure(r), "unable to keep the results");
	}
	result_free(&r->spare);
	str_free(&r->pending);
	for (size_t i = 0; i < sizeof r->findings / sizeof r->findings[0]; i++)
		str_free(&r->findings[i]);
	diff_free(r);
	free(r->expectations);
	return code;
}
