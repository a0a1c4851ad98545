/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "smtp/client_session.h"
#include "smtp/stuffed.h"

#define BLOCK_SIZE ((size_t)128 << 10)
#define PIECES_MAX 64

int
client_have_block(struct client_transaction *t, uint64_t done, uint64_t max)
{
	const struct client_message *m = &t->message;
	uint64_t left = m->length - done;
	size_t len = left < BLOCK_SIZE ? (size_t)left : BLOCK_SIZE;

	if (len > max)
		len = (size_t)max;
	if (t->block == NULL && (t->block = malloc(BLOCK_SIZE)) == NULL)
		return -1;
	if (t->block_at == done && t->block_len == len)
		return 0;
	t->block_len = 0;
	if (io_pread(m->fd, t->block, len, m->offset + (off_t)done) == -1)
		return -1;
	t->block_at = done;
	t->block_len = len;
	return 0;
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
client_has_8bit(struct client_transaction *t)
{
	for (uint64_t done = 0; done < t->message.length; done += t->block_len) {
		if (client_have_block(t, done, BLOCK_SIZE) == -1)
			return -1;
		if (block_has_8bit(t->block, t->block_len))
			return 1;
	}
	return 0;
}

int
client_give_up(struct client_transaction *t, const char *why)
{
	client_outcome_set(
	    &t->outcome, CLIENT_TEMPORARY, "4.3.0", "unable to send the message: %s", why);
	client_close(t->client);
	return -1;
}

bool
client_may_end(struct client_transaction *t)
{
	struct client *c = t->client;
	struct client_transaction *next = NULL;

	if (c->may_end != NULL && !c->may_end(c->argument, &next)) {
		(void)client_give_up(t, "nobody waits for it any more");
		return false;
	}
	if (next != NULL && !t->is_together)
		client_put_ahead(t, next);
	return true;
}

int
client_write_pieces(struct client_transaction *t, struct iovec *pieces, int count)
{
	struct client *c = t->client;

	if (client_write(c, pieces, count, client_until(c, CLIENT_WAIT_BLOCK)) == -1) {
		client_lost(c, t->uses_bdat ? "BDAT" : "DATA", &t->outcome);
		return -1;
	}
	str_clear(&c->output);
	return 0;
}

/* Adds the end of the message to PIECES, and what goes behind it. False if it may not be sent. */
static bool
end_message(struct client_transaction *t, struct iovec *pieces, int *count)
{
	struct client *c = t->client;

	if (!client_may_end(t))
		return false;
	pieces[(*count)++] = (struct iovec){(void *)(uintptr_t) ".\r\n", 3};
	if (c->output.len > 0)
		pieces[(*count)++] = (struct iovec){c->output.data, c->output.len};
	return true;
}

/* Sends one block, the end of the message behind it if it is the last. */
static int
send_block(struct client_transaction *t, struct stuffed *s, struct slice block, bool last)
{
	do {
		struct iovec pieces[PIECES_MAX + 2];
		int count;
		bool ends;

		block = slice_skip(block, stuffed_take(s, block, pieces, PIECES_MAX, &count));
		ends = last && block.len == 0;
		if (s->is_bad || (ends && !stuffed_is_whole(s)))
			return client_give_up(t, "it is not in wire format");
		if (ends && !end_message(t, pieces, &count))
			return -1;
		if (client_write_pieces(t, pieces, count) == -1)
			return -1;
	} while (block.len > 0);
	return 0;
}

int
client_send_data(struct client_transaction *t)
{
	struct stuffed s;
	uint64_t done = 0;

	stuffed_init(&s);
	do {
		if (client_have_block(t, done, BLOCK_SIZE) == -1)
			return client_give_up(t, strerror(errno));
		done += t->block_len;
		if (send_block(
			t, &s, slice_make(t->block, t->block_len), done == t->message.length) == -1)
			return -1;
	} while (done < t->message.length);
	t->is_sent = true;
	return 0;
}
