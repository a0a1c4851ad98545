/* SPDX-License-Identifier: ISC */
#include "control.h"

#include <sys/socket.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fields.h"
#include "base/hurry.h"
#include "base/io.h"
#include "base/log.h"
#include "base/packet.h"
#include "mail/address.h"
#include "spool/ask.h"

#define REQUEST_MS 5000	    /* for who has connected to ask */
#define CONNECTION_MS 60000 /* for who was told that there is something to hand over */
#define LOOK_MS 300000	    /* for us to look */
#define AGAIN_MS 30000	    /* domains that were asked for are not looked for again before */

void
control_let_go(struct asker *a)
{
	if (a->fetch != NULL)
		fetch_drop(a->fetch);
	if (a->own != NULL)
		own_kill(a->own);
	hurry_close(a->fd); /* what its peer sent and nobody has read goes with it */
	*a = (struct asker){.fd = -1};
}

void
control_close_socket(struct control_socket *c, const struct qrun *q)
{
	if (c->listener != -1 && unlinkat(q->spool.fd, "run/qrun/socket", 0) == -1)
		errno = 0; /* who connects to it in vain says so */
	for (size_t i = 0; c->listener != -1 && i < CONTROL_ASKERS; i++)
		control_let_go(&c->askers[i]);
	for (size_t i = 0; i < CONTROL_RECENT; i++)
		free(c->recent[i].domains);
	io_close(c->listener);
	io_close(c->lock);
	c->listener = c->lock = -1;
}

void
control_answer_one(struct asker *a, enum ask_letter letter, const char *text)
{
	struct str packet;

	str_init(&packet, 512);
	/* who does not take one small packet does not wait for it */
	if (fields_add(&packet, (char)letter, slice_of(text), '\0') == 0 &&
	    packet_send(a->fd, str_slice(&packet), -1, deadline_in_ms(0)) == -1)
		errno = 0;
	str_free(&packet);
}

static void
answer_found(struct asker *a)
{
	char digits[32];

	snprintf(digits, sizeof digits, "%llu", (unsigned long long)a->fetch->found);
	control_answer_one(a, ASK_FOUND, digits);
}

/* True if LIST was asked for a moment ago; else notes it. */
static bool
was_recent(struct control_socket *c, const char *list, bool *is_full)
{
	int64_t now = clock_monotonic_ms();
	struct recent *place = NULL;

	for (size_t i = 0; i < CONTROL_RECENT; i++) {
		struct recent *r = &c->recent[i];

		if (r->domains != NULL && now - r->when >= AGAIN_MS) {
			free(r->domains);
			r->domains = NULL;
		}
		if (r->domains == NULL)
			place = r;
		else if (strcmp(r->domains, list) == 0)
			return true;
	}
	*is_full = place == NULL;
	if (place != NULL) {
		place->domains = strdup(list);
		place->when = now;
	}
	return false;
}

static void
log_request(bool is_turn, struct slice who, struct slice domains)
{
	struct event e;

	event_start(&e, PROGRAM, is_turn ? "turn" : "asked");
	event_slice(&e, "by", who);
	event_slice(&e, "domains", domains);
	event_send(&e);
}

static void
begin(struct control_socket *c, struct qrun *q, struct asker *a, bool is_turn, struct slice who,
    const struct str *domains)
{
	bool is_full = false;

	if (!is_turn && was_recent(c, domains->data, &is_full)) {
		control_answer_one(a, ASK_BEGUN, "");
		control_let_go(a);
		return;
	}
	if (!is_full)
		a->fetch = fetch_begin(q, is_turn, who, str_slice(domains));
	if (a->fetch == NULL) {
		control_answer_one(a, ASK_BUSY, "too much is asked for now");
		control_let_go(a);
		return;
	}
	log_request(is_turn, who, str_slice(domains));
	a->until_ms = clock_monotonic_ms() + LOOK_MS;
}

/* "example.org" or "@example.org", in lower case, so that one domain is asked for in one way. */
static bool
add_domain(struct str *list, struct slice domain)
{
	struct slice name = slice_skip(domain, slice_starts(domain, "@") ? 1 : 0);
	size_t before;

	if (!address_is_domain(name, ADDRESS_UTF8) && !address_is_literal(name))
		return false;
	if (list->len > 0 && str_add_char(list, ',') == -1)
		return false;
	before = list->len;
	if (str_add_slice(list, domain) == -1)
		return false;
	for (size_t i = before; i < list->len; i++)
		list->data[i] = ascii_lower(list->data[i]);
	return true;
}

static bool
take_request(struct control_socket *c, struct qrun *q, struct asker *a, struct slice packet)
{
	struct field first, field;
	struct str domains;
	bool good;

	if (fields_next(&packet, '\0', &first) != FIELDS_ONE)
		return false;
	if (first.letter == ASK_MINE)
		return packet.len == 0 && control_ask_own(a, first.value);
	if (a->is_guest || (first.letter != ASK_TRY && first.letter != ASK_TURN) ||
	    first.value.len > 255)
		return false;
	str_init(&domains, ASK_PACKET_MAX);
	do
		good = fields_next(&packet, '\0', &field) == FIELDS_ONE &&
		       field.letter == ASK_DOMAIN && add_domain(&domains, field.value);
	while (good && packet.len > 0);
	if (good)
		begin(c, q, a, first.letter == ASK_TURN, first.value, &domains);
	str_free(&domains);
	return good;
}

/* The second packet of a turn. FD is closed by the caller. */
static bool
take_connection(struct qrun *q, struct asker *a, struct slice packet, int fd)
{
	struct fetch *f = a->fetch;

	if (!f->is_suspended || fd == -1 || packet.len < 2 || packet.data[0] != ASK_CONNECTION)
		return false;
	if (fetch_take_connection(q, f, fd) == -1)
		return false;
	control_let_go(a);
	return true;
}

/* A guest has no descriptor to give: closing one could wait for a file system of his own. */
static ssize_t
receive(const struct asker *a, char packet[ASK_PACKET_MAX], int *fd)
{
	struct hurry hurry;
	ssize_t n;

	*fd = -1;
	hurry_prepare(&hurry);
	hurry_at(deadline_in_ms(0));
	n = packet_receive(
	    a->fd, packet, ASK_PACKET_MAX, a->is_guest ? NULL : fd, deadline_in_ms(0));
	hurry_end(&hurry);
	return n;
}

static void
hear(struct control_socket *c, struct qrun *q, struct asker *a)
{
	char packet[ASK_PACKET_MAX];
	bool good = false;
	int fd;
	ssize_t n = receive(a, packet, &fd);

	if (n == -1 && errno == ETIMEDOUT)
		return;
	if (n > 0 && (a->own != NULL || a->waits_for != NULL))
		good = false; /* nothing more is to be said */
	else if (n > 0 && a->fetch == NULL)
		good = fd == -1 && take_request(c, q, a, slice_make(packet, (size_t)n));
	else if (n > 0)
		good = take_connection(q, a, slice_make(packet, (size_t)n), fd);
	io_close(fd);
	if (!good)
		control_let_go(a);
}

/* Who it is, and what he may. False if nobody knows. */
static bool
identify(const struct control_socket *c, struct asker *a)
{
	struct ucred peer;
	socklen_t len = sizeof peer;

	if (getsockopt(a->fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == -1)
		return false;
	a->uid = peer.uid;
	for (size_t i = 0; i < c->user_count; i++)
		a->is_server = a->is_server || c->users[i] == peer.uid;
	if (peer.uid == 0 || peer.uid == geteuid())
		a->is_server = false;
	else
		a->is_guest = !a->is_server;
	return true;
}

/* Guests are few at a time, and each alone: they keep no server from asking. */
static bool
has_room(const struct control_socket *c, const struct asker *guest)
{
	size_t guests = 0;

	for (size_t i = 0; i < CONTROL_ASKERS; i++) {
		const struct asker *a = &c->askers[i];

		if (a->fd == -1 || !a->is_guest)
			continue;
		if (a->uid == guest->uid)
			return false;
		guests++;
	}
	return guests < CONTROL_GUESTS;
}

static void
accept_one(struct control_socket *c)
{
	struct asker a = {.fd = accept4(c->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)};

	a.until_ms = clock_monotonic_ms() + REQUEST_MS;
	if (a.fd == -1 || !identify(c, &a)) {
		hurry_close(a.fd);
		return;
	}
	if (a.is_guest && !has_room(c, &a))
		control_answer_one(&a, ASK_BUSY, "you, or too many others, are asking already");
	else
		for (size_t i = 0; i < CONTROL_ASKERS; i++)
			if (c->askers[i].fd == -1) {
				c->askers[i] = a;
				return;
			}
	hurry_close(a.fd);
}

/* What its fetch has come to. */
static void
see_to(struct asker *a, int64_t now)
{
	struct fetch *f = a->fetch;

	if (f != NULL && f->is_suspended && f->is_looking) {
		f->is_looking = false;
		answer_found(a);
		a->until_ms = now + CONNECTION_MS;
	} else if (f != NULL && f->is_over) {
		answer_found(a);
		control_let_go(a);
	} else if (now >= a->until_ms)
		control_let_go(a);
}

size_t
control_poll(const struct control_socket *c, struct pollfd *fds)
{
	fds[0] = (struct pollfd){.fd = c->listener, .events = POLLIN};
	for (size_t i = 0; i < CONTROL_ASKERS; i++)
		fds[i + 1] = (struct pollfd){
		    .fd = c->listener == -1 ? -1 : c->askers[i].fd, .events = POLLIN};
	for (size_t i = 0; i < OWN_MAX; i++)
		fds[CONTROL_ASKERS + 1 + i] = (struct pollfd){
		    .fd = c->listener == -1 ? -1 : c->own[i].pid_fd, .events = POLLIN};
	return CONTROL_FDS;
}

int64_t
control_until(const struct control_socket *c)
{
	int64_t until = control_own_until(c);

	for (size_t i = 0; c->listener != -1 && i < CONTROL_ASKERS; i++)
		if (c->askers[i].fd != -1 && c->askers[i].until_ms < until)
			until = c->askers[i].until_ms;
	return until;
}

void
control_answer(struct control_socket *c)
{
	int64_t now = clock_monotonic_ms();

	control_see_to_own(c, now);
	for (size_t i = 0; c->listener != -1 && i < CONTROL_ASKERS; i++)
		if (c->askers[i].fd != -1)
			see_to(&c->askers[i], now);
}

void
control_run(struct control_socket *c, struct qrun *q, const struct pollfd *fds)
{
	if (c->listener == -1)
		return;
	for (size_t i = 0; i < CONTROL_ASKERS; i++)
		if (c->askers[i].fd != -1 && fds[i + 1].revents != 0)
			hear(c, q, &c->askers[i]);
	for (size_t i = 0; i < OWN_MAX; i++)
		if (fds[CONTROL_ASKERS + 1 + i].revents != 0)
			control_see_to_own(c, clock_monotonic_ms());
	if (fds[0].revents != 0)
		accept_one(c);
}
