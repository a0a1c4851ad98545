/* SPDX-License-Identifier: ISC */
#include "net/query.h"

#include <sys/time.h>

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>

#define PACKET_LIMIT ((size_t)65535)
#define LABEL_MAX 63
#define NAME_MAX_OCTETS 253

static bool
is_label_character(char c)
{
	return ascii_is_alpha(c) || ascii_is_digit(c) || c == '-' || c == '_';
}

bool
query_is_name(struct slice name)
{
	struct slice label;

	if (name.len > 0 && name.data[name.len - 1] == '.')
		name.len--;
	if (name.len == 0 || name.len > NAME_MAX_OCTETS || name.data[name.len - 1] == '.')
		return false;
	while (slice_take(&name, '.', &label)) {
		if (label.len == 0 || label.len > LABEL_MAX)
			return false;
		for (size_t i = 0; i < label.len; i++)
			if (!is_label_character(label.data[i]))
				return false;
	}
	return true;
}

bool
query_is_host(struct slice name)
{
	char text[ANSWER_NAME_MAX];
	struct in_addr address;

	if (!query_is_name(name))
		return false;
	snprintf(text, sizeof text, "%.*s", (int)name.len, name.data);
	return inet_pton(AF_INET, text, &address) != 1;
}

void
query_init(struct query *q, struct slice name, enum answer_type type)
{
	*q = (struct query){.type = type, .result = DNS_TEMPORARY, .ttl = UINT32_MAX};
	if (name.len > 0 && name.data[name.len - 1] == '.')
		name.len--;
	snprintf(q->name, sizeof q->name, "%.*s", (int)name.len, name.data);
	str_init(&q->packet, PACKET_LIMIT);
}

void
query_free(struct query *q)
{
	str_free(&q->packet);
}

/* A packet with CNAMEs alone is "no data" at the end of the aliases, or a loop of them. */
static enum dns_result
judge_answer(struct query *q)
{
	struct answer a;
	struct answer_record record;
	int more;

	if (answer_follow(str_slice(&q->packet), q->name, &q->ttl) == -1 ||
	    !answer_start(&a, str_slice(&q->packet)))
		return DNS_TEMPORARY;
	more = query_next(q, &a, &record);
	return more == 1 ? DNS_FOUND : more == 0 ? DNS_NO_DATA : DNS_TEMPORARY;
}

static void
answered(void *arg, int status, int timeouts, unsigned char *packet, int len)
{
	struct query *q = arg;

	(void)timeouts;
	q->done = true;
	if (status == ARES_ENOTFOUND)
		q->result = DNS_NO_NAME;
	if ((status != ARES_ENODATA && status != ARES_SUCCESS) || packet == NULL || len <= 0 ||
	    str_add(&q->packet, packet, (size_t)len) == -1)
		return;
	if (status == ARES_SUCCESS)
		q->result = judge_answer(q);
	else if (!answer_is_referral(str_slice(&q->packet)))
		q->result = DNS_NO_DATA;
}

/* How long to wait at most: until c-ares wants to act, or the caller's deadline. */
static int
wait_ms(struct dns *d, deadline until)
{
	struct timeval when;
	struct timeval *next = ares_timeout(d->channel, NULL, &when);
	int64_t ms = deadline_poll_ms(until);

	if (next != NULL) {
		int64_t wanted = (int64_t)next->tv_sec * 1000 + (next->tv_usec + 999) / 1000;

		if (ms < 0 || wanted < ms)
			ms = wanted;
	}
	return (int)ms;
}

/* Waits for the sockets of c-ares once and lets it work. 0, or -1 if poll fails. */
static int
turn(struct dns *d, deadline until)
{
	ares_socket_t sockets[ARES_GETSOCK_MAXNUM];
	struct pollfd polled[ARES_GETSOCK_MAXNUM];
	/* unsigned: the macros of c-ares would shift into the sign */
	unsigned wanted = (unsigned)ares_getsock(d->channel, sockets, ARES_GETSOCK_MAXNUM);
	nfds_t count = 0;
	int ready;

	for (int i = 0; i < ARES_GETSOCK_MAXNUM; i++) {
		short events = 0;

		if ((wanted >> i & 1) != 0)
			events |= POLLIN;
		if ((wanted >> (i + ARES_GETSOCK_MAXNUM) & 1) != 0)
			events |= POLLOUT;
		if (events != 0)
			polled[count++] = (struct pollfd){.fd = sockets[i], .events = events};
	}
	ready = poll(polled, count, wait_ms(d, until));
	if (ready == -1 && errno != EINTR)
		return -1;
	if (ready <= 0)
		ares_process_fd(d->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
	for (nfds_t i = 0; ready > 0 && i < count; i++) {
		bool in = (polled[i].revents & (POLLIN | POLLERR | POLLHUP)) != 0;
		bool out = (polled[i].revents & POLLOUT) != 0;

		if (in || out)
			ares_process_fd(d->channel, in ? polled[i].fd : ARES_SOCKET_BAD,
			    out ? polled[i].fd : ARES_SOCKET_BAD);
	}
	return 0;
}

static bool
all_done(const struct query *queries, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!queries[i].done)
			return false;
	return true;
}

void
query_run(struct dns *d, struct query *queries, size_t count, deadline until)
{
	for (size_t i = 0; i < count; i++)
		ares_query(d->channel, queries[i].name, ANSWER_CLASS_IN, (int)queries[i].type,
		    answered, &queries[i]);
	while (!all_done(queries, count))
		if (deadline_poll_ms(until) == 0 || turn(d, until) == -1)
			ares_cancel(d->channel); /* answers all that wait, as cancelled */
}

int
query_next(const struct query *q, struct answer *a, struct answer_record *record)
{
	int more;

	a->authority = 0; /* what stands there answers nothing */
	while (a->answers > 0 && (more = answer_next(a, record)) != 0) {
		if (more == -1)
			return -1;
		if (record->type == (unsigned)q->type &&
		    slice_is_nocase(slice_of(record->name), q->name))
			return 1;
	}
	return 0;
}
