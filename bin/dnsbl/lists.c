/* SPDX-License-Identifier: ISC */
/* What is asked, and what the answers come to. */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "base/escape.h"
#include "base/log.h"
#include "dnsbl.h"
#include "net/dns.h"

#define SCORE_MAX 1000

static bool
parse_score(const char *text, int *score)
{
	bool is_negative = *text == '-';
	uint64_t value;

	if (!slice_number(slice_of(text + is_negative), SCORE_MAX, &value))
		return false;
	*score = is_negative ? -(int)value : (int)value;
	return true;
}

bool
lists_add(struct dnsbl *d, char *text, bool is_allowed)
{
	struct dns_list *list = &d->lists[d->count];
	struct weight *weight = &d->weights[d->count];
	char *codes, *score;

	if (d->count == LISTS_MAX)
		return false;
	*weight = (struct weight){.is_allowed = is_allowed, .score = 1};
	score = is_allowed ? NULL : strchr(text, '*');
	if (score != NULL) {
		*score = '\0';
		if (!parse_score(score + 1, &weight->score))
			return false;
	}
	codes = strchr(text, '=');
	dns_codes_all(&list->codes);
	if (codes != NULL) {
		*codes = '\0';
		if (!dns_codes_parse(&list->codes, slice_of(codes + 1)))
			return false;
	}
	list->zone = text;
	if (!dns_list_is_zone(slice_of(text)))
		return false;
	d->count++;
	return true;
}

/* A list that does not answer, or not as a list does. */
static void
log_failure(const struct dnsbl *d, const struct dns_list *l)
{
	struct event e;

	event_start(&e, PROGRAM, "list");
	event_text(&e, "client", d->client.address);
	event_text(&e, "zone", l->zone);
	if (l->result == DNS_LIST_BROKEN)
		event_text(&e, "code", l->code);
	event_text(&e, "status", l->result == DNS_LIST_BROKEN ? "broken" : "failed");
	event_send(&e);
}

/* What the answers come to. */
struct sum {
	int score;
	int missing;	  /* what lists that did not answer could add */
	bool is_allowed;  /* by a list */
	bool is_doubtful; /* one of those did not answer */
	const struct dns_list *worst;
	int worst_score;
	struct str hits; /* zone=code, with commas between */
};

static void
add_hit(struct sum *s, const struct dns_list *l, const struct weight *w)
{
	(void)str_format(&s->hits, "%s%s=%s", s->hits.len > 0 ? "," : "", l->zone, l->code);
	s->is_allowed |= w->is_allowed;
	if (w->is_allowed)
		return;
	s->score += w->score;
	if (w->score > s->worst_score) {
		s->worst = l;
		s->worst_score = w->score;
	}
}

static void
add_up(const struct dnsbl *d, struct sum *s)
{
	for (size_t i = 0; i < d->count; i++) {
		const struct dns_list *l = &d->lists[i];
		const struct weight *w = &d->weights[i];

		if (l->result == DNS_LIST_HIT)
			add_hit(s, l, w);
		if (l->result == DNS_LIST_CLEAR || l->result == DNS_LIST_HIT)
			continue;
		log_failure(d, l);
		if (w->is_allowed)
			s->is_doubtful = true;
		else if (w->score > 0)
			s->missing += w->score;
		else
			s->is_doubtful = true;
	}
}

static enum verdict
decide(const struct dnsbl *d, const struct sum *s)
{
	if (s->is_allowed)
		return VERDICT_PASS;
	if (s->score >= d->threshold)
		return d->is_permanent && !s->is_doubtful ? VERDICT_REFUSE : VERDICT_DEFER;
	return d->fails_closed && s->score + s->missing >= d->threshold ? VERDICT_DEFER
									: VERDICT_PASS;
}

/* The list's own words, whatever octets these are, behind its name. */
static void
explain(const struct dnsbl *d, const struct sum *s, struct str *reason)
{
	if (s->score < d->threshold || s->worst == NULL) {
		(void)str_format(reason, "%s cannot be looked up now", d->client.address);
		return;
	}
	(void)str_format(reason, "%s is listed by %s", d->client.address, s->worst->zone);
	if (s->worst->text_len > 0 && str_add_text(reason, ": ") == 0)
		(void)escape_text(reason, slice_make(s->worst->text, s->worst->text_len));
}

static void
log_listed(
    const struct dnsbl *d, const struct sum *s, enum verdict verdict, const struct str *reason)
{
	static const char *const actions[] = {
	    [VERDICT_PASS] = "pass", [VERDICT_DEFER] = "defer", [VERDICT_REFUSE] = "refuse"};
	struct event e;

	event_start(&e, PROGRAM, "listed");
	event_text(&e, "client", d->client.address);
	event_number(&e, "score", s->score);
	event_slice(&e, "lists", str_slice(&s->hits));
	event_text(&e, "action", d->only_logs ? "pass" : actions[verdict]);
	if (verdict != VERDICT_PASS)
		event_slice(&e, "reason", str_slice(reason));
	event_send(&e);
}

static int
ask(struct dnsbl *d)
{
	struct dns *dns = dns_open(str_slice(&d->servers));
	int result = -1;

	if (dns != NULL)
		result = dns_lists_ask(
		    dns, d->client.address, d->lists, d->count, deadline_in_seconds(d->seconds));
	dns_close(dns);
	return result;
}

enum verdict
lists_judge(struct dnsbl *d, struct str *reason)
{
	struct sum sum = {.score = 0};
	enum verdict verdict;

	if (ask(d) == -1) {
		log_note(PROGRAM, "failed", "unable to look anything up: %s", strerror(errno));
		(void)str_format(reason, "%s cannot be looked up now", d->client.address);
		return d->fails_closed ? VERDICT_DEFER : VERDICT_PASS;
	}
	str_init(&sum.hits, TEXT_MAX);
	add_up(d, &sum);
	verdict = decide(d, &sum);
	if (verdict != VERDICT_PASS)
		explain(d, &sum, reason);
	if (sum.hits.len > 0 || verdict != VERDICT_PASS)
		log_listed(d, &sum, verdict, reason);
	str_free(&sum.hits);
	return verdict;
}
