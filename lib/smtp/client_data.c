/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "smtp/client_session.h"
#include "smtp/stuffed.h"

#define BLOCK_SIZE ((size_t)128 << 10)
#define PIECES_MAX 64

/* Reads the next block at *done of the message: its length, or -1 with errno. */
static long
next_block(struct client *c, const struct client_message *m, uint64_t done)
{
	uint64_t left = m->length - done;
	size_t len = left < BLOCK_SIZE ? (size_t)left : BLOCK_SIZE;

	if (c->block == NULL && (c->block = malloc(BLOCK_SIZE)) == NULL)
		return -1;
	return io_pread(m->fd, c->block, len, m->offset + (off_t)done) == -1 ? -1 : (long)len;
}

static bool
block_has_8bit(const char *block, size_t len)
{
	uint64_t word;
	size_t i = 0;

	for (; i + sizeof word <= len; i += sizeof word) {
		memcpy(&word, block + i, sizeof word);
		if ((word & UINT64_C(0x8080808080808080)) != 0)
			return true;
	}
	for (; i < len; i++)
		if ((block[i] & 0x80) != 0)
			return true;
	return false;
}

int
client_has_8bit(struct client *c, const struct client_message *m)
{
	for (uint64_t done = 0; done < m->length;) {
		long len = next_block(c, m, done);

		if (len == -1)
			return -1;
		if (block_has_8bit(c->block, (size_t)len))
			return 1;
		done += (uint64_t)len;
	}
	return 0;
}

/* The message itself is at fault or cannot be read: the server must not take half of it. */
static int
give_up(struct client *c, struct client_outcome *outcome, const char *why)
{
	client_outcome_set(
	    outcome, CLIENT_TEMPORARY, "4.3.0", "unable to send the message: %s", why);
	client_close(c);
	return -1;
}

static bool
may_end(const struct client *c)
{
	return c->may_end == NULL || c->may_end(c->argument);
}

/* Sends one block, the end of the message behind it if it is the last. */
static int
send_block(struct client *c, struct stuffed *s, struct slice block, bool last,
    struct client_outcome *outcome)
{
	do {
		struct iovec pieces[PIECES_MAX + 1];
		int count;

		block = slice_skip(block, stuffed_take(s, block, pieces, PIECES_MAX, &count));
		if (s->is_bad || (last && block.len == 0 && !stuffed_is_whole(s)))
			return give_up(c, outcome, "it is not in wire format");
		if (last && block.len == 0 && !may_end(c))
			return give_up(c, outcome, "nobody waits for it any more");
		if (last && block.len == 0)
			pieces[count++] = (struct iovec){(void *)(uintptr_t) ".\r\n", 3};
		if (io_writev(c->fd, pieces, count, client_until(c, CLIENT_WAIT_BLOCK)) == -1) {
			client_lost(c, "DATA", outcome);
			return -1;
		}
	} while (block.len > 0);
	return 0;
}

int
client_send_data(struct client *c, const struct client_message *m, struct client_outcome *outcome)
{
	struct stuffed s;
	uint64_t done = 0;

	stuffed_init(&s);
	do {
		long len = next_block(c, m, done);

		if (len == -1)
			return give_up(c, outcome, strerror(errno));
		done += (uint64_t)len;
		if (send_block(
			c, &s, slice_make(c->block, (size_t)len), done == m->length, outcome) == -1)
			return -1;
	} while (done < m->length);
	return 0;
}
