/* SPDX-License-Identifier: ISC */
/* What smtp-probe's commands write their results into: the model, and the exit codes. */
#include <sys/stat.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../bin/smtp-probe/report_diff.h"
#include "../../bin/smtp-probe/report_expect.h"
#include "../../bin/smtp-probe/report_group.h"
#include "../../bin/smtp-probe/report_parts.h"
#include "tap.h"

static void
test_model(void)
{
	struct report r;
	struct result *first, *again;

	report_init(&r);
	report_begin_target(&r, "example.org");
	report_begin_server(&r, "mx1.example.org", "[192.0.2.1]:25");
	first = report_add(&r, "starttls", YES, PROBLEM);
	tap_ok(first->weight == PLAIN, "a yes has no weight");
	report_begin_server(&r, "mx2.example.org", "[192.0.2.2]:25");
	tap_ok(report_find(&r, "starttls") == NULL, "results are of their server");
	report_begin_server(&r, "mx1.example.org", "[192.0.2.1]:25");
	tap_ok(report_find(&r, "starttls") == first, "a server may be gone on with");
	tap_is_int((long long)r.target->server_count, 2, "and stays one server");
	again = report_add(&r, "starttls", NO, PROBLEM);
	tap_ok(report_find(&r, "starttls") == again, "the last one is found");
	report_end_server(&r);
	(void)report_add(&r, "mx", FACT, PLAIN);
	tap_is_int((long long)r.target->results.count, 1, "the target has its own");
	target_free(r.target);
	r.target = NULL;
	(void)report_end(&r);
}

static void
test_texts(void)
{
	struct report r;
	struct result *res;
	char large[20000];

	memset(large, 'x', sizeof large);
	report_init(&r);
	report_begin_target(&r, "example.org");
	res = report_add(&r, "starttls", NO, PROBLEM);
	result_reply(res, slice_of("250-a\r\n250-b\n250 c\r\n"));
	tap_is_text(res->reply.data, "250-a\n250-b\n250 c", "the lines of a reply end with LF");
	result_reply(res, slice_make(large, sizeof large));
	tap_is_int((long long)res->reply.len, 16384, "what is too long is cut");
	result_text(res, "%.*s", (int)sizeof large, large);
	tap_is_int((long long)res->text.len, 16384, "in every text");
	result_text(res, "%s", "short");
	tap_is_text(res->text.data, "short", "and replaced");
	tap_ok(!r.has_failed, "which is no failure");
	for (int i = 0; i < REPORT_RESULTS_MOST + 10; i++)
		result_value(report_add(&r, "rcpt", NO, PROBLEM), "%d", i);
	tap_is_int((long long)r.target->dropped, 11, "too many results are counted, not kept");
	target_free(r.target);
	r.target = NULL;
	(void)report_end(&r);
}

/* Whether RES is as WORD says. */
static enum verdict
expected(const char *word, const struct result *res)
{
	struct report_expectations *all = calloc(1, sizeof *all);
	struct str problem;
	enum verdict met = FACT;

	str_init(&problem, 1000);
	if (expect_parse(all, word, &problem))
		met = expect_result(&all->list[0], res);
	str_free(&problem);
	free(all);
	return met;
}

static void
test_expectations(void)
{
	static const struct {
		enum verdict verdict;
		enum weight weight;
		const char *value, *word;
		enum verdict met;
	} table[] = {
	    {YES, PLAIN, "", "tls=yes", YES},
	    {YES, PLAIN, "", "tls=no", NO},
	    {YES, PLAIN, "", "tls!=no", YES},
	    {NO, PROBLEM, "", "tls=no", YES},
	    {NO, PLAIN, "", "tls=ok", NO},
	    {YES, PLAIN, "", "tls=OK", YES},
	    {FACT, PLAIN, "TLSv1.3", "tls=ok", YES},
	    {FACT, WARNING, "TLSv1.3", "tls=ok", NO},
	    {FACT, PLAIN, "TLSv1.3", "tls=yes", NO},
	    {FACT, PLAIN, "yes", "tls=yes", YES},
	    {UNKNOWN, PROBLEM, "", "tls=yes", UNKNOWN},
	    {UNKNOWN, PROBLEM, "", "tls!=yes", UNKNOWN},
	    {UNKNOWN, PROBLEM, "TLSv1.3", "tls>=TLSv1.2", UNKNOWN},
	    {UNKNOWN, PLAIN, "", "tls=unknown", YES},
	    {YES, PLAIN, "", "tls=unknown", NO},
	    {UNKNOWN, PLAIN, "", "tls!=unknown", NO},
	    {FACT, PLAIN, "TLSv1.3", "tls>=TLSv1.2", YES},
	    {FACT, PLAIN, "TLSv1.2", "tls>TLSv1.2", NO},
	    {FACT, PLAIN, "TLSv1.10", "tls>TLSv1.9", YES},
	    {FACT, PLAIN, "TLSv1", "tls<TLSv1.2", YES},
	    {FACT, PLAIN, "TLSv1.3", "tls=tlsv1.3", YES},
	    {FACT, PLAIN, "TLSv1.3", "tls!=TLSv1.3", NO},
	    {FACT, PLAIN, "100", "size>=99", YES},
	    {FACT, PLAIN, "99", "size>=100", NO},
	    {FACT, PLAIN, "0099", "size<=99", YES},
	    {FACT, PLAIN, "99999999999999999999999999", "size>99999999999999999999999998", YES},
	    {FACT, PLAIN, "100", "size<=100", YES},
	    {FACT, PLAIN, "100", "size<100", NO},
	    {FACT, PLAIN, "none", "size>=100", NO},
	    {FACT, PLAIN, "none", "size<100", NO},
	    {FACT, PLAIN, "", "size<100", NO},
	    {NO, PLAIN, "", "size>=100", NO},
	    {FACT, PLAIN, "PLAIN LOGIN", "auth~login", YES},
	    {FACT, PLAIN, "PLAIN LOGIN", "auth~LOG", NO},
	    {FACT, PLAIN, "PLAIN LOGIN", "auth!~LOG", YES},
	    {FACT, PLAIN, "PLAIN LOGIN", "auth=PLAIN", NO},
	    {YES, PLAIN, "", "nonsense=yes", FACT},
	    {YES, PLAIN, "", "tls", FACT},
	    {YES, PLAIN, "", "tls=", FACT},
	    {YES, PLAIN, "", "=yes", FACT},
	    {YES, PLAIN, "", "tls==yes", FACT},
	    {YES, PLAIN, "", " ,, ", FACT},
	};
	struct report r = {.form = REPORT_TABLE};

	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		struct result res;

		result_init(&res, report_kind(slice_of("tls")), &r);
		result_judge(&res, table[i].verdict, table[i].weight);
		result_value(&res, "%s", table[i].value);
		tap_is_int(expected(table[i].word, &res), table[i].met, table[i].word);
		result_free(&res);
	}
}

/* What is true of servers together: the verdicts of "tls" at three, "-" for none. */
static void
test_servers(void)
{
	static const struct {
		const char *verdicts;
		enum verdict met;
	} table[] = {{"yyy", YES}, {"yny", NO}, {"y?y", UNKNOWN}, {"?n-", NO}, {"yy-", UNKNOWN},
	    {"---", UNKNOWN}, {"-n-", NO}};

	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		struct report_expectations all = {.count = 0};
		struct expectation_witness witness;
		struct report r;
		struct str problem;

		report_init(&r);
		str_init(&problem, 1000);
		(void)expect_parse(&all, "tls=yes", &problem);
		report_begin_target(&r, "example.org");
		for (int n = 0; n < 3; n++) {
			char c = table[i].verdicts[n], name[8] = {(char)('a' + n)};

			report_begin_server(&r, name, "");
			if (c != '-')
				(void)report_add(&r, "tls",
				    c == 'y'   ? YES
				    : c == 'n' ? NO
					       : UNKNOWN,
				    PROBLEM);
		}
		tap_is_int(expect_target(&all.list[0], r.target, &witness), table[i].met,
		    table[i].verdicts);
		target_free(r.target);
		r.target = NULL;
		(void)report_end(&r);
		str_free(&problem);
	}
}

static void
test_codes(void)
{
	static const struct {
		enum reached one, two;
		size_t problems, not_told;
		int code;
	} table[] = {{REACHED, REACHED, 0, 0, 0}, {REACHED, REACHED, 1, 1, 1},
	    {REACHED, REACHED, 0, 1, 2}, {NO_CONNECTION, REACHED, 0, 1, 2},
	    {NO_CONNECTION, NO_CONNECTION, 0, 1, 69}, {NO_CONNECTION, NO_SMTP, 0, 1, 76},
	    {NO_CONNECTION, NOT_TOLD, 0, 1, 2}};

	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		struct report_totals totals = {
		    .targets = 1, .problems = table[i].problems, .not_told = table[i].not_told};
		struct report r;

		report_init(&r);
		report_begin_target(&r, "example.org");
		report_begin_server(&r, "a", "");
		report_reached(&r, table[i].one);
		report_begin_server(&r, "b", "");
		report_reached(&r, table[i].two);
		totals.first_not_reached = target_reached(r.target);
		totals.not_reached = totals.first_not_reached != REACHED;
		tap_is_int(totals_code(&r, &totals), table[i].code, "an exit code");
		target_free(r.target);
		r.target = NULL;
		(void)report_end(&r);
	}
}

/* A file of --diff with these results of one server, read and held against NOW. */
static void
check_diff(const char *was, enum verdict now, const char *value, size_t changed, size_t not_told)
{
	char name[] = "/tmp/report.XXXXXX";
	int fd = mkstemp(name);
	FILE *file = fd == -1 ? NULL : fdopen(fd, "w");
	struct report r;
	struct str problem;

	report_init(&r);
	str_init(&problem, 1000);
	if (file != NULL) {
		fprintf(file,
		    "{\"v\":1,\"command\":\"look\",\"target\":\"t\",\"results\":[],\"servers\":[{"
		    "\"name\":\"a\",\"address\":\"\",\"results\":[%s]}]}\n",
		    was);
		(void)fclose(file);
	}
	tap_ok(diff_read(&r, name, deadline_in_seconds(20), &problem), "read: %.100s", was);
	report_begin_target(&r, "t");
	report_begin_server(&r, "a", "");
	result_value(report_add(&r, "size", now, PLAIN), "%s", value);
	if (r.past != NULL) {
		diff_target(&r);
		tap_is_int((long long)r.past->changed, (long long)changed, "changes");
		tap_is_int((long long)r.past->not_told, (long long)not_told, "not told");
		tap_ok(r.past->count <= CHANGES_MOST, "so many are kept");
	}
	target_free(r.target);
	r.target = NULL;
	(void)report_end(&r);
	str_free(&problem);
	(void)unlink(name);
}

/* A pipe that nobody writes into. */
static void
test_silence(void)
{
	char dir[] = "/tmp/report.XXXXXX", name[64];
	struct report r;
	struct str problem;

	report_init(&r);
	str_init(&problem, 1000);
	tap_ok(mkdtemp(dir) != NULL, "mkdtemp");
	(void)snprintf(name, sizeof name, "%s/fifo", dir);
	tap_ok(mkfifo(name, 0600) == 0, "mkfifo");
	tap_ok(!diff_read(&r, name, deadline_in_ms(10), &problem), "an end of waiting");
	tap_ok(strstr(problem.data, "in time") != NULL, "%s", problem.data);
	(void)report_end(&r);
	str_free(&problem);
	(void)unlink(name);
	(void)rmdir(dir);
}

/* More changes than are kept are counted all the same. */
static void
test_many_changes(void)
{
	const size_t count = CHANGES_MOST + 100;
	struct str was;

	str_init(&was, 1000000);
	for (size_t i = 0; i < count; i++)
		(void)str_format(&was, "%s{\"id\":\"size\",\"about\":\"%zu\",\"verdict\":\"yes\"}",
		    i > 0 ? "," : "", i);
	check_diff(was.data, YES, "5", 0, count);
	str_free(&was);
}

static void
test_diff(void)
{
	static const char *const yes = "{\"id\":\"size\",\"verdict\":\"yes\",\"value\":\"5\"}";

	check_diff(yes, YES, "5", 0, 0);
	check_diff(yes, YES, "6", 1, 0);
	check_diff(yes, NO, "5", 1, 0);
	check_diff(yes, UNKNOWN, "5", 0, 1);
	check_diff("{\"id\":\"size\",\"verdict\":\"unknown\"}", NO, "5", 0, 0);
	check_diff("", YES, "5", 0, 0);
	check_diff("{\"id\":\"dsn\",\"verdict\":\"yes\"}", YES, "5", 0, 1);
	check_diff("{\"id\":\"time\",\"verdict\":\"fact\",\"value\":\"9\"}", YES, "5", 0, 0);
	check_diff("{\"id\":\"never-heard\",\"verdict\":\"yes\"}", YES, "5", 0, 0);
	check_diff("{\"id\":\"size\",\"verdict\":\"yes\",\"value\":\"5\"},"
		   "{\"id\":\"size\",\"verdict\":\"yes\",\"value\":\"7\"}",
	    YES, "5", 0, 1);
	check_diff("{\"id\":7},null,\"x\"", YES, "5", 0, 0);
}

/* Which results stand in one line: each against the first, with what it has otherwise. */
static void
test_groups(void)
{
	static const struct {
		enum verdict verdict;
		enum weight weight;
		const char *value, *reply, *advice;
		bool is_of_series;
	} same[] = {{UNKNOWN, WARNING, "5", "530 no", "try", true},
	    {UNKNOWN, WARNING, "6", "530 no", "try", true},
	    {FACT, WARNING, "5", "530 no", "try", true},
	    {UNKNOWN, PLAIN, "5", "530 no", "try", true},
	    {UNKNOWN, WARNING, "5", "531 no", "try", true},
	    {UNKNOWN, WARNING, "5", "530 no", "", true},
	    {UNKNOWN, WARNING, "5", "530 no", "try", false}, {UNKNOWN, WARNING, "5", "", "", true},
	    {UNKNOWN, WARNING, "5", "", "", true}, {FACT, PLAIN, "none", "", "", true},
	    {FACT, PLAIN, "none", "250 x", "", true}, {FACT, PLAIN, "", "", "", true},
	    {FACT, PLAIN, "", "", "", true}, {YES, PLAIN, "250", "", "", true},
	    {YES, PLAIN, "250", "", "", true}, {NO, WARNING, "250", "250 x", "", true},
	    {NO, WARNING, "250", "250 x", "", true}};
	static const size_t counts[] = {2, 2, 1, 1, 1, 1, 0, 0, 0, 2, 2, 0, 0, 0, 0, 0, 0};
	struct report_results *results;
	struct report r;

	report_init(&r);
	report_begin_target(&r, "t");
	results = &r.target->results;
	for (size_t i = 0; i < sizeof same / sizeof same[0]; i++) {
		struct result *res = report_add(&r, "size", same[i].verdict, same[i].weight);

		result_value(res, "%s", same[i].value);
		result_reply(res, slice_of(same[i].reply));
		result_advice(res, "%s", same[i].advice);
		res->is_of_series = same[i].is_of_series;
	}
	for (size_t i = 0; i < results->count; i++)
		tap_ok(group_count(results, i) == counts[i], "%zu: %zu alike", i, counts[i]);
	tap_ok(group_is_first(results, 0) && !group_is_first(results, 1), "the first of them");
	target_free(r.target);
	r.target = NULL;
	(void)report_end(&r);
}

int
main(void)
{
	test_groups();
	test_expectations();
	test_servers();
	test_codes();
	test_diff();
	test_many_changes();
	test_model();
	test_texts();
	test_silence();
	return tap_done();
}
