/* SPDX-License-Identifier: ISC */
/*
 * Which of the servers of one preference gets connected to: all their addresses are raced (RFC
 * 8305). A server counts from the moment that it takes the connection; what comes after that, the
 * greeting too, is waited for, as many let it be waited for on purpose.
 */
#include <errno.h>
#include <string.h>

#include "explain.h"
#include "net/endpoint.h"
#include "send.h"

/* What is raced. */
struct field {
	struct connect_attempt list[HOPS_MAX];
	size_t count;
	struct source_pair sources;
	unsigned barred; /* addresses that sendfrom leaves out */
};

static void
add(struct field *f, const struct hop *hop, size_t index)
{
	const struct source *source = source_for(&f->sources, &hop->address);
	struct connect_attempt *one = &f->list[f->count];

	if (hop->is_done)
		return;
	if (source->is_barred) {
		f->barred++;
		return;
	}
	*one = (struct connect_attempt){.address = hop->address, .len = hop->len, .index = index};
	if (source->is_set && hop->address.ss_family == source->address.ss_family) {
		one->source = &source->address;
		one->source_len = source->len;
	}
	f->count++;
}

static void
gather(struct sender *s, const struct hops *h, struct field *f)
{
	f->count = f->barred = 0;
	sources_find(&s->sources, h->to.domain, &f->sources);
	for (size_t i = 0; i < h->count; i++)
		add(f, &h->list[i], i);
	reach_sort(&s->reach, f->list, f->count);
}

static void
say_source_failed(struct client_outcome *outcome, const struct connect_attempt *one)
{
	struct str text;

	str_init(&text, 64);
	(void)endpoint_add_text(&text, one->source);
	client_outcome_set(outcome, CLIENT_TEMPORARY, "4.3.5",
	    "unable to connect from %s, as sendfrom says: %s", text.data, strerror(one->error));
	str_free(&text);
}

/* Notes who could not be reached, and why; they are not tried again. */
static void
note_failures(struct sender *s, struct attempt *a, struct hops *h, const struct field *f)
{
	struct client_outcome outcome;
	bool away = false;

	client_outcome_init(&outcome);
	for (size_t i = 0; i < f->count; i++) {
		const struct connect_attempt *one = &f->list[i];
		struct hop *hop = &h->list[one->index];

		if (one->state != CONNECT_FAILED)
			continue;
		away = hop->is_done = true;
		connection_name(s, hop);
		if (one->source_failed)
			say_source_failed(&outcome, one);
		else
			client_outcome_set(&outcome, CLIENT_TEMPORARY, "4.4.1",
			    "unable to connect: %s", strerror(one->error));
		attempt_note_failure(a, &outcome, str_slice(&s->relay));
	}
	client_outcome_free(&outcome);
	if (away && s->is_away != NULL)
		s->is_away(s->client.argument);
}

static void
note_barred(struct attempt *a, const struct hops *h)
{
	struct client_outcome outcome;

	client_outcome_init(&outcome);
	client_outcome_set(&outcome, CLIENT_TEMPORARY, "4.4.4",
	    "sendfrom leaves out all addresses there are for %.*s", (int)h->to.domain.len,
	    h->to.domain.data);
	attempt_note_failure(a, &outcome, slice_of(""));
	client_outcome_free(&outcome);
}

/* What this host calls itself to who is reached from SOURCE. */
static void
set_hello(struct sender *s, const struct source *source)
{
	struct slice name = source->name.len > 0 ? source->name : str_slice(&s->helo);

	str_clear(&s->hello);
	(void)str_add_slice(&s->hello, name); /* it fits: both are names of that size at most */
	s->source = *source;
}

struct hop *
race_run(struct sender *s, struct attempt *a, struct hops *h, unsigned *addresses, int *fd)
{
	struct connect_pace pace = {.delay_ms = (int64_t)s->limits.smtp_connect_delay,
	    .each_ms = (int64_t)s->limits.smtp_connect_timeout * 1000,
	    .until = a->until};
	int64_t start = clock_monotonic_ms();
	struct field f;
	struct hop *hop;
	size_t winner;

	explain_begin(a, "connect");
	gather(s, h, &f);
	if (f.count == 0 && f.barred > 0)
		note_barred(a, h);
	if (f.count > *addresses)
		f.count = *addresses;
	if (f.count == 0)
		return NULL;
	*fd = connect_race(f.list, f.count, &pace, &winner);
	reach_learn(&s->reach, f.list, f.count);
	note_failures(s, a, h, &f);
	for (size_t i = 0; i < f.count; i++)
		*addresses -= f.list[i].state == CONNECT_FAILED || f.list[i].state == CONNECT_WON;
	if (*fd == -1)
		return NULL;
	a->connect_ms = clock_monotonic_ms() - start;
	hop = &h->list[f.list[winner].index];
	hop->is_done = true;
	set_hello(s, source_for(&f.sources, &hop->address));
	explain_race(s, a, h, hop, *fd);
	return hop;
}

bool
race_is_from_same(const struct sender *s, const struct hops *h)
{
	struct source_pair pair;
	const struct source *wanted;

	sources_find(&s->sources, h->to.domain, &pair);
	wanted = source_for(&pair, &s->connected.address);
	return !wanted->is_barred && wanted->is_set == s->source.is_set &&
	       slice_equal_nocase(wanted->name, s->source.name) &&
	       (!wanted->is_set || memcmp(&wanted->address, &s->source.address, wanted->len) == 0);
}
