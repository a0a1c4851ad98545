/* SPDX-License-Identifier: ISC */
/* The whole as one JSON object on one line, with the keys of maillog(1). */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "show.h"

#define TEXT_MAX 4096
#define VERSION 1

static json_t *
seconds(uint64_t ms)
{
	return json_real((double)ms / 1000);
}

static json_t *
number(uint64_t n)
{
	return json_integer((json_int_t)n);
}

static json_t *
times(const struct histogram *h)
{
	return json_pack("{s:o, s:o, s:o, s:o}", "p50", seconds(histogram_percentile(h, 50)), "p90",
	    seconds(histogram_percentile(h, 90)), "p99", seconds(histogram_percentile(h, 99)),
	    "max", seconds(h->largest));
}

/* The object of one name; null for all others. */
static json_t *
entry(const struct top_entry *e, const char *name, enum dimension by, struct str *text)
{
	json_t *shown = name == NULL ? json_null() : json_string(show_name(text, name));
	uint64_t count = top_count(e);

	if (by == BY_REASON)
		return json_pack("{s:o, s:o, s:o, s:o}", "name", shown, "sent",
		    number(e->counts[SENT]), "deferred", number(e->counts[DEFERRED]), "failed",
		    number(e->counts[FAILED]));
	if (by < DELIVERY_DIMENSIONS && by != BY_TLS)
		return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "name", shown, "sent",
		    number(e->counts[SENT]), "deferred", number(e->counts[DEFERRED]), "failed",
		    number(e->counts[FAILED]), "mean",
		    seconds(count == 0 ? 0 : e->delay_ms / count), "max", seconds(e->longest_ms));
	return json_pack("{s:o, s:o}", "name", shown, "count", number(count));
}

static json_t *
names(const struct summary *s, enum dimension by, size_t top)
{
	const struct top *t = &s->tops[by];
	struct top_entry **list, rest = t->other;
	size_t count = top_sort(t, &list), shown = top == 0 || top > count ? count : top;
	json_t *array = json_array();
	struct str text;

	str_init(&text, TEXT_MAX);
	for (size_t i = 0; array != NULL && i < shown; i++)
		json_array_append_new(array, entry(list[i], list[i]->name, by, &text));
	for (size_t i = shown; i < count; i++) {
		for (int k = 0; k < TOP_STATUSES; k++)
			rest.counts[k] += list[i]->counts[k];
		rest.delay_ms += list[i]->delay_ms;
		rest.longest_ms =
		    list[i]->longest_ms > rest.longest_ms ? list[i]->longest_ms : rest.longest_ms;
	}
	if (array != NULL && top_count(&rest) > 0)
		json_array_append_new(array, entry(&rest, NULL, by, &text));
	str_free(&text);
	free(list);
	return array;
}

static json_t *
hours(const struct summary *s)
{
	json_t *array = json_array();

	for (size_t i = 0; array != NULL && i < s->hours.count; i++) {
		const struct hour *h = s->hours.list[i];

		json_array_append_new(
		    array, json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "begins",
			       json_integer((json_int_t)h->begins), "sent", number(h->counts[SENT]),
			       "deferred", number(h->counts[DEFERRED]), "failed",
			       number(h->counts[FAILED]), "p50",
			       seconds(histogram_percentile(&h->delay, 50)), "p90",
			       seconds(histogram_percentile(&h->delay, 90))));
	}
	return array;
}

static json_t *
lines(const struct summary *s)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "all", number(s->lines), "other",
	    number(s->others), "undated", number(s->undated), "other_times", number(s->out_of_time),
	    "garbled", number(s->garbled), "too_long", number(s->too_long));
}

static json_t *
deliveries(const struct summary *s, size_t top)
{
	json_t *o = json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "sent",
	    number(s->deliveries[SENT]), "deferred", number(s->deliveries[DEFERRED]), "failed",
	    number(s->deliveries[FAILED]), "not_tried", number(s->skipped), "messages",
	    number(distinct_count(&s->ids)), "removed", number(s->removed), "bounced",
	    number(s->bounces), "expired", number(s->expired));

	if (o == NULL)
		return NULL;
	for (int i = 0; i < SPAN_COUNT; i++)
		json_object_set_new(o, span_words[i], times(&s->spans[i]));
	json_object_set_new(o, "domains", names(s, BY_DOMAIN, top));
	json_object_set_new(o, "relays", names(s, BY_RELAY, top));
	json_object_set_new(o, "senders", names(s, BY_SENDER, top));
	json_object_set_new(o, "reasons", names(s, BY_REASON, top));
	json_object_set_new(o, "tls", names(s, BY_TLS, top));
	json_object_set_new(o, "hours", hours(s));
	return o;
}

static json_t *
smtpd(const struct summary *s, size_t top)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "messages",
	    number(s->accepted), "octets", number(s->octets), "recipients", number(s->rcpts), "tls",
	    number(s->accepted_tls), "sessions", number(s->smtp_sessions), "refused",
	    number(s->refused), "refusals", names(s, BY_REFUSAL, top), "clients",
	    names(s, BY_CLIENT, top));
}

static json_t *
logins(const struct summary *s, size_t top)
{
	return json_pack("{s:o, s:o, s:o}", "accepted", number(s->logins), "failed",
	    number(s->logins_failed), "clients", names(s, BY_LOGIN_CLIENT, top));
}

static json_t *
pop3d(const struct summary *s)
{
	return json_pack("{s:o, s:o, s:o}", "sessions", number(s->pop_sessions), "retrieved",
	    number(s->retrieved), "octets", number(s->pop_octets));
}

int
show_json(const struct summary *s, size_t top)
{
	json_t *o = json_pack("{s:i, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "v", VERSION,
	    "first", s->has_time ? json_integer((json_int_t)s->first) : json_null(), "last",
	    s->has_time ? json_integer((json_int_t)s->last) : json_null(), "lines", lines(s),
	    "deliveries", deliveries(s, top), "smtpd", smtpd(s, top), "logins", logins(s, top),
	    "pop3d", pop3d(s), "problems", names(s, BY_PROBLEM, top));
	int result = o == NULL ? -1 : json_dumpf(o, stdout, JSON_COMPACT | JSON_REAL_PRECISION(12));

	json_decref(o);
	if (result == 0)
		putchar('\n');
	return result;
}
