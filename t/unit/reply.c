/* SPDX-License-Identifier: ISC */
/* Replies as a client reads them: what servers say, and what they should not. */
#include "smtp/reply.h"

#include <stdlib.h>
#include <unistd.h>

#include "tap.h"

struct row {
	const char *name;
	const char *input;
	size_t len; /* 0: strlen */
	enum reply_result result;
	int code;
	const char *status;
	const char *text;
};

static const struct row rows[] = {
    {"one line", "250 OK\r\n", 0, REPLY_OK, 250, "", "OK"},
    {"a code alone", "250\r\n", 0, REPLY_OK, 250, "", ""},
    {"a code and a blank", "250 \r\n", 0, REPLY_OK, 250, "", ""},
    {"several lines", "250-one\r\n250-two\r\n250 three\r\n", 0, REPLY_OK, 250, "",
	"one\ntwo\nthree"},
    {"empty lines", "250-\r\n250-\r\n250\r\n", 0, REPLY_OK, 250, "", "\n\n"},
    {"status", "550 5.1.1 No such user\r\n", 0, REPLY_OK, 550, "5.1.1", "No such user"},
    {"status alone", "250 2.0.0\r\n", 0, REPLY_OK, 250, "2.0.0", ""},
    {"status on each line", "550-5.7.1 no\r\n550 5.7.1 never\r\n", 0, REPLY_OK, 550, "5.7.1",
	"no\nnever"},
    {"status on the last line", "550-no\r\n550 5.7.1 never\r\n", 0, REPLY_OK, 550, "5.7.1",
	"no\nnever"},
    {"status of another class", "550 4.7.1 odd\r\n", 0, REPLY_OK, 550, "", "4.7.1 odd"},
    {"longest status", "450 4.123.456 x\r\n", 0, REPLY_OK, 450, "4.123.456", "x"},
    {"no status: four digits", "450 4.1234.1 x\r\n", 0, REPLY_OK, 450, "", "4.1234.1 x"},
    {"no status: an address", "250 2.0.0.1 x\r\n", 0, REPLY_OK, 250, "", "2.0.0.1 x"},
    {"no status: two parts", "250 2.0\r\n", 0, REPLY_OK, 250, "", "2.0"},
    {"no status: a part is empty", "250 2..0 x\r\n", 0, REPLY_OK, 250, "", "2..0 x"},
    {"8-bit text", "550 5.1.1 \xc3\xa4\r\n", 0, REPLY_OK, 550, "5.1.1", "\xc3\xa4"},
    {"a bare LF is tolerated", "250 OK\n", 0, REPLY_OK, 250, "", "OK"},
    {"a NUL is tolerated", "250 O\0K\r\n", 9, REPLY_OK, 250, "", "O"},
    {"two codes", "250-one\r\n550 two\r\n", 0, REPLY_MALFORMED, 0, "", "550 two"},
    {"no code", "hello\r\n", 0, REPLY_MALFORMED, 0, "", "hello"},
    {"an empty line", "\r\n", 0, REPLY_MALFORMED, 0, "", ""},
    {"two digits", "25 OK\r\n", 0, REPLY_MALFORMED, 0, "", "25 OK"},
    {"four digits", "2500 OK\r\n", 0, REPLY_MALFORMED, 0, "", "2500 OK"},
    {"a preliminary code", "150 wait\r\n", 0, REPLY_MALFORMED, 0, "", "150 wait"},
    {"a code of no class", "650 what\r\n", 0, REPLY_MALFORMED, 0, "", "650 what"},
    {"another separator", "250:OK\r\n", 0, REPLY_MALFORMED, 0, "", "250:OK"},
    {"HTTP", "HTTP/1.1 400 Bad Request\r\n", 0, REPLY_MALFORMED, 0, "", "HTTP/1.1 400 Bad Request"},
    {"nothing", "", 0, REPLY_CLOSED, 0, "", ""},
    {"half a line", "250 O", 0, REPLY_CLOSED, 0, "", ""},
    {"half a reply", "250-one\r\n", 0, REPLY_CLOSED, 250, "", "one"},
};

/* A pipe that holds INPUT and then ends. */
static void
feed(struct reader *reader, const char *input, size_t len)
{
	int ends[2];

	if (pipe(ends) == -1 || write(ends[1], input, len) != (ssize_t)len ||
	    reader_init(reader, ends[0], (size_t)REPLY_LINE_MAX * 2) == -1)
		abort();
	close(ends[1]);
	reader->until = deadline_in_seconds(60);
}

static void
done(struct reader *reader)
{
	close(reader->fd);
	reader_free(reader);
}

static void
check_rows(void)
{
	struct reply reply;

	reply_init(&reply);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct row *row = &rows[i];
		struct reader reader;

		feed(&reader, row->input, row->len == 0 ? strlen(row->input) : row->len);
		tap_is_int(reply_read(&reply, &reader), row->result, row->name);
		tap_is_int(reply.code, row->code, "  code");
		tap_is_text(reply.status, row->status, "  status");
		tap_is_text(reply.text.data, row->text, "  text");
		done(&reader);
	}
	reply_free(&reply);
}

static void
check_bare(void)
{
	struct reply reply;
	struct reader reader;

	reply_init(&reply);
	feed(&reader, "250 a\n250 b\r\n", 13);
	tap_is_int(reply_read(&reply, &reader), REPLY_OK, "bare LF");
	tap_ok(reply.has_bare, "is told");
	tap_is_int(reply_read(&reply, &reader), REPLY_OK, "and forgotten");
	tap_ok(!reply.has_bare, "with the next reply");
	done(&reader);
	reply_free(&reply);
}

static void
check_caps(void)
{
	static char big[REPLY_LINE_MAX + 64];
	struct reply reply;
	struct reader reader;
	struct str many;

	reply_init(&reply);
	str_init(&many, 65536);
	memset(big, 'x', sizeof big);
	memcpy(big, "250 ", 4);
	memcpy(big + REPLY_LINE_MAX, "\r\n", 2);
	feed(&reader, big, REPLY_LINE_MAX + 2);
	tap_is_int(reply_read(&reply, &reader), REPLY_OK, "the longest line");
	tap_is_int((long long)reply.text.len, REPLY_LINE_MAX - 4, "  is kept");
	done(&reader);
	memcpy(big + REPLY_LINE_MAX, "x\r\n", 3);
	feed(&reader, big, REPLY_LINE_MAX + 3);
	tap_is_int(reply_read(&reply, &reader), REPLY_MALFORMED, "one octet longer");
	done(&reader);
	for (int i = 1; i < REPLY_LINES_MAX; i++)
		str_format(&many, "250-%0*d\r\n", 60, i);
	str_add_text(&many, "250 end\r\n");
	feed(&reader, many.data, many.len);
	tap_is_int(reply_read(&reply, &reader), REPLY_OK, "as many lines as may be");
	tap_is_int((long long)reply.lines, REPLY_LINES_MAX, "  are counted");
	tap_ok(reply.is_cut && reply.text.len == REPLY_TEXT_MAX, "  and their text is cut");
	done(&reader);
	str_clear(&many);
	for (int i = 0; i <= REPLY_LINES_MAX; i++)
		str_add_text(&many, "250-x\r\n");
	feed(&reader, many.data, many.len);
	tap_is_int(reply_read(&reply, &reader), REPLY_MALFORMED, "a reply without end");
	done(&reader);
	str_free(&many);
	reply_free(&reply);
}

static void
check_line(void)
{
	struct reply reply;
	struct reader reader;
	struct str line;

	reply_init(&reply);
	str_init(&line, 1000);
	feed(&reader, "550-5.1.1 No \r\n550-\r\n550 such\tuser\r\n", 37);
	tap_is_int(reply_read(&reply, &reader), REPLY_OK, "lines to be joined");
	reply_add_line(&line, &reply);
	tap_is_text(line.data, "550 5.1.1 No such\tuser", "joined");
	done(&reader);
	str_free(&line);
	reply_free(&reply);
}

static void
check_silence(void)
{
	struct reply reply;
	struct reader reader;
	int ends[2];

	reply_init(&reply);
	if (pipe(ends) == -1 || reader_init(&reader, ends[0], 8192) == -1)
		abort();
	reader.until = deadline_in_ms(20);
	tap_is_int(reply_read(&reply, &reader), REPLY_TIMEOUT, "silence");
	done(&reader);
	close(ends[1]);
	reply_free(&reply);
}

int
main(void)
{
	check_rows();
	check_bare();
	check_caps();
	check_line();
	check_silence();
	return tap_done();
}
