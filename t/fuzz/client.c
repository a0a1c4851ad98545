/* SPDX-License-Identifier: ISC */
/*
 * t/fuzz/run SECONDS client: what a server says to a client that sends it two messages. The first
 * octet chooses how; behind that, a 0x1e stands where the server waits for the client to speak.
 * options: -dict=t/fuzz/client.dict
 */
#include "smtp/client.h"

#include <sys/mman.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "fuzz.h"

#define TURN '\x1e'
#define PEOPLE 4
#define LARGE ((size_t)140 << 10)

enum choice {
	LMTP = 1,
	SINGLY = 2,
	LARGE_ONE = 4,
	BINARY = 8,
	UTF8 = 16,
	OVERLAP = 32,
	CONVERT_NOT = 64,
	AUTHENTICATED = 128,
};

/* The server's side of a connection. */
struct script {
	struct layer layer;
	struct slice rest;
	size_t written, reads;
};

static ssize_t
script_read(struct layer *layer, void *buf, size_t len, deadline until)
{
	struct script *s = (struct script *)layer;
	size_t turn = slice_find(s->rest, TURN);

	(void)until;
	must(++s->reads < 100000);
	if (s->rest.len == 0)
		return 0;
	if (turn == 0) { /* it waits, and so do we */
		errno = ETIMEDOUT;
		return -1;
	}
	if (len > turn)
		len = turn;
	memcpy(buf, s->rest.data, len);
	s->rest = slice_skip(s->rest, len);
	return (ssize_t)len;
}

static int
script_write(struct layer *layer, struct iovec *pieces, int count, deadline until)
{
	struct script *s = (struct script *)layer;

	(void)until;
	for (int i = 0; i < count; i++)
		s->written += pieces[i].iov_len;
	if (s->rest.len > 0 && s->rest.data[0] == TURN)
		s->rest = slice_skip(s->rest, 1);
	return 0;
}

static int
script_wait(struct layer *layer, deadline until)
{
	struct script *s = (struct script *)layer;

	(void)until;
	if (s->rest.len == 0 || s->rest.data[0] != TURN)
		return 0;
	errno = ETIMEDOUT;
	return -1;
}

static void
script_close(struct layer *layer)
{
	(void)layer;
}

/* One message and who it is for. */
struct letter {
	struct client_transaction transaction;
	struct client_outcome outcomes[PEOPLE];
	struct client_recipient recipients[PEOPLE];
};

static struct letter letters[2];
static int small = -1, large = -1;

static int
make_message(size_t len)
{
	static char text[LARGE];
	int fd = memfd_create("message", MFD_CLOEXEC);

	memset(text, 'x', len);
	for (size_t i = 0; i + 1 < len; i += 64)
		memcpy(text + i, "\r\n", 2);
	memcpy(text + len - 2, "\r\n", 2);
	must(fd != -1 && write(fd, text, len) == (ssize_t)len);
	return fd;
}

static void
set_up(struct letter *l, unsigned choice)
{
	static const char *const names[PEOPLE] = {
	    "a@one.test", "b@two.test", "c@one.test", "d d@x"};
	bool is_large = (choice & LARGE_ONE) != 0;

	client_transaction_init(&l->transaction);
	for (size_t i = 0; i < PEOPLE; i++) {
		client_outcome_init(&l->outcomes[i]);
		l->recipients[i] = (struct client_recipient){.address = slice_of(names[i]),
		    .notify = slice_of("NEVER"),
		    .original = slice_of("rfc822;a"),
		    .outcome = &l->outcomes[i]};
	}
	l->transaction.message = (struct client_message){.reverse_path = slice_of("me@example.org"),
	    .body = slice_of((choice & BINARY) != 0 ? "BINARYMIME" : ""),
	    .is_utf8 = (choice & UTF8) != 0,
	    .submitter = slice_of("me@example.org"),
	    .fd = is_large ? large : small,
	    .length = is_large ? LARGE : 130};
	l->transaction.recipients = l->recipients;
	l->transaction.count = PEOPLE;
}

static void
check(struct client *c, struct letter *l)
{
	size_t unset = 0;

	for (size_t i = 0; i < PEOPLE; i++) {
		const struct client_outcome *o = &l->outcomes[i];
		static const char classes[] = {'2', '4', '5'};

		unset += !o->is_set;
		must(!o->is_set || o->code[0] == classes[o->status]);
		must(o->reply.len <= CLIENT_REPLY_MAX);
		must(!o->is_set || o->status != CLIENT_OK || c->messages > 0);
		must(!o->is_unknown || o->status == CLIENT_TEMPORARY);
	}
	must(unset == l->transaction.left);
	must(l->outcomes[3].is_set ? l->outcomes[3].status != CLIENT_OK : unset > 0);
	must(client_is_open(c) || c->ahead == NULL);
}

static bool
may_end(void *argument, struct client_transaction **next)
{
	if (argument != NULL)
		*next = &letters[1].transaction;
	return true;
}

static void
send_both(struct client *c)
{
	for (size_t i = 0; i < 2 && client_is_open(c); i++) {
		if (i == 1)
			c->may_end = NULL;
		if (client_is_full(c) && c->ahead != &letters[i].transaction)
			break;
		client_send(c, &letters[i].transaction);
		check(c, &letters[i]);
	}
}

static void
tear_down(struct letter *l)
{
	client_transaction_free(&l->transaction);
	for (size_t i = 0; i < PEOPLE; i++)
		client_outcome_free(&l->outcomes[i]);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct script script = {.layer = {script_read, script_write, script_wait, script_close}};
	struct client c;
	struct client_outcome outcome;
	unsigned choice;

	if (small == -1) {
		small = make_message(130);
		large = make_message(LARGE);
	}
	if (size < 2)
		return 0;
	choice = data[0];
	script.rest = slice_make((const char *)data + 1, size - 1);
	must(client_init(&c) == 0);
	client_outcome_init(&outcome);
	set_up(&letters[0], choice);
	set_up(&letters[1], choice);
	c.is_lmtp = (choice & LMTP) != 0;
	c.no_pipelining = (choice & SINGLY) != 0;
	c.no_conversion = (choice & CONVERT_NOT) != 0;
	c.may_end = may_end;
	c.argument = (choice & OVERLAP) != 0 ? &c : NULL;
	if (client_open_secure(&c, open("/dev/null", O_RDWR | O_CLOEXEC), &script.layer,
		slice_of("here.test"), &outcome) == CLIENT_OK) {
		c.is_authenticated = (choice & AUTHENTICATED) != 0;
		send_both(&c);
	} else
		must(outcome.is_set && outcome.status != CLIENT_OK && !client_is_open(&c));
	client_quit(&c);
	client_free(&c);
	client_outcome_free(&outcome);
	tear_down(&letters[0]);
	tear_down(&letters[1]);
	return 0;
}
