/* SPDX-License-Identifier: ISC */
#include "net/dns_many.h"

#include <sys/time.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "net/dns_sheet.h"

/* So that answers, which come in bursts, do not fill the socket's buffer: what was just sent. */
#define FRESH_MAX 160
#define SLOT_MS 250
#define FLYING_MAX 4096 /* with those that are waited for in vain */
#define WAIT_MAX_MS 1000

void
line_init(struct line *l)
{
	l->first = NULL;
	l->end = &l->first;
}

void
line_add(struct line *l, struct flight *f)
{
	f->in_line = NULL;
	*l->end = f;
	l->end = &f->in_line;
}

struct flight *
line_take(struct line *l)
{
	struct flight *f = l->first;

	if (f == NULL)
		return NULL;
	l->first = f->in_line;
	if (l->first == NULL)
		l->end = &l->first;
	return f;
}

struct dns_many *
dns_many_open(struct dns *d)
{
	struct dns_many *m = calloc(1, sizeof *m);

	if (m == NULL)
		return NULL;
	m->dns = d;
	m->channels[0] = d->channel.ares;
	m->last_ready = &m->first_ready;
	line_init(&m->waiting);
	line_init(&m->landed);
	return m;
}

static void
free_line(struct line *l)
{
	struct flight *f;

	while ((f = line_take(l)) != NULL)
		flight_end(f);
}

void
dns_many_close(struct dns_many *m)
{
	if (m == NULL)
		return;
	/* what flies lands, as cancelled */
	for (size_t i = 0; i < CHANNELS_MAX; i++)
		if (m->channels[i] != NULL)
			ares_cancel(m->channels[i]);
	for (size_t i = 1; i < CHANNELS_MAX; i++)
		if (m->channels[i] != NULL)
			ares_destroy(m->channels[i]);
	free_line(&m->waiting);
	free_line(&m->landed);
	free(m);
}

static void
forget_slots(struct dns_many *m)
{
	int64_t slot = clock_monotonic_ms() / SLOT_MS;

	if (slot == m->slot)
		return;
	m->fresh[slot & 1] = 0;
	if (slot != m->slot + 1)
		m->fresh[m->slot & 1] = 0;
	m->slot = slot;
}

/* c-ares is in the middle of something: only note it. */
static void
land(struct query *q)
{
	struct flight *f = q->context;
	struct dns_many *m = f->many;
	int64_t slot = f->sent_at / SLOT_MS;

	m->flying--;
	if (slot + 1 >= m->slot && m->fresh[slot & 1] > 0)
		m->fresh[slot & 1]--;
	line_add(&m->landed, f);
}

static void
send_one(struct dns_many *m, struct flight *f, size_t channel)
{
	f->query.then = land;
	f->query.context = f;
	f->sent_at = clock_monotonic_ms();
	forget_slots(m);
	m->fresh[m->slot & 1]++;
	m->flying++;
	query_ask(m->channels[channel], &f->query);
}

static bool
has_channel(struct dns_many *m, size_t channel)
{
	if (channel >= CHANNELS_MAX)
		return false;
	return m->channels[channel] != NULL ||
	       dns_channel_rest(&m->dns->channel, channel - 1, &m->channels[channel]);
}

/*
 * As query_run does: what is of no use is asked of the next server, after the same ones without
 * EDNS where that was not known; an alias at the end of an answer is asked on for. True if it flies
 * again.
 */
static bool
goes_on(struct dns_many *m, struct flight *f)
{
	struct query *q = &f->query;

	if (f->sheet == NULL && f->followers == NULL)
		return false;
	if (q->is_useless) {
		f->skipped += f->skipped == 0 && !q->knows_no_edns ? 2 : 1;
		if (!has_channel(m, f->skipped))
			return false;
		send_one(m, f, f->skipped);
		return true;
	}
	if (!q->is_unended || f->rounds++ + 1 >= ANSWER_ALIASES_MAX)
		return false;
	f->skipped = 0;
	send_one(m, f, 0);
	return true;
}

static void
settle_landed(struct dns_many *m)
{
	struct flight *f;

	while ((f = line_take(&m->landed)) != NULL) {
		if (goes_on(m, f))
			continue;
		query_remember(m->dns, &f->query);
		flight_end(f);
	}
}

static void
send_waiting(struct dns_many *m)
{
	forget_slots(m);
	while (m->waiting.first != NULL && m->fresh[0] + m->fresh[1] < FRESH_MAX &&
	       m->flying < FLYING_MAX) {
		struct flight *f = line_take(&m->waiting);

		if (f->sheet == NULL || query_recall(m->dns, &f->query))
			dns_sheet_settle(f);
		else if (!flight_follow(m, f))
			send_one(m, f, 0);
	}
	settle_landed(m); /* what could not even be sent */
}

static void
expire(struct dns_many *m)
{
	int64_t now = clock_monotonic_ms();

	for (struct dns_sheet *s = m->oldest; s != NULL && s->until <= now; s = s->newer)
		if (!s->is_over) {
			s->is_over = true;
			dns_sheet_make_ready(s);
		}
}

static int
sooner(int ms, int64_t other)
{
	return other < ms ? (int)(other < 0 ? 0 : other) : ms;
}

static int
wait_ms(const struct dns_many *m, deadline until)
{
	int ms = WAIT_MAX_MS, own = deadline_poll_ms(until);

	if (m->first_ready != NULL)
		return 0;
	if (own >= 0)
		ms = sooner(ms, own);
	for (const struct dns_sheet *s = m->oldest; s != NULL; s = s->newer)
		if (!s->is_over) {
			ms = sooner(ms, s->until - clock_monotonic_ms());
			break;
		}
	if (m->waiting.first != NULL && m->flying < FLYING_MAX)
		ms = sooner(ms, SLOT_MS / 4);
	for (size_t i = 0; i < CHANNELS_MAX; i++) {
		struct timeval when, *next = NULL;

		if (m->channels[i] != NULL)
			next = ares_timeout(m->channels[i], NULL, &when);
		if (next != NULL)
			ms =
			    sooner(ms, (int64_t)next->tv_sec * 1000 + (next->tv_usec + 999) / 1000);
	}
	return ms;
}

struct polled {
	struct pollfd list[CHANNELS_MAX * ARES_GETSOCK_MAXNUM + DNS_MANY_OTHERS];
	ares_channel of[CHANNELS_MAX * ARES_GETSOCK_MAXNUM];
	size_t count;
};

static void
add_sockets(struct polled *p, ares_channel channel)
{
	ares_socket_t sockets[ARES_GETSOCK_MAXNUM];
	/* unsigned: the macros of c-ares would shift into the sign */
	unsigned wanted = (unsigned)ares_getsock(channel, sockets, ARES_GETSOCK_MAXNUM);

	for (int i = 0; i < ARES_GETSOCK_MAXNUM; i++) {
		short events = 0;

		if ((wanted >> i & 1) != 0)
			events |= POLLIN;
		if ((wanted >> (i + ARES_GETSOCK_MAXNUM) & 1) != 0)
			events |= POLLOUT;
		if (events == 0)
			continue;
		p->of[p->count] = channel;
		p->list[p->count++] = (struct pollfd){.fd = sockets[i], .events = events};
	}
}

static void
process(const struct polled *p, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		bool in = (p->list[i].revents & (POLLIN | POLLERR | POLLHUP)) != 0;
		bool out = (p->list[i].revents & POLLOUT) != 0;

		if (in || out)
			ares_process_fd(p->of[i], in ? p->list[i].fd : ARES_SOCKET_BAD,
			    out ? p->list[i].fd : ARES_SOCKET_BAD);
	}
}

int
dns_many_turn(struct dns_many *m, struct pollfd *others, size_t count, deadline until)
{
	struct polled p = {.count = 0};
	size_t own;
	int ready;

	send_waiting(m);
	for (size_t i = 0; i < CHANNELS_MAX; i++)
		if (m->channels[i] != NULL)
			add_sockets(&p, m->channels[i]);
	own = p.count;
	for (size_t i = 0; i < count && i < DNS_MANY_OTHERS; i++)
		p.list[p.count++] = others[i];
	ready = poll(p.list, p.count, wait_ms(m, until));
	if (ready == -1 && errno != EINTR)
		return -1;
	if (ready > 0)
		process(&p, own);
	/* those that were asked and did not answer */
	for (size_t i = 0; i < CHANNELS_MAX; i++)
		if (m->channels[i] != NULL && (ready <= 0 || i > 0))
			ares_process_fd(m->channels[i], ARES_SOCKET_BAD, ARES_SOCKET_BAD);
	for (size_t i = 0; i < count && i < DNS_MANY_OTHERS; i++)
		others[i].revents = ready > 0 ? p.list[own + i].revents : 0;
	settle_landed(m);
	expire(m);
	return 0;
}
