/* SPDX-License-Identifier: ISC */
#include "control.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fields.h"
#include "base/io.h"
#include "base/log.h"
#include "base/packet.h"
#include "complain.h"
#include "conf/control.h"
#include "folders.h"
#include "mail/address.h"
#include "spool/ask.h"

#define DEFAULT_USER "satchel-smtpd"
#define REQUEST_MS 5000	    /* for who has connected to ask */
#define CONNECTION_MS 60000 /* for who was told that there is something to hand over */
#define LOOK_MS 300000	    /* for us to look */
#define AGAIN_MS 30000	    /* domains that were asked for are not looked for again before */

static void
add_user(struct control_socket *c, const char *name)
{
	const struct passwd *entry = getpwnam(name);

	if (entry != NULL && c->user_count < CONTROL_USERS)
		c->users[c->user_count++] = entry->pw_uid;
}

/* The file askers, a user a line. */
static void
read_users(struct control_socket *c)
{
	struct control control;
	struct slice rest, line;
	struct str text, name;
	int found = -1;

	str_init(&text, CONTROL_FILE_MAX);
	str_init(&name, 256);
	if (control_open(&control) == 0) {
		found = control_read(&control, "askers", &text);
		control_close(&control);
	}
	rest = str_slice(&text);
	while (found == 1 && control_next_line(&rest, &line)) {
		str_clear(&name);
		if (str_add_slice(&name, line) == 0)
			add_user(c, name.data);
	}
	if (found == 0)
		add_user(c, DEFAULT_USER);
	str_free(&text);
	str_free(&name);
}

static int
bind_in(const struct qrun *q, int fd)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct str path;
	int result;

	str_init(&path, sizeof address.sun_path - 1);
	result = str_format(&path, "%s/run/qrun/socket", q->spool.path);
	if (result == 0)
		memcpy(address.sun_path, path.data, path.len + 1);
	str_free(&path);
	if (result == -1 || (unlink(address.sun_path) == -1 && errno != ENOENT) ||
	    bind(fd, (struct sockaddr *)&address, sizeof address) == -1)
		return -1;
	/* everybody may connect, and the kernel says who it is */
	return chmod(address.sun_path, 0666) == -1 ? -1 : listen(fd, CONTROL_ASKERS);
}

/*
 * run/ is the spool's owner's, and so the folder is made where it is missing. The lock on it tells
 * a socket that another qrun -w listens on from one that was left behind.
 */
static int
lock_folder(const struct qrun *q)
{
	int fd;

	if (folders_make_run(q) == -1)
		return -1;
	fd = openat(q->spool.fd, "run/qrun/lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd == -1 || claim_lock(fd, false) == 0)
		return fd;
	io_close(fd);
	return -1;
}

void
control_open_socket(struct control_socket *c, struct qrun *q)
{
	int fd;

	*c = (struct control_socket){.listener = -1, .lock = lock_folder(q)};
	for (size_t i = 0; i < CONTROL_ASKERS; i++)
		c->askers[i].fd = -1;
	if (c->lock == -1 && errno == EAGAIN)
		return; /* another qrun -w is asked */
	read_users(c);
	fd = c->lock == -1 ? -1 : socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd != -1 && bind_in(q, fd) == 0) {
		c->listener = fd;
		return;
	}
	complain("nobody can ask for mail, as %s/run/qrun/socket is not to be had: %s",
	    q->spool.path, strerror(errno));
	io_close(fd);
}

static void
let_go(struct asker *a)
{
	if (a->fetch != NULL)
		fetch_drop(a->fetch);
	io_close(a->fd);
	*a = (struct asker){.fd = -1};
}

void
control_close_socket(struct control_socket *c, const struct qrun *q)
{
	if (c->listener != -1 && unlinkat(q->spool.fd, "run/qrun/socket", 0) == -1)
		errno = 0; /* who connects to it in vain says so */
	for (size_t i = 0; c->listener != -1 && i < CONTROL_ASKERS; i++)
		let_go(&c->askers[i]);
	for (size_t i = 0; i < CONTROL_RECENT; i++)
		free(c->recent[i].domains);
	io_close(c->listener);
	io_close(c->lock);
	c->listener = c->lock = -1;
}

static void
answer(struct asker *a, enum ask_letter letter, const char *text)
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
	answer(a, ASK_FOUND, digits);
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
		answer(a, ASK_BEGUN, "");
		let_go(a);
		return;
	}
	if (!is_full)
		a->fetch = fetch_begin(q, is_turn, who, str_slice(domains));
	if (a->fetch == NULL) {
		answer(a, ASK_BUSY, "too much is asked for now");
		let_go(a);
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

	if (fields_next(&packet, '\0', &first) != FIELDS_ONE ||
	    (first.letter != ASK_TRY && first.letter != ASK_TURN) || first.value.len > 255)
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
	let_go(a);
	return true;
}

static void
hear(struct control_socket *c, struct qrun *q, struct asker *a)
{
	char packet[ASK_PACKET_MAX];
	bool good = false;
	int fd;
	ssize_t n = packet_receive(a->fd, packet, sizeof packet, &fd, deadline_in_ms(0));

	if (n == -1 && errno == ETIMEDOUT)
		return;
	if (n > 0 && a->fetch == NULL)
		good = fd == -1 && take_request(c, q, a, slice_make(packet, (size_t)n));
	else if (n > 0)
		good = take_connection(q, a, slice_make(packet, (size_t)n), fd);
	io_close(fd);
	if (!good)
		let_go(a);
}

static bool
may_ask(const struct control_socket *c, int fd)
{
	struct ucred peer;
	socklen_t len = sizeof peer;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == -1)
		return false;
	for (size_t i = 0; i < c->user_count; i++)
		if (c->users[i] == peer.uid)
			return true;
	return peer.uid == 0 || peer.uid == geteuid();
}

static void
accept_one(struct control_socket *c)
{
	int fd = accept4(c->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	for (size_t i = 0; fd != -1 && may_ask(c, fd) && i < CONTROL_ASKERS; i++)
		if (c->askers[i].fd == -1) {
			c->askers[i] =
			    (struct asker){.fd = fd, .until_ms = clock_monotonic_ms() + REQUEST_MS};
			return;
		}
	io_close(fd);
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
		let_go(a);
	} else if (now >= a->until_ms)
		let_go(a);
}

size_t
control_poll(const struct control_socket *c, struct pollfd *fds)
{
	fds[0] = (struct pollfd){.fd = c->listener, .events = POLLIN};
	for (size_t i = 0; i < CONTROL_ASKERS; i++)
		fds[i + 1] = (struct pollfd){
		    .fd = c->listener == -1 ? -1 : c->askers[i].fd, .events = POLLIN};
	return CONTROL_FDS;
}

void
control_answer(struct control_socket *c)
{
	int64_t now = clock_monotonic_ms();

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
	if (fds[0].revents != 0)
		accept_one(c);
}
