/* SPDX-License-Identifier: ISC */
/* Races of connections, and what is learnt from them. */
#include "net/connect.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "net/endpoint.h"
#include "net/reach.h"
#include "net/source.h"
#include "tap.h"

static bool
local(const char *text, uint16_t port, struct sockaddr_storage *address, socklen_t *len)
{
	return endpoint_parse(slice_of(text), port, address, len);
}

/* A socket of ADDRESS, with its port filled in: nobody else has that, and it refuses whoever comes.
 */
static int
bind_at(const char *text, struct sockaddr_storage *address, socklen_t *len)
{
	int fd;

	if (!local(text, 0, address, len))
		return -1;
	fd = socket(address->ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd == -1 || bind(fd, (struct sockaddr *)address, *len) == -1 ||
	    getsockname(fd, (struct sockaddr *)address, len) == -1)
		return -1;
	return fd;
}

static int
listen_at(const char *text, struct sockaddr_storage *address, socklen_t *len, int backlog)
{
	int fd = bind_at(text, address, len);

	return fd == -1 || listen(fd, backlog) == -1 ? -1 : fd;
}

enum { FULL_MAX = 8 };

/* Fills the backlog of a listener, so that the kernel drops whoever comes. */
static void
fill(const struct sockaddr_storage *address, socklen_t len, int fds[FULL_MAX])
{
	for (int i = 0; i < FULL_MAX; i++)
		fds[i] = connect_to(address, len, deadline_in_ms(i == 0 ? 2000 : 50));
}

static void
let_go(const int fds[FULL_MAX])
{
	for (int i = 0; i < FULL_MAX; i++)
		if (fds[i] != -1)
			close(fds[i]);
}

static void
test_races(void)
{
	struct connect_attempt list[2] = {{.index = 0}, {.index = 1}};
	struct connect_attempt dead = {.index = 0}, good = {.index = 1}, refused = {.index = 2};
	struct connect_pace pace = {.delay_ms = 100, .each_ms = 60000};
	struct sockaddr_storage source;
	socklen_t source_len;
	int full[FULL_MAX], fd, closed, black = listen_at("127.0.0.2", &dead.address, &dead.len, 0);
	int open = listen_at("127.0.0.1", &good.address, &good.len, 16);
	int64_t start;
	size_t winner = 9;

	closed = bind_at("127.0.0.1", &refused.address, &refused.len);
	fill(&dead.address, dead.len, full);
	tap_ok(black != -1 && open != -1 && closed != -1 && full[FULL_MAX - 1] == -1,
	    "a server, and a black hole");

	list[0] = dead;
	list[1] = good;
	pace.until = deadline_in_seconds(60);
	start = clock_monotonic_ms();
	fd = connect_race(list, 2, &pace, &winner);
	tap_ok(fd != -1 && winner == 1, "the second answers");
	tap_ok(clock_monotonic_ms() - start >= 99, "and was given its start late");
	tap_ok(list[0].state == CONNECT_TRYING && list[0].fd == -1, "the first is let go of");
	close(fd);

	list[0] = refused;
	pace.delay_ms = 60000;
	start = clock_monotonic_ms();
	fd = connect_race(list, 2, &pace, &winner);
	tap_ok(fd != -1 && winner == 1 && list[0].error == ECONNREFUSED &&
		   clock_monotonic_ms() - start < 30000,
	    "after a refusal the next comes at once");
	close(fd);

	list[1] = list[0] = refused;
	tap_ok(connect_race(list, 2, &pace, &winner) == -1 && errno == ECONNREFUSED, "both refuse");

	list[0] = dead;
	pace.each_ms = 100;
	tap_ok(connect_race(list, 1, &pace, &winner) == -1 && errno == ETIMEDOUT &&
		   list[0].state == CONNECT_FAILED,
	    "one that never answers fails in its time");
	pace.each_ms = 60000;
	do { /* until it was begun: its time may be over before, where this process has to wait */
		pace.until = deadline_in_ms(100);
		fd = connect_race(list, 1, &pace, &winner);
	} while (fd == -1 && list[0].state == CONNECT_WAITING);
	tap_ok(fd == -1 && errno == ETIMEDOUT && list[0].state == CONNECT_TRYING,
	    "or is not known to have, when all time is over");

	pace.until = deadline_in_seconds(60);
	list[0] = good;
	tap_ok(local("127.0.0.9", 0, &source, &source_len), "a source");
	list[0].source = &source;
	list[0].source_len = source_len;
	fd = connect_race(list, 1, &pace, &winner);
	memset(&source, 0, sizeof source);
	source_len = sizeof source;
	tap_ok(fd != -1 && getsockname(fd, (struct sockaddr *)&source, &source_len) == 0 &&
		   ((struct sockaddr_in *)&source)->sin_addr.s_addr == htonl(0x7f000009),
	    "is where it comes from");
	close(fd);
	tap_ok(local("192.0.2.1", 0, &source, &source_len) &&
		   connect_race(list, 1, &pace, &winner) == -1 && errno == EADDRNOTAVAIL &&
		   list[0].source_failed,
	    "one that is not ours is said to be it");
	let_go(full);
	close(open);
	close(closed);
	close(black);
}

/* Into a list of attempts; what is in upper case is IPv6. */
static size_t
attempts(struct connect_attempt *list, const char *letters)
{
	size_t count = strlen(letters);

	for (size_t i = 0; i < count; i++) {
		char text[32];
		bool six = letters[i] < 'a';

		snprintf(text, sizeof text, six ? "2001:db8::%x" : "192.0.2.%d", letters[i]);
		list[i] = (struct connect_attempt){.index = (unsigned char)letters[i]};
		if (!local(text, 25, &list[i].address, &list[i].len))
			return 0;
	}
	return count;
}

static void
sorts(const struct reach *r, const char *letters, const char *expected)
{
	struct connect_attempt list[16];
	size_t count = attempts(list, letters);
	char got[17] = "";

	reach_sort(r, list, count);
	for (size_t i = 0; i < count; i++)
		got[i] = (char)list[i].index;
	tap_is_text(got, expected, letters);
}

/* A race with the states "f" failed, "t" trying, "w" won, "." not begun. */
static void
learn(struct reach *r, const char *letters, const char *states)
{
	struct connect_attempt list[16];
	size_t count = attempts(list, letters);

	for (size_t i = 0; i < count; i++) {
		list[i].state = states[i] == 'f'   ? CONNECT_FAILED
				: states[i] == 't' ? CONNECT_TRYING
				: states[i] == 'w' ? CONNECT_WON
						   : CONNECT_WAITING;
		list[i].begun = (deadline)i;
	}
	reach_learn(r, list, count);
}

static void
test_reach(void)
{
	struct reach r = {.next = 0};
	struct connect_attempt list[1];

	sorts(&r, "", "");
	sorts(&r, "abc", "abc");
	sorts(&r, "ABab", "AaBb");
	sorts(&r, "abAB", "AaBb");
	sorts(&r, "ABCDa", "AaBCD");
	learn(&r, "Aa", "tw");
	sorts(&r, "ABab", "BabA");
	sorts(&r, "Aa", "aA");
	sorts(&r, "Cc", "Cc");
	learn(&r, "Cc", "fw");
	sorts(&r, "Dd", "dD"); /* two in a row: IPv6 leads nowhere */
	learn(&r, "dD", "fw");
	sorts(&r, "Ee", "Ee"); /* but it does */
	sorts(&r, "A", "A");
	learn(&r, "A", "w");
	sorts(&r, "ABab", "AaBb");
	learn(&r, "gh", "wt"); /* begun later: nothing is known of it */
	sorts(&r, "hg", "hg");
	(void)attempts(list, "x");
	reach_failed(&r, &list[0].address);
	sorts(&r, "xy", "yx");
	for (char c = 'a'; c <= 'z'; c++)
		for (int i = 0; i < 9; i++) {
			(void)attempts(list, (char[]){c, '\0'});
			reach_failed(&r, &list[0].address);
		}
	sorts(&r, "zZ", "Zz");
}

struct source_row {
	const char *line;
	bool good;
};

static const struct source_row source_rows[] = {
    {"*: 192.0.2.1", true},
    {"example.org: 192.0.2.1 2001:db8::1", true},
    {".example.org: 192.0.2.1=mail.example.org", true},
    {"192.0.2.7: no-ipv6 192.0.2.1=mail.example.org", true},
    {"*: NO-IPv4", true},
    {"*: no-ipv4 no-ipv6", false},
    {"*: 192.0.2.1 192.0.2.2", false},
    {"*: 192.0.2.1 no-ipv4", false},
    {"*: 192.0.2.1=", false},
    {"*: 192.0.2.1=a b", false},
    {"*: 192.0.2.1=a_>", false},
    {"*: mail.example.org", false},
    {"a b: 192.0.2.1", false},
};

static void
test_sources(void)
{
	struct source_pair pair;
	struct sources s;

	for (size_t i = 0; i < sizeof source_rows / sizeof source_rows[0]; i++) {
		struct str text, problem;

		str_init(&text, 1000);
		str_init(&problem, 1000);
		tap_ok(str_add_text(&text, source_rows[i].line) == 0 &&
			   (sources_make(&s, &text, &problem) == 0) == source_rows[i].good,
		    "%s %s", source_rows[i].line, problem.data);
		sources_free(&s);
		str_free(&text);
		str_free(&problem);
	}
	{
		struct str text, problem;

		str_init(&text, 1000);
		str_init(&problem, 1000);
		tap_ok(
		    str_add_text(&text, "*: 192.0.2.1\nexample.org: 2001:db8::1=a.example.org\n"
					".example.org: no-ipv6\n[2001:db8::9]: 192.0.2.9\n") == 0 &&
			sources_make(&s, &text, &problem) == 0,
		    "a table");
		sources_find(&s, slice_of("example.net"), &pair);
		tap_ok(pair.four.is_set && !pair.six.is_set, "everything else");
		sources_find(&s, slice_of("Example.org"), &pair);
		tap_ok(!pair.four.is_set && pair.six.is_set &&
			   slice_is(pair.six.name, "a.example.org"),
		    "a domain");
		sources_find(&s, slice_of("mx.example.org"), &pair);
		tap_ok(pair.six.is_barred, "those below it");
		sources_find(&s, slice_of("[IPv6:2001:db8::9]"), &pair);
		tap_ok(pair.four.is_set, "an address literal");
		sources_free(&s);
		str_free(&text);
		str_free(&problem);
	}
}

int
main(void)
{
	test_races();
	test_reach();
	test_sources();
	return tap_done();
}
