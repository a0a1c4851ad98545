/* SPDX-License-Identifier: ISC */
#include "conf/hop.h"

#include "tap.h"

static const struct {
	const char *text, *told; /* told: what a worker is told of example.org, or the problem */
} good[] = {
    {"mx", "mx:example.org"},
    {"MX", "mx:example.org"},
    {"mx:other.test", "mx:other.test"},
    {"hold", "mx:example.org"},
    {"hold:mx", "mx:example.org"},
    {"hold:smtp:a.test", "smtp:a.test:25"},
    {"hold:lmtp:a.test", "lmtp:a.test:24"},
    {"smtp:a.test:2525", "smtp:a.test:2525"},
    {"smtp:[IPv6:2001:db8::1]", "smtp:[2001:db8::1]:25"},
    {"smtps:A.test", "smtps:a.test:465"},
    {"smtp:a.test,smtp:b.test:26 , smtps:c.test", "smtp:a.test:25,smtp:b.test:26,smtps:c.test:465"},
    {"smtp:a.test,", "smtp:a.test:25"},
    {"lmtp:[2001:db8::1]:2424", "lmtp:[2001:db8::1]:2424"},
    {"lmtp:unix:/run/a b", "lmtp:unix:/run/a b"},
    {"pipe:/bin/cat", "pipe:/bin/cat"},
    {"pipe: bare,user=joe  /bin/cat -u {sender} {recipients}",
	"pipe:bare,user=joe  /bin/cat -u {sender} {recipients}"},
    {"bsmtp:/a/b", "bsmtp:/a/b"},
    {"bsmtp:user=joe /a/", "bsmtp:user=joe /a/"},
};

static const struct {
	const char *text, *problem;
} bad[] = {
    {"", "mx, smtp:host:port"},
    {"relay.test", "mx, smtp:host:port"},
    {"mx:", "mx, or mx:domain"},
    {"mx:[192.0.2.1]", "mx, or mx:domain"},
    {"mx:a b", "mx, or mx:domain"},
    {"smtp:", "smtp:host:port or"},
    {"smtp:a.test:0", "smtp:host:port or"},
    {"smtp:a.test:65536", "smtp:host:port or"},
    {"smtp:a.test,,smtp:b.test", "smtp:host:port or"},
    {"smtp:a.test,lmtp:b.test", "smtp:host:port or"},
    {"smtp:a.test b.test", "smtp:host:port or"},
    {"smtp:2001:db8::1", "smtp:host:port or"},
    {"smtp:1.t,smtp:2.t,smtp:3.t,smtp:4.t,smtp:5.t,smtp:6.t,smtp:7.t,smtp:8.t,smtp:9.t,smtp:10.t,"
     "smtp:11.t",
	"at most 10"},
    {"lmtp:", "lmtp:host:port, not 25"},
    {"lmtp:a.test:25", "lmtp:host:port, not 25"},
    {"lmtp:unix:", "lmtp:host:port, not 25"},
    {"lmtp:unix:run/lmtp", "lmtp:host:port, not 25"},
    {"lmtp:unix:/12345678901234567890123456789012345678901234567890123456789012345678901234567890"
     "1234567890123456789012345678901",
	"lmtp:host:port, not 25"},
    {"pipe:", "a path is"},
    {"pipe:cat", "a path, or the options"},
    {"pipe:user=joe", "a program with"},
    {"pipe:user= /bin/cat", "a path, or the options"},
    {"pipe:user=-x /bin/cat", "a path, or the options"},
    {"pipe:user=a/b /bin/cat", "a path, or the options"},
    {"pipe:/bin/sh -c \"x\"", "words without quotes"},
    {"pipe:/bin/cat $RECIPIENT", "words without quotes"},
    {"pipe:/bin/cat | /bin/cat", "words without quotes"},
    {"pipe:/bin/cat ({recipient})", "{sender}, {recipient}"},
    {"pipe:/bin/cat {user}", "{sender}, {recipient}"},
    {"pipe:/bin/{sender}", "{sender}, {recipient}"},
    {"pipe:/bin/cat {recipient} {recipients}", "one of"},
    {"bsmtp:", "a path is"},
    {"bsmtp:/", "a whole path"},
    {"bsmtp:crlf /a", "no option but"},
    {"bsmtp:a/b", "a path, or the options"},
    {"error:", "error:text, which"},
    {"error: 5.1.2", "error:text, which"},
    {"error:2.1.2 fine", "error:text or error:5.1.2"},
    {"error:5.1 fine", "error:text or error:5.1.2"},
    {"error:5.1.1234 fine", "error:text or error:5.1.2"},
    {"error:5..1 fine", "error:text or error:5.1.2"},
    {"error:5.1.2.3 fine", "error:text or error:5.1.2"},
    {"error:550 no", "error:text or error:5.1.2"},
    {"error:5.1.2 no\001", "a text of"},
    {"error:5.1.2 n\303\266", "a text of"},
    {"discard:n\303\266", "a text of"},
    {"hold:", "hold, or hold:"},
    {"hold:hold", "hold, or hold:"},
    {"hold:discard", "hold, or hold:"},
    {"hold:pipe:/bin/cat", "hold, or hold:"},
};

static void
test_good(void)
{
	struct str told;

	str_init(&told, 1000);
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
		struct hop hop;
		const char *problem = hop_parse(slice_of(good[i].text), &hop);

		str_clear(&told);
		tap_is_text(problem == NULL ? "" : problem, "", good[i].text);
		tap_is_int(hop_add(&told, &hop, slice_of("Example.ORG")), 0, good[i].text);
		tap_is_text(told.data, good[i].told, good[i].text);
		tap_ok(hop.is_held == slice_starts(slice_of(good[i].text), "hold"), "held or not");
	}
	str_free(&told);
}

static void
test_bad(void)
{
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct hop hop;
		struct slice problem = slice_of(hop_parse(slice_of(bad[i].text), &hop));

		if (!tap_ok(problem.len > 0 && slice_starts(problem, bad[i].problem),
			"no route: %s", bad[i].text))
			tap_show("got", problem.len > 0 ? problem.data : "no problem");
	}
}

static void
test_error(void)
{
	struct hop hop;

	tap_ok(
	    hop_parse(slice_of("error:no more"), &hop) == NULL && hop.kind == HOP_ERROR, "error");
	tap_ok(slice_is(hop.code, "5.1.0") && slice_is(hop.text, "no more"), "its code and text");
	tap_ok(hop_parse(slice_of("error: 4.2.1  wait "), &hop) == NULL, "error with a code");
	tap_ok(slice_is(hop.code, "4.2.1") && slice_is(hop.text, "wait"), "its code and text");
	tap_ok(hop_parse(slice_of("discard"), &hop) == NULL && hop.kind == HOP_DISCARD, "discard");
	tap_ok(hop_parse(slice_of("discard: spam "), &hop) == NULL && slice_is(hop.text, "spam"),
	    "discard with a text");
}

int
main(void)
{
	test_good();
	test_bad();
	test_error();
	return tap_done();
}
