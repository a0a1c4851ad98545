/* SPDX-License-Identifier: ISC */
/* What the server takes for a command, a path and a parameter. */
#include "smtp/command.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "smtp/parameter.h"
#include "tap.h"

#define L10 "abcdefghij"
#define L64 L10 L10 L10 L10 L10 L10 "abcd"
#define ALL (EXTENSION_SIZE | EXTENSION_8BITMIME | EXTENSION_DSN)

static const char *
copy(struct slice s)
{
	static char text[512];

	snprintf(text, sizeof text, "%.*s", (int)s.len, s.len == 0 ? "" : s.data);
	return text;
}

static void
split(void)
{
	static const struct {
		const char *line, *verb, *argument;
	} table[] = {
	    {"NOOP", "NOOP", ""},
	    {"noop  ", "noop", ""},
	    {"MAIL FROM:<a@b>  ", "MAIL", "FROM:<a@b>"},
	    {"HELO\there", "HELO", "here"},
	    {"VRFY a b", "VRFY", "a b"},
	    {"", "", ""},
	    {"   ", "", ""},
	};

	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		struct command c = command_split(slice_of(table[i].line));

		tap_is_text(copy(c.verb), table[i].verb, table[i].line);
		tap_is_text(copy(c.argument), table[i].argument, table[i].line);
	}
}

static const struct path_case {
	const char *argument;
	enum command_result result;
	const char *mailbox, *rest;
} forward_table[] = {
    {"TO:<joe@example.org>", COMMAND_OK, "joe@example.org", ""},
    {"to: <joe@example.org>", COMMAND_OK, "joe@example.org", ""},
    {"TO:<joe@[192.0.2.1]>", COMMAND_OK, "joe@[192.0.2.1]", ""},
    {"TO:<joe@[IPv6:2001:db8::1]>", COMMAND_OK, "joe@[IPv6:2001:db8::1]", ""},
    {"TO:<postmaster>", COMMAND_OK, "postmaster", ""},
    {"TO:<PostMaster> NOTIFY=NEVER", COMMAND_OK, "PostMaster", " NOTIFY=NEVER"},
    {"TO:<\"a>b\"@example.org> X", COMMAND_OK, "\"a>b\"@example.org", " X"},
    {"TO:<\"a\\\">\"@example.org>", COMMAND_OK, "\"a\\\">\"@example.org", ""},
    {"TO:<a%b@example.org>", COMMAND_OK, "a%b@example.org", ""},
    {"TO:<@one.test:joe@example.org>", COMMAND_OK, "joe@example.org", ""},
    {"TO:<@one.test,@two.test:joe@example.org>", COMMAND_OK, "joe@example.org", ""},
    {"TO:<" L64 "@example.org>", COMMAND_OK, L64 "@example.org", ""},
    {"TO:<x" L64 "@example.org>", COMMAND_ADDRESS, NULL, NULL},
    {"TO:<@one.test,joe@example.org>", COMMAND_ADDRESS, NULL, NULL},
    {"TO:<@one.test,:joe@example.org>", COMMAND_ADDRESS, NULL, NULL},
    {"TO:<@:joe@example.org>", COMMAND_ADDRESS, NULL, NULL},
    {"TO:<@one.test:>", COMMAND_ADDRESS, NULL, NULL},
    {"TO:<@one.test:postmaster>", COMMAND_OK, "postmaster", ""},
    {"TO:<>", COMMAND_ADDRESS, NULL, NULL},
    {"TO:<joe>", COMMAND_ADDRESS, NULL, NULL},
    {"TO:<joe@>", COMMAND_ADDRESS, NULL, NULL},
    {"TO:<joe@-x.test>", COMMAND_ADDRESS, NULL, NULL},
    {"TO:<joe@x..test>", COMMAND_ADDRESS, NULL, NULL},
    {"TO:<joe@example.org.>", COMMAND_ADDRESS, NULL, NULL},
    {"TO:<joe smith@example.org>", COMMAND_ADDRESS, NULL, NULL},
    {"TO:<a@b@example.org>", COMMAND_ADDRESS, NULL, NULL},
    {"TO:<<joe@example.org>>", COMMAND_SYNTAX, NULL, NULL},
    {"TO:<jos\xc3\xa9@example.org>", COMMAND_8BIT, NULL, NULL},
    {"TO:joe@example.org", COMMAND_SYNTAX, NULL, NULL},
    {"TO:<joe@example.org", COMMAND_SYNTAX, NULL, NULL},
    {"TO:<\"joe@example.org>", COMMAND_SYNTAX, NULL, NULL},
    {"TO:<joe@example.org>SIZE=1", COMMAND_SYNTAX, NULL, NULL},
    {"TO <joe@example.org>", COMMAND_SYNTAX, NULL, NULL},
    {"FROM:<joe@example.org>", COMMAND_SYNTAX, NULL, NULL},
    {"TO:", COMMAND_SYNTAX, NULL, NULL},
    {"", COMMAND_SYNTAX, NULL, NULL},
};

static const struct path_case reverse_table[] = {
    {"FROM:<>", COMMAND_OK, "", ""},
    {"FROM:<> SIZE=10", COMMAND_OK, "", " SIZE=10"},
    {"From:<joe@example.org> BODY=7BIT", COMMAND_OK, "joe@example.org", " BODY=7BIT"},
    {"FROM:<postmaster>", COMMAND_ADDRESS, NULL, NULL},
    {"FROM:< >", COMMAND_ADDRESS, NULL, NULL},
    {"TO:<joe@example.org>", COMMAND_SYNTAX, NULL, NULL},
};

static void
paths(const struct path_case *table, size_t count,
    enum command_result (*parse)(struct slice *, unsigned, struct command_path *))
{
	for (size_t i = 0; i < count; i++) {
		struct slice rest = slice_of(table[i].argument);
		struct command_path path;

		tap_is_int(parse(&rest, 0, &path), table[i].result, table[i].argument);
		if (table[i].result != COMMAND_OK)
			continue;
		tap_is_text(copy(path.mailbox), table[i].mailbox, "  its mailbox");
		rest = slice_trim(rest);
		tap_is_text(
		    copy(rest), table[i].rest + strspn(table[i].rest, " "), "  what is left");
	}
}

static const struct parameter_case {
	const char *text;
	unsigned offered;
	enum command_result result;
} mail_table[] = {
    {"", ALL, COMMAND_OK},
    {"SIZE=0", ALL, COMMAND_OK},
    {"size=12345678901234567890 body=8bitmime", ALL, COMMAND_OK},
    {"SIZE=99999999999999999999", ALL, COMMAND_OK},
    {"SIZE=123456789012345678901", ALL, COMMAND_SYNTAX},
    {"SIZE=", ALL, COMMAND_SYNTAX},
    {"SIZE", ALL, COMMAND_SYNTAX},
    {"SIZE=-1", ALL, COMMAND_SYNTAX},
    {"SIZE=1x", ALL, COMMAND_SYNTAX},
    {"SIZE=1 SIZE=1", ALL, COMMAND_SYNTAX},
    {"BODY=7BIT", ALL, COMMAND_OK},
    {"BODY=BINARYMIME", ALL, COMMAND_SYNTAX},
    {"BODY=7BIT", EXTENSION_SIZE, COMMAND_UNKNOWN_PARAMETER},
    {"SIZE=1", 0, COMMAND_UNKNOWN_PARAMETER},
    {"RET=HDRS ENVID=QQ314159", ALL, COMMAND_OK},
    {"RET=HDRS", EXTENSION_SIZE, COMMAND_UNKNOWN_PARAMETER},
    {"RET=SOME", ALL, COMMAND_SYNTAX},
    {"ENVID=a+2Bb", ALL, COMMAND_OK},
    {"ENVID=a+2bb", ALL, COMMAND_SYNTAX},
    {"ENVID=a+2", ALL, COMMAND_SYNTAX},
    {"ENVID=a=b", ALL, COMMAND_SYNTAX},
    {"ENVID=" L10 L10 L10 L10 L10 L10 L10 L10 L10 L10, ALL, COMMAND_OK},
    {"ENVID=" L10 L10 L10 L10 L10 L10 L10 L10 L10 L10 "k", ALL, COMMAND_SYNTAX},
    {"ENVID=\x01", ALL, COMMAND_SYNTAX},
    {"AUTH=<>", ALL, COMMAND_UNKNOWN_PARAMETER},
    {"NOTIFY=NEVER", ALL, COMMAND_UNKNOWN_PARAMETER},
    {"=1", ALL, COMMAND_UNKNOWN_PARAMETER},
    {"\xc3\xa9=1", ALL, COMMAND_UNKNOWN_PARAMETER},
};

static const struct parameter_case rcpt_table[] = {
    {"NOTIFY=NEVER", ALL, COMMAND_OK},
    {"notify=success,FAILURE,delay", ALL, COMMAND_OK},
    {"NOTIFY=NEVER,DELAY", ALL, COMMAND_SYNTAX},
    {"NOTIFY=DELAY,", ALL, COMMAND_SYNTAX},
    {"NOTIFY=,DELAY", ALL, COMMAND_SYNTAX},
    {"NOTIFY=", ALL, COMMAND_SYNTAX},
    {"ORCPT=rfc822;joe@example.org", ALL, COMMAND_OK},
    {"ORCPT=rfc822;jo+20e@example.org NOTIFY=DELAY", ALL, COMMAND_OK},
    {"ORCPT=;joe@example.org", ALL, COMMAND_SYNTAX},
    {"ORCPT=rfc822;", ALL, COMMAND_SYNTAX},
    {"ORCPT=rfc822", ALL, COMMAND_SYNTAX},
    {"ORCPT=rfc822;a+0", ALL, COMMAND_SYNTAX},
    {"ORCPT=rfc822;joe@example.org", EXTENSION_SIZE, COMMAND_UNKNOWN_PARAMETER},
    {"SIZE=1", ALL, COMMAND_UNKNOWN_PARAMETER},
};

static void
parameters(const struct parameter_case *table, size_t count,
    enum command_result (*parse)(struct slice, unsigned, struct parameters *))
{
	struct parameters p;

	for (size_t i = 0; i < count; i++)
		tap_is_int(parse(slice_of(table[i].text), table[i].offered, &p), table[i].result,
		    table[i].text);
}

static void
values(void)
{
	struct str envelope;
	struct parameters p;

	str_init(&envelope, 1000);
	(void)parameter_parse_mail(slice_of("SIZE=99999999999999999999"), ALL, &p);
	tap_ok(p.size == UINT64_MAX, "a size over 64 bits is the largest one");
	(void)parameter_parse_mail(slice_of("SIZE=77 BODY=8bitmime ENVID=x RET=full"), ALL, &p);
	tap_is_int((long long)p.size, 77, "a size");
	tap_ok(parameter_add_mail_fields(&p, 0, &envelope) == 0 &&
		   slice_equal(str_slice(&envelope), slice_make("B8BITMIME\0Vx\0RFULL\0", 19)),
	    "fields of the message");
	str_clear(&envelope);
	(void)parameter_parse_rcpt(slice_of("ORCPT=rfc822;a NOTIFY=NEVER"), ALL, &p);
	tap_ok(parameter_add_rcpt_fields(&p, &envelope) == 0 &&
		   slice_equal(str_slice(&envelope), slice_make("NNEVER\0Orfc822;a\0", 17)),
	    "fields of a recipient");
	str_free(&envelope);
}

static void
hosts(void)
{
	static const char *const good[] = {
	    "example.org", "localhost", "[192.0.2.1]", "[IPv6:2001:db8::1]", "1x.test"};
	static const char *const bad[] = {"", "a b", "a_b.test", "[192.0.2.256]", "[]",
	    "192.0.2.1]", "-a.test", "a..b", "a(b).test", "\xc3\xa9.test", "a\x01"};

	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
		tap_ok(command_is_host(slice_of(good[i])), "host '%s'", good[i]);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		tap_ok(!command_is_host(slice_of(bad[i])), "no host, number %zu", i);
}

int
main(void)
{
	split();
	hosts();
	paths(forward_table, sizeof forward_table / sizeof forward_table[0], command_forward_path);
	paths(reverse_table, sizeof reverse_table / sizeof reverse_table[0], command_reverse_path);
	parameters(mail_table, sizeof mail_table / sizeof mail_table[0], parameter_parse_mail);
	parameters(rcpt_table, sizeof rcpt_table / sizeof rcpt_table[0], parameter_parse_rcpt);
	values();
	return tap_done();
}
