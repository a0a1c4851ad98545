/* SPDX-License-Identifier: ISC */
#include "net/sts_policy.h"

#include <string.h>

#include "tap.h"

#define BEGIN "version: STSv1\nmode: enforce\n"
#define GOOD BEGIN "mx: mail.example.com\nmax_age: 86400\n"

static const struct {
	const char *name, *text;
	const char *want; /* as it is written again; null: wrong */
} policies[] = {
    {"LF", GOOD, "version: STSv1; mode: enforce; mx: mail.example.com; max_age: 86400"},
    {"CRLF, and blanks behind",
	"version: STSv1\r\nmode: testing \t\r\nmx: *.Example.NET\r\nmx:a.test \r\nmax_age:604800",
	"version: STSv1; mode: testing; mx: *.example.net; mx: a.test; max_age: 604800"},
    {"mode none wants no mx", "version: STSv1\nmode: none\nmax_age: 0\n",
	"version: STSv1; mode: none; max_age: 0"},
    {"in any order, with unknown fields",
	"max_age: 1\nx-a.b_c: \xc3\xa4 b\nmx: a.test\nmode: "
	"enforce\nversion: STSv1\n",
	"version: STSv1; mode: enforce; mx: a.test; max_age: 1"},
    {"the first of a field counts", GOOD "mode: none\nmax_age: x\nversion: STSv2\n",
	"version: STSv1; mode: enforce; mx: mail.example.com; max_age: 86400"},
    {"an age of more than a year", BEGIN "mx: a.test\nmax_age: 9999999999\n",
	"version: STSv1; mode: enforce; mx: a.test; max_age: 31557600"},
    {"empty lines behind", GOOD "\n\r\n",
	"version: STSv1; mode: enforce; mx: mail.example.com; max_age: 86400"},
    {"empty", "", NULL},
    {"an empty line between", "version: STSv1\n\nmode: none\nmax_age: 1\n", NULL},
    {"no version", "mode: none\nmax_age: 1\n", NULL},
    {"no mode", "version: STSv1\nmax_age: 1\n", NULL},
    {"no max_age", "version: STSv1\nmode: none\n", NULL},
    {"no mx", BEGIN "max_age: 1\n", NULL},
    {"another version", "version: STSv2\nmode: none\nmax_age: 1\n", NULL},
    {"in another case", "Version: STSv1\nmode: none\nmax_age: 1\n", NULL},
    {"a mode in another case", "version: STSv1\nmode: None\nmax_age: 1\n", NULL},
    {"a blank before the colon", "version : STSv1\nmode: none\nmax_age: 1\n", NULL},
    {"a negative age", "version: STSv1\nmode: none\nmax_age: -1\n", NULL},
    {"an age of eleven digits", "version: STSv1\nmode: none\nmax_age: 00000000001\n", NULL},
    {"no colon", GOOD "hello\n", NULL},
    {"HTML", "<html>\n<body>version: STSv1</body>\n", NULL},
    {"an empty value", GOOD "x: \n", NULL},
    {"a control character", GOOD "x: a\x01\n", NULL},
    {"a bare CR", GOOD "x: a\rmx: b.test\n", NULL},
    {"no UTF-8", GOOD "x: \xff\n", NULL},
    {"an mx with a path", BEGIN "mx: ../a\nmax_age: 1\n", NULL},
    {"an mx with a blank", BEGIN "mx: a b\nmax_age: 1\n", NULL},
    {"an address", BEGIN "mx: 192.0.2.1\nmax_age: 1\n", NULL},
    {"a star within", BEGIN "mx: a.*.test\nmax_age: 1\n", NULL},
    {"a star alone", BEGIN "mx: *\nmax_age: 1\n", NULL},
    {"a star and a part", BEGIN "mx: *mail.test\nmax_age: 1\n", NULL},
    {"a dot at the end", BEGIN "mx: a.test.\nmax_age: 1\n", NULL},
};

static const struct {
	const char *pattern, *host;
	bool want;
} matches[] = {
    {"mail.example.com", "mail.example.com", true},
    {"mail.example.com", "MAIL.Example.com", true},
    {"mail.example.com", "a.mail.example.com", false},
    {"mail.example.com", "mail.example.co", false},
    {"*.example.com", "mail.example.com", true},
    {"*.Example.Com", "a.EXAMPLE.com", true},
    {"*.example.com", "example.com", false},
    {"*.example.com", ".example.com", false},
    {"*.example.com", "a.b.example.com", false},
    {"*.example.com", "mail.badexample.com", false},
    {"*.com", "example.com", true},
    {"example.com", "", false},
    {"*.example.com", "", false},
    {"*.example.com", ".", false},
};

static const struct {
	const char *text, *id; /* "": another record; null: wrong */
} records[] = {
    {"v=STSv1; id=20160831085700Z;", "20160831085700Z"},
    {"v=STSv1;id=1", "1"},
    {"v=STSv1; id=1 ; x=y ;", "1"},
    {"v=STSv1; x=y; id=1", "1"},
    {"v=STSv1; id=1; id=2;", "1"},
    {"v=STSv1; id=12345678901234567890123456789012;", "12345678901234567890123456789012"},
    {"v=STSv1; id=123456789012345678901234567890123;", NULL},
    {"v=STSv1; id=a-b;", NULL},
    {"v=STSv1; id=;", NULL},
    {"v=STSv1;", NULL},
    {"v=STSv1; ID=1;", NULL},
    {"v=STSv1; id=1;; x=y", NULL},
    {"v=STSv1; id=1; hello", NULL},
    {"v=STSv1; id=1; x==", NULL},
    {"v=STSv1", ""},
    {"v=STSv11; id=1;", ""},
    {"v=spf1 -all", ""},
    {"V=STSv1; id=1;", ""},
    {" v=STSv1; id=1;", ""},
    {"", ""},
};

static const struct {
	const char *domain;
	bool want;
} domains[] = {
    {"example.com", true},
    {"xn--bcher-kva.example", true},
    {"localhost", true},
    {"1.example", true},
    {"", false},
    {".", false},
    {"..", false},
    {"a..b", false},
    {".a", false},
    {"a.", false},
    {"../etc/passwd", false},
    {"a/b", false},
    {"a:443", false},
    {"a@b", false},
    {"a%2e.b", false},
    {"-a.b", false},
    {"a-.b", false},
    {"a_b.c", false},
    {"192.0.2.1", false},
    {"[192.0.2.1]", false},
    {"b\xc3\xbc.example", false},
    {"0123456789012345678901234567890123456789012345678901234567890123.example", false},
};

static void
test_policy(size_t i)
{
	struct sts_policy p, again;
	struct str problem, line, text;

	sts_policy_init(&p);
	sts_policy_init(&again);
	str_init(&problem, 1000);
	str_init(&line, 100000);
	str_init(&text, 100000);
	if (sts_policy_parse(&p, slice_of(policies[i].text), &problem) == -1) {
		tap_ok(policies[i].want == NULL && problem.len > 0, "policy: %s", policies[i].name);
	} else {
		(void)sts_policy_add_line(&line, &p);
		tap_is_text(line.data, policies[i].want, policies[i].name);
		(void)sts_policy_add_text(&text, &p);
		str_clear(&line);
		tap_ok(sts_policy_parse(&again, str_slice(&text), &problem) == 0 &&
			   sts_policy_add_line(&line, &again) == 0 && policies[i].want != NULL &&
			   strcmp(line.data, policies[i].want) == 0,
		    "policy: %s, read again", policies[i].name);
	}
	sts_policy_free(&p);
	sts_policy_free(&again);
	str_free(&problem);
	str_free(&line);
	str_free(&text);
}

static void
test_match(const char *pattern, const char *host, bool want)
{
	struct sts_policy p;
	struct str text, problem;

	sts_policy_init(&p);
	str_init(&text, 1000);
	str_init(&problem, 1000);
	(void)str_format(&text, BEGIN "mx: other.test\nmx: %s\nmax_age: 1\n", pattern);
	tap_ok(sts_policy_parse(&p, str_slice(&text), &problem) == 0 &&
		   sts_policy_matches(&p, slice_of(host)) == want,
	    "\"%s\" for %s: %s", host, pattern, want ? "yes" : "no");
	sts_policy_free(&p);
	str_free(&text);
	str_free(&problem);
}

int
main(void)
{
	char id[STS_ID_MAX + 1];

	for (size_t i = 0; i < sizeof policies / sizeof policies[0]; i++)
		test_policy(i);
	for (size_t i = 0; i < sizeof matches / sizeof matches[0]; i++)
		test_match(matches[i].pattern, matches[i].host, matches[i].want);
	for (size_t i = 0; i < sizeof records / sizeof records[0]; i++) {
		const char *want = records[i].id;
		int result = sts_record_parse(slice_of(records[i].text), id);

		tap_ok(want == NULL    ? result == -1
		       : *want == '\0' ? result == 0
				       : result == 1 && strcmp(id, want) == 0,
		    "record \"%s\"", records[i].text);
	}
	for (size_t i = 0; i < sizeof domains / sizeof domains[0]; i++)
		tap_ok(sts_is_domain(slice_of(domains[i].domain)) == domains[i].want,
		    "domain \"%s\"", domains[i].domain);
	return tap_done();
}
