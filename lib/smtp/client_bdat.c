/* SPDX-License-Identifier: ISC */
/*
 * The message by BDAT (RFC 3030): one chunk, the last. Nothing in it ends it, so that it need not
 * be looked at; the kernel copies a large one from the file to the socket, where no layer lies
 * between.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/io.h"
#include "mail/wire.h"
#include "smtp/client_session.h"

/*
 * With its MAIL and RCPT this fits the window that a TCP connection begins with: it costs no round
 * trip, and is not much lost where no recipient is accepted.
 */
#define TOGETHER_MAX ((uint64_t)12 << 10)
#define BLOCK_SIZE ((uint64_t)128 << 10)
#define TAIL_SIZE ((uint64_t)16 << 10) /* sent with what comes behind the message */
#define LINE_MAX_OCTETS 40

/* In LMTP BDAT has no reply where no recipient was accepted (RFC 2033, 4.3), so it must wait. */
bool
client_fits_together(const struct client_transaction *t)
{
	return t->message.length <= TOGETHER_MAX && !t->client->is_lmtp;
}

static struct iovec
bdat_line(const struct client_transaction *t, char *line)
{
	int len = snprintf(
	    line, LINE_MAX_OCTETS, "BDAT %llu LAST\r\n", (unsigned long long)t->message.length);

	return (struct iovec){line, (size_t)len};
}

/* What passes through our hands is looked at all the same: the next server may use DATA. */
static bool
is_wire(struct wire_check *check, const struct client_transaction *t, uint64_t done)
{
	return wire_check_piece(check, slice_make(t->block, t->block_len)) &&
	       (done < t->message.length || wire_check_end(check));
}

/* The block at DONE, perhaps the last. */
static int
have_wire(struct client_transaction *t, struct wire_check *check, uint64_t done, uint64_t max)
{
	if (client_have_block(t, done, max) == -1)
		return client_give_up(t, strerror(errno));
	if (check != NULL && !is_wire(check, t, done + t->block_len))
		return client_give_up(t, "it is not in wire format");
	return 0;
}

int
client_send_together(struct client_transaction *t)
{
	struct client *c = t->client;
	struct wire_check check = {.is_binary = t->declares_binary};
	struct iovec pieces[3];
	char line[LINE_MAX_OCTETS];

	if (client_check_order(c, "MAIL", &t->outcome) == -1 ||
	    have_wire(t, &check, 0, BLOCK_SIZE) == -1 || !client_may_end(t))
		return -1;
	pieces[0] = (struct iovec){c->output.data, c->output.len};
	pieces[1] = bdat_line(t, line);
	pieces[2] = (struct iovec){t->block, t->block_len};
	if (client_write_pieces(t, pieces, 3) == -1)
		return -1;
	t->is_sent = true;
	return 0;
}

/* Up to END, by the kernel alone. 1 if it does not do that for this file. */
static int
send_file(struct client_transaction *t, uint64_t end)
{
	const struct client_message *m = &t->message;
	struct client *c = t->client;

	for (uint64_t done = 0; done < end;) {
		uint64_t left = end - done;
		int result = io_send_file(c->fd, m->fd, m->offset + (off_t)done,
		    (size_t)(left < BLOCK_SIZE ? left : BLOCK_SIZE),
		    client_until(c, CLIENT_WAIT_BLOCK));

		if (result == -1 && errno == EINVAL && done == 0)
			return 1;
		if (result == -1 && errno == EIO)
			return client_give_up(t, strerror(errno));
		if (result == -1) {
			client_lost(c, "BDAT", &t->outcome);
			return -1;
		}
		done += left < BLOCK_SIZE ? left : BLOCK_SIZE;
	}
	return 0;
}

static int
send_blocks(struct client_transaction *t, struct wire_check *check, uint64_t end)
{
	for (uint64_t done = 0; done < end; done += t->block_len) {
		struct iovec piece;

		if (have_wire(t, check, done, end - done) == -1)
			return -1;
		piece = (struct iovec){t->block, t->block_len};
		if (client_write_pieces(t, &piece, 1) == -1)
			return -1;
	}
	return 0;
}

/* All but the tail. *CHECK is null then if the kernel did it. */
static int
send_head(struct client_transaction *t, struct wire_check **check, uint64_t end)
{
	char line[LINE_MAX_OCTETS];
	struct iovec piece = bdat_line(t, line);
	int result = 1;

	if (client_write_pieces(t, &piece, 1) == -1)
		return -1;
	if (t->client->layer == NULL)
		result = send_file(t, end);
	if (result == 0)
		*check = NULL;
	return result == 1 ? send_blocks(t, *check, end) : result;
}

/* The rest from AT on, and what goes behind it. */
static int
send_tail(struct client_transaction *t, struct wire_check *check, uint64_t at)
{
	struct client *c = t->client;
	struct iovec pieces[3];
	char line[LINE_MAX_OCTETS];
	int count = 0;

	if (have_wire(t, check, at, BLOCK_SIZE) == -1 || !client_may_end(t))
		return -1;
	if (at == 0)
		pieces[count++] = bdat_line(t, line);
	pieces[count++] = (struct iovec){t->block, t->block_len};
	if (c->output.len > 0)
		pieces[count++] = (struct iovec){c->output.data, c->output.len};
	if (client_write_pieces(t, pieces, count) == -1)
		return -1;
	t->is_sent = true;
	return 0;
}

int
client_send_bdat(struct client_transaction *t)
{
	struct wire_check wire = {.is_binary = t->declares_binary}, *check = &wire;
	uint64_t head = t->message.length > BLOCK_SIZE ? t->message.length - TAIL_SIZE : 0;

	if (client_check_order(t->client, "BDAT", &t->outcome) == -1)
		return -1;
	if (head > 0 && send_head(t, &check, head) == -1)
		return -1;
	return send_tail(t, check, head);
}
