/* SPDX-License-Identifier: ISC */
#include "base/reader.h"

#include <sys/socket.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tap.h"

#define LINE_MAX_LEN 10
#define BUFFER 16

struct outcome {
	enum reader_result result;
	const char *line; /* null: not looked at */
};

static const struct {
	const char *name, *input;
	size_t len;
	struct outcome outcomes[6];
	size_t count;
} cases[] = {
    {"two lines", "one\r\ntwo\r\n", 10,
	{{READER_LINE, "one"}, {READER_LINE, "two"}, {READER_EOF, NULL}}, 3},
    {"an empty line", "\r\nx\r\n", 5, {{READER_LINE, ""}, {READER_LINE, "x"}, {READER_EOF, NULL}},
	3},
    {"a line unfinished", "one\r\ntw", 7, {{READER_LINE, "one"}, {READER_EOF, NULL}}, 2},
    {"a CR unfinished", "one\r", 4, {{READER_EOF, NULL}}, 1},
    {"a bare LF", "one\ntwo\r\n", 9,
	{{READER_BARE_LF, "one"}, {READER_LINE, "two"}, {READER_EOF, NULL}}, 3},
    {"LF alone", "\nx\r\n", 4, {{READER_BARE_LF, ""}, {READER_LINE, "x"}, {READER_EOF, NULL}}, 3},
    {"a bare CR", "a\rb\r\nx\r\n", 8,
	{{READER_BARE_CR, "a\rb"}, {READER_LINE, "x"}, {READER_EOF, NULL}}, 3},
    {"CR CR LF", "a\r\r\nx\r\n", 7,
	{{READER_BARE_CR, "a\r"}, {READER_LINE, "x"}, {READER_EOF, NULL}}, 3},
    {"bare CR and LF", "a\rb\nx\r\n", 7,
	{{READER_BARE_CR, "a\rb"}, {READER_LINE, "x"}, {READER_EOF, NULL}}, 3},
    {"a NUL", "a\0b\r\nx\r\n", 8, {{READER_NUL, NULL}, {READER_LINE, "x"}, {READER_EOF, NULL}}, 3},
    {"the longest line", "0123456789\r\nx\r\n", 15,
	{{READER_LINE, "0123456789"}, {READER_LINE, "x"}, {READER_EOF, NULL}}, 3},
    {"one octet more", "0123456789a\r\nx\r\n", 16,
	{{READER_TOO_LONG, NULL}, {READER_LINE, "x"}, {READER_EOF, NULL}}, 3},
    {"the longest with bare LF", "0123456789\nx\r\n", 14,
	{{READER_BARE_LF, "0123456789"}, {READER_LINE, "x"}, {READER_EOF, NULL}}, 3},
    {"one more with bare LF", "0123456789a\nx\r\n", 15,
	{{READER_TOO_LONG, NULL}, {READER_LINE, "x"}, {READER_EOF, NULL}}, 3},
    {"longer than the buffer", "0123456789012345678901234567890123456789\r\nx\r\n", 45,
	{{READER_TOO_LONG, NULL}, {READER_LINE, "x"}, {READER_EOF, NULL}}, 3},
    {"long without an end", "0123456789012345678901234567890123456789", 40, {{READER_EOF, NULL}},
	1},
    {"long and a bare LF", "01234567890123456789012345\nx\r\n", 30,
	{{READER_TOO_LONG, NULL}, {READER_LINE, "x"}, {READER_EOF, NULL}}, 3},
    {"long and CR, and a bare LF after more", "01234567890123456789\r456789\nx\r\n", 31,
	{{READER_TOO_LONG, NULL}, {READER_LINE, "x"}, {READER_EOF, NULL}}, 3},
    {"two long ones, and one of LF", "01234567890123456789\r\n01234567890123456789\r\n\n", 45,
	{{READER_TOO_LONG, NULL}, {READER_TOO_LONG, NULL}, {READER_BARE_LF, ""}}, 3},
    {"long, and CR LF by themselves", "01234567890123450123456789012345\r\nx\r\n", 37,
	{{READER_TOO_LONG, NULL}, {READER_LINE, "x"}, {READER_EOF, NULL}}, 3},
    {"long ones, the last by an octet", "abcdefghijabcdefghij\r\n0123456789a\nABCDEFGHIJa\r\n", 47,
	{{READER_TOO_LONG, NULL}, {READER_TOO_LONG, NULL}, {READER_TOO_LONG, NULL}}, 3},
    {"nothing", "", 0, {{READER_EOF, NULL}, {READER_EOF, NULL}}, 2},
};

/* Where the line begins that is the NTH of those of a case; null if there is none. */
static const char *
find_line(size_t at, size_t nth)
{
	const char *line = cases[at].input, *end = line + cases[at].len;

	for (; line != NULL && nth > 0; nth--) {
		line = memchr(line, '\n', (size_t)(end - line));
		line = line == NULL ? NULL : line + 1;
	}
	return line;
}

/* What the reader remembers of the NTH line: how it ended, and how one too long began. */
static bool
remembers(const struct reader *r, enum reader_result result, size_t at, size_t nth)
{
	const char *line = find_line(at, nth), *next = find_line(at, nth + 1);

	if (result == READER_EOF)
		return true;
	if (result == READER_TOO_LONG && memcmp(r->beginning, line, sizeof r->beginning) != 0)
		return false;
	return r->is_split == (next - line < 2 || next[-2] != '\r');
}

/* Reads line after line; what has to be fed after the first octets is sent when they run out. */
static bool
run(size_t at, size_t split)
{
	struct reader r;
	struct slice line;
	int ends[2];
	bool sent = false, good = true;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == -1 ||
	    reader_init(&r, ends[0], BUFFER) == -1 ||
	    send(ends[1], cases[at].input, split, 0) != (ssize_t)split) {
		puts("Bail out! unable to make a socketpair");
		exit(1);
	}
	for (size_t i = 0; good && i < cases[at].count; i++) {
		const struct outcome *want = &cases[at].outcomes[i];
		enum reader_result got;

		r.until = sent ? deadline_in_seconds(60) : deadline_in_ms(0);
		got = reader_line(&r, &line, LINE_MAX_LEN);
		if (got == READER_TIMEOUT && !sent) {
			size_t rest = cases[at].len - split;

			sent = true;
			good = send(ends[1], cases[at].input + split, rest, 0) == (ssize_t)rest &&
			       shutdown(ends[1], SHUT_WR) == 0;
			i--;
			continue;
		}
		good = good && got == want->result &&
		       (want->line == NULL || slice_is(line, want->line)) &&
		       remembers(&r, got, at, i);
	}
	reader_free(&r);
	close(ends[0]);
	close(ends[1]);
	return good;
}

static void
test_waiting_line(void)
{
	struct reader r;
	struct slice line;
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == -1 ||
	    reader_init(&r, ends[0], BUFFER) == -1 || send(ends[1], "a\r\nb\r\nc", 7, 0) != 7)
		exit(1);
	tap_ok(!reader_has_line(&r), "no line waits at first");
	tap_ok(reader_line(&r, &line, 5) == READER_LINE && reader_has_line(&r), "one waits behind");
	tap_ok(
	    reader_line(&r, &line, 5) == READER_LINE && !reader_has_line(&r), "none behind that");
	tap_ok(slice_is(reader_unread(&r), "c"), "what was begun is unread");
	r.until = deadline_in_ms(1);
	tap_ok(reader_line(&r, &line, 5) == READER_TIMEOUT, "a deadline that passes");
	tap_ok(slice_is(reader_unread(&r), "c"), "leaves it so");
	tap_ok(send(ends[1], "0123456789abcdef", 16, 0) == 16, "more than there is room for");
	while (reader_fill(&r) > 0)
		;
	tap_ok(errno == ENOBUFS && reader_unread(&r).len == BUFFER, "fills the buffer");
	reader_consume(&r, 3);
	tap_ok(reader_fill(&r) == 1, "which takes more once some is consumed");
	tap_ok(slice_is(reader_unread(&r), "23456789abcdef"), "in order");
	reader_free(&r);
	close(ends[0]);
	close(ends[1]);
}

/* More than is read at once, and no LF in it: the deadline ends it, though no read has to wait. */
static void
test_endless_line(void)
{
	static char much[10 * BUFFER];
	struct reader r;
	struct slice line;
	int ends[2];

	memset(much, 'x', sizeof much);
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == -1 ||
	    reader_init(&r, ends[0], BUFFER) == -1 ||
	    send(ends[1], much, sizeof much, 0) != sizeof much)
		exit(1);
	r.until = deadline_in_ms(-1);
	tap_ok(reader_line(&r, &line, 5) == READER_TIMEOUT && errno == ETIMEDOUT,
	    "a line without an end, when its time is over");
	tap_ok(recv(ends[0], much, sizeof much, MSG_DONTWAIT) > 0, "is not read any further");
	reader_free(&r);
	close(ends[0]);
	close(ends[1]);
}

int
main(void)
{
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		for (size_t split = 0; split <= cases[i].len; split++)
			tap_ok(run(i, split), "%s, split at %zu", cases[i].name, split);
	test_waiting_line();
	test_endless_line();
	return tap_done();
}
