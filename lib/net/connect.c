/* SPDX-License-Identifier: ISC */
#include "net/connect.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>

#include "base/io.h"

#define ATTEMPTS_MAX 64 /* at once */

struct race {
	struct connect_attempt *list;
	size_t count, next; /* next: to be begun */
	const struct connect_pace *pace;
	deadline next_begin;
	struct connect_attempt *winner;
	int error;
};

static void
fail(struct race *r, struct connect_attempt *a, int error)
{
	io_close(a->fd);
	a->fd = -1;
	a->state = CONNECT_FAILED;
	a->error = r->error = error;
	r->next_begin = 0; /* the next need not wait any longer */
}

static void
win(struct race *r, struct connect_attempt *a)
{
	a->state = CONNECT_WON;
	r->winner = a;
}

static deadline
earlier(deadline a, deadline b)
{
	return a < b ? a : b;
}

static void
begin(struct race *r, struct connect_attempt *a)
{
	int on = 1;

	a->state = CONNECT_TRYING;
	a->begun = clock_monotonic_ms();
	a->until = earlier(deadline_in_ms(r->pace->each_ms), r->pace->until);
	r->next_begin = deadline_in_ms(r->pace->delay_ms);
	a->fd = socket(a->address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (a->fd == -1) {
		fail(r, a, errno);
		return;
	}
	/* slower without it, and no worse */
	(void)setsockopt(a->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	/* a port is picked by connect, which has more to choose from (ip(7)) */
	(void)setsockopt(a->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
	if (a->source != NULL &&
	    bind(a->fd, (const struct sockaddr *)a->source, a->source_len) == -1) {
		a->source_failed = true;
		fail(r, a, errno);
		return;
	}
	if (connect(a->fd, (const struct sockaddr *)&a->address, a->len) == 0)
		win(r, a);
	/* interrupted, a connection goes on by itself (connect(2)) */
	else if (errno != EINPROGRESS && errno != EINTR)
		fail(r, a, errno);
}

/* Something has happened to it. */
static void
finish(struct race *r, struct connect_attempt *a)
{
	int error = 0;
	socklen_t size = sizeof error;

	if (getsockopt(a->fd, SOL_SOCKET, SO_ERROR, &error, &size) == -1)
		error = errno;
	if (error != 0)
		fail(r, a, error);
	else
		win(r, a);
}

/* Those that are under way, for poll; when something has to be done at the latest. */
static size_t
gather(struct race *r, struct pollfd *polled, struct connect_attempt **trying, deadline *wake)
{
	size_t count = 0;

	*wake = r->next < r->count ? earlier(r->next_begin, r->pace->until) : r->pace->until;
	for (size_t i = 0; i < r->next && count < ATTEMPTS_MAX; i++) {
		struct connect_attempt *a = &r->list[i];

		/* one that has all the time there is did not fail: it is let go of in the end */
		if (a->state == CONNECT_TRYING && a->until < r->pace->until &&
		    deadline_poll_ms(a->until) == 0)
			fail(r, a, ETIMEDOUT);
		if (a->state != CONNECT_TRYING)
			continue;
		*wake = earlier(*wake, a->until);
		trying[count] = a;
		polled[count++] = (struct pollfd){.fd = a->fd, .events = POLLOUT};
	}
	return count;
}

/* Begins what is due, and waits for what is under way. False when there is nothing left to do. */
static bool
turn(struct race *r)
{
	struct pollfd polled[ATTEMPTS_MAX];
	struct connect_attempt *trying[ATTEMPTS_MAX];
	deadline wake;
	size_t count = gather(r, polled, trying, &wake);

	if (r->next < r->count && (count == 0 || deadline_poll_ms(r->next_begin) == 0)) {
		begin(r, &r->list[r->next++]);
		return true;
	}
	if (count == 0)
		return false;
	if (poll(polled, (nfds_t)count, deadline_poll_ms(wake)) == -1 && errno != EINTR) {
		r->error = errno;
		return false;
	}
	for (size_t i = 0; i < count && r->winner == NULL; i++)
		if (polled[i].revents != 0)
			finish(r, trying[i]);
	return true;
}

int
connect_race(
    struct connect_attempt *list, size_t count, const struct connect_pace *pace, size_t *winner)
{
	struct race r = {.list = list,
	    .count = count < ATTEMPTS_MAX ? count : ATTEMPTS_MAX,
	    .pace = pace,
	    .error = ETIMEDOUT};

	for (size_t i = 0; i < count; i++) {
		list[i].state = CONNECT_WAITING;
		list[i].fd = -1;
		list[i].source_failed = false;
	}
	while (r.winner == NULL && deadline_poll_ms(pace->until) != 0 && turn(&r))
		;
	for (size_t i = 0; i < r.next; i++)
		if (list[i].state == CONNECT_TRYING) {
			io_close(list[i].fd);
			list[i].fd = -1;
		}
	if (r.winner == NULL) {
		errno = r.error;
		return -1;
	}
	*winner = (size_t)(r.winner - list);
	return r.winner->fd;
}

int
connect_to(const struct sockaddr_storage *address, socklen_t len, deadline until)
{
	struct connect_attempt one = {.address = *address, .len = len};
	struct connect_pace pace = {.each_ms = INT32_MAX, .until = until};
	size_t winner;

	return connect_race(&one, 1, &pace, &winner);
}
