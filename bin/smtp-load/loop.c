/* SPDX-License-Identifier: ISC */
#include <sys/epoll.h>

#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "base/die.h"
#include "session.h"

#define EVENTS_MAX 256
#define SWEEP_US 20000
#define PACE_US 500 /* with a rate: how exact it is */

int64_t
load_now(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* True while there is something that S has to do. */
static bool
wants_turn(const struct session *s, int64_t now)
{
	const struct load *l = s->load;

	if (s->state != SESSION_CLOSED && s->state != SESSION_READY)
		return false;
	if (s->state == SESSION_CLOSED && l->begun >= l->settings.messages)
		return false;
	return s->due_us <= now;
}

/* What is due without an event. False if all is over. */
static bool
sweep(struct load *l, int64_t now)
{
	bool is_busy = l->begun < l->settings.messages;

	for (uint64_t i = 0; i < l->settings.sessions; i++) {
		struct session *s = &l->sessions[i];

		if (wants_turn(s, now))
			session_turn(s, false);
		else if (s->state == SESSION_READY && l->begun >= l->settings.messages)
			session_turn(s, false);
		else if (s->fd != -1 && s->state != SESSION_READY && now > s->until_us &&
			 s->until_us > 0)
			session_lose(s, "time-out");
		is_busy = is_busy || s->fd != -1;
	}
	return is_busy;
}

static void
wait_for(struct load *l, int64_t us)
{
	struct epoll_event events[EVENTS_MAX];
	int n = epoll_wait(l->epoll, events, EVENTS_MAX, (int)((us + 999) / 1000));

	if (n == -1 && errno != EINTR)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to wait for the server");
	for (int i = 0; i < n; i++) {
		struct session *s = events[i].data.ptr;

		if (s->fd != -1)
			session_turn(s, true);
		/* the next connection at once */
		if (wants_turn(s, INT64_MAX) && s->due_us == 0)
			session_turn(s, false);
	}
}

void
loop_run(struct load *l)
{
	int64_t next = 0, now, span = l->settings.rate > 0 ? PACE_US : SWEEP_US;

	l->sessions = calloc((size_t)l->settings.sessions, sizeof *l->sessions);
	l->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (l->sessions == NULL || l->epoll == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to begin");
	l->begun_us = load_now();
	l->until_us = l->begun_us + (int64_t)l->settings.seconds * 1000000;
	for (uint64_t i = 0; i < l->settings.sessions; i++)
		session_init(&l->sessions[i], l, i);
	while ((now = load_now()) < l->until_us) {
		if (now >= next && !sweep(l, now))
			break;
		if (now >= next)
			next = now + span;
		wait_for(l, next - now);
	}
	l->ended_us = load_now();
	for (uint64_t i = 0; i < l->settings.sessions; i++)
		session_free(&l->sessions[i]);
	free(l->sessions);
}
