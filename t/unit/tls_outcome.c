/* SPDX-License-Identifier: ISC */
#include "spool/tls_outcome.h"

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "net/tls_report_record.h"
#include "spool/tls_counts.h"
#include "tap.h"

static const struct {
	const char *fields; /* "|" for NUL */
	bool want;
} parses[] = {
    {"Pno-policy-found|Dexample.org|", true},
    {"Psts|Dexample.org|Lversion: STSv1; mode: none|Rcertificate-expired|Mmx.test|A192.0.2.1|"
     "S192.0.2.2|Hmx|Cexpired|",
	true},
    {"Dexample.org|", false},
    {"Psts|", false},
    {"Pother|Dexample.org|", false},
    {"Psts|Dexample.org|Rwrong|", false},
    {"Psts|Dexample.org|Dexample.com|", false},
    {"Psts|Dexample.org|M|", false},
    {"Psts|Dexample.org|Zx|", false},
    {"Psts|Dexample.org|Ma\tb|", false},
    {"Psts|Dexample.org", false},
    {"", false},
};

static const struct {
	const char *text;
	int want; /* places; 0: another record; -1: wrong */
} records[] = {
    {"v=TLSRPTv1;rua=mailto:a@example.org", 1},
    {"v=TLSRPTv1; rua=mailto:a@example.org,https://a.test/b ;", 2},
    {"v=TLSRPTv1; x=y; rua=mailto:a@example.org", 1},
    {"v=TLSRPTv1; rua=mailto:a@example.org; rua=mailto:b@example.org,mailto:c@example.org", 1},
    {"v=TLSRPTv1;rua=ftp://a.test,mailto:a@b", 1},
    {"v=TLSRPTv1;rua=mailto:a@b.test!10m", -1},
    {"v=TLSRPTv1;rua=http://a.test/", -1},
    {"v=TLSRPTv1;", -1},
    {"v=TLSRPTv1", 0},
    {"v=TLSRPTv2;rua=mailto:a@b", 0},
    {"v=STSv1; id=1", 0},
};

static const struct {
	const char *uri, *address;
} mails[] = {
    {"mailto:a@example.org", "a@example.org"},
    {"MAILTO:a%2Bb@example.org?subject=x", "a+b@example.org"},
    {"mailto:a@b,c@d", NULL},
    {"mailto:a%0d%0aBcc:%20b@example.org", NULL},
    {"mailto:a%2", NULL},
    {"mailto:", NULL},
    {"mailto:a", NULL},
    {"https://a@b/", NULL},
};

static const struct {
	const char *name;
	int64_t day; /* -1: none */
} days[] = {
    {"1970-01-01", 0},
    {"1970-01-02", 1},
    {"2026-11-22", 20779},
    {"2024-02-29", 19782},
    {"2026-02-29", -1},
    {"2026-13-01", -1},
    {"2026-00-10", -1},
    {"2026-1-01", -1},
    {"2026-11-22x", -1},
    {"../../../a", -1},
    {"", -1},
};

static void
test_parse(size_t i)
{
	struct tls_outcome o, again;
	struct str fields, out;

	str_init(&fields, 1000);
	str_init(&out, TLS_OUTCOME_MAX);
	(void)str_add_text(&fields, parses[i].fields);
	for (size_t at = 0; at < fields.len; at++)
		if (fields.data[at] == '|')
			fields.data[at] = '\0';
	if (tls_outcome_parse(&o, str_slice(&fields), '\0'))
		tap_ok(parses[i].want && tls_outcome_add(&out, &o, '\t') == 0 &&
			   tls_outcome_parse(&again, str_slice(&out), '\t') &&
			   again.type == o.type && slice_equal(again.policy, o.policy) &&
			   slice_equal(again.reason, o.reason),
		    "outcome %zu", i);
	else
		tap_ok(!parses[i].want, "outcome %zu is none", i);
	str_free(&fields);
	str_free(&out);
}

static void
test_long(void)
{
	struct tls_outcome o = {.type = TLS_POLICY_STS, .domain = slice_of("a.test")}, again;
	struct str policy, out;

	str_init(&policy, 10000);
	str_init(&out, TLS_OUTCOME_MAX);
	for (int i = 0; i < 400; i++)
		(void)str_add_text(&policy, "mx: a.example.test; ");
	o.policy = str_slice(&policy);
	o.mx = o.helo = o.reason = o.address = o.sender = slice_skip(o.policy, 7000);
	tap_ok(tls_outcome_add(&out, &o, '\0') == 0, "one with a long policy");
	tap_ok(tls_outcome_parse(&again, str_slice(&out), '\0') && again.policy.len > 2000 &&
		   slice_ends_nocase(again.policy, slice_of("mx: a.example.test")),
	    "is cut behind a line");
	o.domain = slice_of("");
	tap_ok(tls_outcome_add(&out, &o, '\0') == -1, "none without a domain");
	str_free(&policy);
	str_free(&out);
}

/* What is read back of today's file. */
static uint64_t
sum_of(int folder, unsigned *lines)
{
	char name[TLS_DAY_SIZE], text[8192];
	struct tls_outcome o;
	struct slice rest, line;
	uint64_t sum = 0, count;
	ssize_t n;
	int fd;

	*lines = 0;
	tls_day_name(name, clock_wall_seconds() / TLS_DAY_SECONDS);
	fd = openat(folder, name, O_RDONLY);
	n = fd == -1 ? 0 : read(fd, text, sizeof text);
	close(fd);
	rest = slice_make(text, n > 0 ? (size_t)n : 0);
	while (slice_take(&rest, '\n', &line)) {
		tap_ok(tls_counts_parse(line, &o, &count), "a line of the file");
		sum += count;
		++*lines;
	}
	return sum;
}

static void
touch(int folder, const char *name)
{
	close(openat(folder, name, O_CREAT | O_WRONLY, 0600));
}

/* What follows is of one day. */
static void
wait_for_midnight(void)
{
	while (clock_wall_seconds() % TLS_DAY_SECONDS >= TLS_DAY_SECONDS - 30)
		(void)poll(NULL, 0, 100);
}

static void
test_counts(void)
{
	static const char fields[] = "Psts\0Dexample.org\0Mmx.test\0";
	static const char other[] = "Pno-policy-found\0Dexample.com\0";
	char path[] = "/tmp/satchel-counts.XXXXXX", day[TLS_DAY_SIZE];
	struct tls_counts c;
	unsigned lines;
	int spool, folder;

	tls_counts_init(&c);
	tap_ok(tls_counts_add(&c, slice_make(fields, sizeof fields - 1)), "nobody counts");
	tap_ok(!tls_counts_add(&c, slice_of("x")), "and checks all the same");
	if (mkdtemp(path) == NULL)
		return;
	spool = open(path, O_RDONLY | O_DIRECTORY);
	wait_for_midnight();
	tap_ok(tls_counts_open(&c, spool) == 0, "counts are opened");
	for (int i = 0; i < 1000; i++)
		(void)tls_counts_add(&c, slice_make(fields, sizeof fields - 1));
	(void)tls_counts_add(&c, slice_make(other, sizeof other - 1));
	tls_counts_close(&c);
	folder = openat(spool, TLS_COUNTS_FOLDER, O_RDONLY | O_DIRECTORY);
	tap_ok(sum_of(folder, &lines) == 1001 && lines == 2, "1001 sessions in two lines");
	touch(folder, "1999-01-01");
	touch(folder, "1999-01-01.sent");
	touch(folder, "keep");
	tap_ok(tls_counts_open(&c, spool) == 0, "opened again");
	(void)tls_counts_add(&c, slice_make(other, sizeof other - 1));
	tls_counts_close(&c);
	tap_ok(sum_of(folder, &lines) == 1002 && lines == 3, "goes on behind");
	tap_ok(unlinkat(folder, "1999-01-01", 0) == -1 &&
		   unlinkat(folder, "1999-01-01.sent", 0) == -1 && unlinkat(folder, "keep", 0) == 0,
	    "old days are removed, and nothing else");
	tls_day_name(day, clock_wall_seconds() / TLS_DAY_SECONDS);
	(void)unlinkat(folder, day, 0);
	(void)unlinkat(spool, TLS_COUNTS_FOLDER, AT_REMOVEDIR);
	tap_ok(rmdir(path) == 0, "one file a day");
	close(folder);
	close(spool);
}

int
main(void)
{
	for (size_t i = 0; i < sizeof parses / sizeof parses[0]; i++)
		test_parse(i);
	test_long();
	test_counts();
	for (size_t i = 0; i < sizeof records / sizeof records[0]; i++) {
		struct tls_report_places places;
		int result = tls_report_record_parse(slice_of(records[i].text), &places);

		tap_ok(records[i].want <= 0
			   ? result == records[i].want
			   : result == 1 && places.count == (size_t)records[i].want,
		    "record \"%s\"", records[i].text);
	}
	for (size_t i = 0; i < sizeof mails / sizeof mails[0]; i++) {
		struct str address;
		bool good;

		str_init(&address, 300);
		good = tls_report_mailto(slice_of(mails[i].uri), &address);
		tap_ok(mails[i].address == NULL
			   ? !good
			   : good && strcmp(address.data, mails[i].address) == 0,
		    "address \"%s\"", mails[i].uri);
		str_free(&address);
	}
	for (size_t i = 0; i < sizeof days / sizeof days[0]; i++) {
		int64_t day = -1;
		bool good = tls_day_parse(slice_of(days[i].name), &day);

		tap_ok(good == (days[i].day != -1) && (!good || day == days[i].day), "day \"%s\"",
		    days[i].name);
	}
	return tap_done();
}
