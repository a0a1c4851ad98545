/* SPDX-License-Identifier: ISC */
/*
 * t/fuzz/run SECONDS reply: what a server says, read as replies until it ends or is none.
 */
#include "smtp/reply.h"

#include <sys/socket.h>

#include <string.h>
#include <unistd.h>

#include "fuzz.h"

#define READER_SIZE ((size_t)2 * REPLY_LINE_MAX)
#define LINE_MAX ((size_t)2 * REPLY_TEXT_MAX)

static void
check_reply(const struct reply *r)
{
	struct str line;

	must(r->code >= 200 && r->code <= 599 && reply_class(r) == r->code / 100);
	must(r->lines >= 1 && r->lines <= REPLY_LINES_MAX && r->text.len <= REPLY_TEXT_MAX);
	must(strlen(r->status) < REPLY_STATUS_MAX);
	must(r->status[0] == '\0' || r->status[0] == '0' + r->code / 100);
	str_init(&line, LINE_MAX);
	must(reply_add_line(&line, r) == 0);
	must(slice_find(str_slice(&line), '\n') == line.len);
	str_free(&line);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int ends[2];
	struct reader reader;
	struct reply reply;
	enum reply_result result;
	size_t replies = 0;

	must(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
	must(send(ends[1], data, size, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)size || size == 0);
	must(close(ends[1]) == 0);
	must(reader_init(&reader, ends[0], READER_SIZE) == 0);
	reply_init(&reply);
	while ((result = reply_read(&reply, &reader)) == REPLY_OK) {
		must(++replies <= size);
		check_reply(&reply);
	}
	must(result == REPLY_CLOSED || result == REPLY_MALFORMED);
	must(reply.text.len <= REPLY_TEXT_MAX);
	reply_free(&reply);
	reader_free(&reader);
	must(close(ends[0]) == 0);
	return 0;
}
