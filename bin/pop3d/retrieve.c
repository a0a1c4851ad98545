/* SPDX-License-Identifier: ISC */
/* RETR and TOP: messages on their way out. */
#include <sys/stat.h>
#include <sys/uio.h>

#include <errno.h>
#include <string.h>

#include "base/io.h"
#include "content.h"
#include "smtp/stuffed.h"
#include "transaction.h"

#define PIECES 64
#define ALL_LINES UINT64_MAX

/* What is sent of a message: its header section, and so many lines behind it. */
struct extract {
	bool in_body;
	bool at_line_start;
	uint64_t lines;
};

static int
send_stuffed(struct transaction *t, struct stuffed *stuffed, struct slice text)
{
	struct writer *w = &t->talk.writer;
	struct iovec pieces[PIECES];
	size_t at = 0;
	int count;

	while (at < text.len) {
		at += stuffed_take(stuffed, slice_skip(text, at), pieces, PIECES, &count);
		w->until = talk_deadline(&t->talk);
		for (int i = 0; i < count; i++)
			if (writer_add(w, pieces[i].iov_base, pieces[i].iov_len) == -1)
				return -1;
	}
	t->sent += text.len;
	return 0;
}

/* How much of TEXT is to be sent; all of it has been once lines is 0 in the body. */
static size_t
extract_take(struct extract *x, struct slice text)
{
	size_t at = 0;

	while (at < text.len && (!x->in_body || x->lines > 0)) {
		struct slice rest = slice_skip(text, at);
		size_t lf = slice_find(rest, '\n');
		bool is_empty = x->at_line_start && slice_starts(rest, "\r\n");

		x->at_line_start = lf < rest.len;
		at += lf < rest.len ? lf + 1 : lf;
		if (!x->in_body)
			x->in_body = is_empty;
		else if (x->at_line_start)
			x->lines--;
	}
	return at;
}

/*
 * A message that turns out shorter, as somebody cut it, or cannot be read to its end, must not pass
 * for a whole one: there is no reply for that, but the end of the connection.
 */
static void
send_content(struct transaction *t, int fd, uint64_t size, bool is_plain, uint64_t lines)
{
	struct extract x = {.at_line_start = true, .lines = lines};
	struct stuffed stuffed;
	struct content content;
	struct slice piece;
	bool is_whole = true;
	int next = -1;

	stuffed_init(&stuffed);
	if (content_init(&content, fd, size, is_plain) == 0)
		while (is_whole && (next = content_next(&content, &piece)) == 1) {
			if (lines != ALL_LINES)
				piece.len = extract_take(&x, piece);
			if (send_stuffed(t, &stuffed, piece) == -1) {
				talk_lost(&t->talk, -1);
				content_free(&content);
				return;
			}
			is_whole = lines == ALL_LINES || !x.in_body || x.lines > 0;
		}
	if (next == -1 || (next == 0 && content.left > 0)) {
		errno = next == -1 ? errno : EIO;
		t->talk.error = errno;
		t->talk.end = TALK_FAILED;
	} else {
		talk_end_lines(&t->talk);
	}
	content_free(&content);
}

static void
refuse(struct transaction *t)
{
	if (errno == ENOENT)
		talk_err(&t->talk, NULL, "This message has been removed meanwhile");
	else
		talk_err(&t->talk, "SYS/TEMP", "This message cannot be read: %s", strerror(errno));
}

/* As it is now, which is what its size is said of. */
static int
open_sized(struct transaction *t, struct message *message, uint64_t *octets)
{
	struct stat st;
	int fd = maildrop_open_message(&t->maildrop, message);

	if (fd == -1)
		return -1;
	if (fstat(fd, &st) == 0 &&
	    maildrop_octets(&t->maildrop, message, !t->talk.is_utf8, octets) == 0) {
		if ((uint64_t)st.st_size == message->size)
			return fd;
		/* it was written to since; what was said of it before cannot be helped */
		message->is_sized = false;
		if (maildrop_octets(&t->maildrop, message, !t->talk.is_utf8, octets) == 0)
			return fd;
	}
	io_close(fd);
	return -1;
}

void
transaction_retr(struct talk *talk, struct slice argument)
{
	struct transaction *t = (struct transaction *)talk;
	struct message *message;
	uint64_t octets;
	size_t index;
	int fd;

	message = transaction_message(t, argument, &index);
	if (message == NULL)
		return;
	fd = open_sized(t, message, &octets);
	if (fd == -1) {
		refuse(t);
		return;
	}
	talk_ok(talk, "%llu octets", (unsigned long long)octets);
	send_content(t, fd, message->size, !talk->is_utf8 && message->further > 0, ALL_LINES);
	io_close(fd);
	if (talk->end != TALK_GOES_ON)
		return;
	message->is_retrieved = true;
	t->retrieved++;
}

void
transaction_top(struct talk *talk, struct slice argument)
{
	struct transaction *t = (struct transaction *)talk;
	struct message *message;
	struct slice number, rest = argument;
	uint64_t lines, octets;
	size_t index;
	int fd;

	if (!slice_word(&rest, &number) || !slice_number(slice_trim(rest), INT64_MAX, &lines)) {
		talk_wrong(talk, "TOP, the number of a message and one of lines are expected");
		return;
	}
	message = transaction_message(t, number, &index);
	if (message == NULL)
		return;
	fd = open_sized(t, message, &octets);
	if (fd == -1) {
		refuse(t);
		return;
	}
	talk_ok(talk, "The beginning");
	send_content(t, fd, message->size, !talk->is_utf8 && message->further > 0, lines);
	io_close(fd);
}
