/* SPDX-License-Identifier: ISC */
#include "net/query.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/random.h"
#include "base/siphash.h"
#include "net/dns_sheet.h"

#define PACKET_LIMIT ((size_t)65535)
#define LABEL_MAX 63
#define NAME_MAX_OCTETS 253
/* octets and the second one of flags; RFC 1035, 4.1.1; RFC 4035, 3.2.3 */
#define HEADER 12
#define BIT_AD 0x20
#define RCODE 0x0f
#define RCODE_NO_ERROR 0
#define RCODE_FORMAT 1
#define RCODE_NO_NAME 3

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
	*q = (struct query){
	    .type = type, .result = DNS_TEMPORARY, .is_secure = true, .ttl = UINT32_MAX};
	if (name.len > 0 && name.data[name.len - 1] == '.')
		name.len--;
	snprintf(q->asked, sizeof q->asked, "%.*s", (int)name.len, name.data);
	memcpy(q->name, q->asked, sizeof q->name);
	str_init(&q->packet, PACKET_LIMIT);
}

void
query_free(struct query *q)
{
	str_free(&q->packet);
}

/*
 * A packet with CNAMEs alone is "no data" at the end of the aliases, if somebody says so, or a loop
 * of them; else it leaves it to us to ask on.
 */
static enum dns_result
judge_answer(struct query *q)
{
	struct slice packet = str_slice(&q->packet);
	struct answer a;
	struct answer_record record;
	char name[ANSWER_NAME_MAX];
	int more = -1;

	memcpy(name, q->name, sizeof name);
	if ((q->type == ANSWER_CNAME || answer_follow(packet, q->name, &q->ttl) == 0) &&
	    answer_start(&a, packet))
		more = query_next(q, &a, &record);
	q->is_useless = more == -1 || answer_is_referral(packet);
	if (q->is_useless)
		memcpy(q->name, name, sizeof name);
	q->is_unended = more == 0 && !q->is_useless && strcasecmp(name, q->name) != 0 &&
			!answer_has_soa(packet);
	return q->is_useless || q->is_unended ? DNS_TEMPORARY : more == 1 ? DNS_FOUND : DNS_NO_DATA;
}

static void
take_answer(struct query *q, int status, const unsigned char *packet, int len)
{
	str_clear(&q->packet);
	if (status != ARES_SUCCESS || packet == NULL || len < HEADER ||
	    str_add(&q->packet, packet, (size_t)len) == -1)
		return;
	switch (packet[3] & RCODE) {
	case RCODE_NO_ERROR:
		q->result = judge_answer(q);
		break;
	case RCODE_NO_NAME:
		q->result = DNS_NO_NAME;
		break;
	case RCODE_FORMAT:
		q->is_useless = !q->knows_no_edns;
		q->knows_no_edns = true;
		break;
	default:
		break; /* it could not, or would not: c-ares has asked the others */
	}
	if (!q->is_useless) /* what is thrown away says nothing of what comes in its place */
		q->is_secure = q->is_secure && (packet[3] & BIT_AD) != 0;
}

static void
finish(struct query *q)
{
	q->done = true;
	if (q->then != NULL)
		q->then(q);
}

static void
answered(void *arg, int status, int timeouts, unsigned char *packet, int len)
{
	(void)timeouts;
	take_answer(arg, status, packet, len);
	finish(arg);
}

/* AD asks for the word of a resolver that validates (RFC 6840, 5.7). */
void
query_ask(ares_channel channel, struct query *q)
{
	unsigned char *packet = NULL;
	unsigned short id;
	int len = 0;

	q->done = q->is_useless = q->is_unended = false;
	q->result = DNS_TEMPORARY;
	random_bytes(&id, sizeof id);
	if (ares_create_query(q->name, ANSWER_CLASS_IN, (int)q->type, id, 1, &packet, &len,
		q->knows_no_edns ? 0 : DNS_UDP_PAYLOAD) == ARES_SUCCESS &&
	    len >= HEADER) {
		packet[3] |= BIT_AD;
		ares_send(channel, packet, len, answered, q);
	} else
		finish(q);
	ares_free_string(packet);
}

static bool
all_done(const struct query *queries, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!queries[i].done)
			return false;
	return true;
}

static void
wait_for_all(ares_channel channel, const struct query *queries, size_t count, deadline until)
{
	while (!all_done(queries, count))
		if (deadline_poll_ms(until) == 0 || dns_channel_turn(channel, until) == -1)
			ares_cancel(channel); /* answers all that wait, as cancelled */
}

/* Those for which the server gave an answer of no use, to the next one, until there is none. */
static void
ask_others(struct dns *d, struct query *queries, size_t count, deadline until)
{
	for (size_t skipped = 0; deadline_poll_ms(until) != 0; skipped++) {
		ares_channel rest;
		size_t left = 0;

		for (size_t i = 0; i < count; i++)
			left += queries[i].is_useless;
		if (left == 0 || !dns_channel_rest(&d->channel, skipped, &rest))
			return;
		for (size_t i = 0; i < count; i++)
			if (queries[i].is_useless && (skipped > 0 || queries[i].knows_no_edns))
				query_ask(rest, &queries[i]);
		wait_for_all(rest, queries, count, until);
		ares_destroy(rest);
	}
}

void
query_remember(struct dns *d, const struct query *q)
{
	struct dns_cached entry = {
	    .type = q->type, .result = q->result, .is_secure = q->is_secure, .packet = q->packet};
	uint32_t ttl = answer_lifetime(str_slice(&q->packet));

	if (q->result == DNS_TEMPORARY)
		return;
	memcpy(entry.asked, q->asked, sizeof entry.asked);
	memcpy(entry.name, q->name, sizeof entry.name);
	dns_cache_keep(&d->cache, &entry, ttl < q->ttl ? ttl : q->ttl);
}

bool
query_recall(struct dns *d, struct query *q)
{
	uint32_t left = 0;
	const struct dns_cached *known = dns_cache_find(&d->cache, q->asked, q->type, &left);

	if (known == NULL || str_add_slice(&q->packet, str_slice(&known->packet)) == -1)
		return false;
	memcpy(q->name, known->name, sizeof q->name);
	q->result = known->result;
	q->is_secure = known->is_secure;
	q->ttl = left;
	q->done = q->is_known = true;
	return true;
}

void
query_run(struct dns *d, struct query *queries, size_t count, deadline until)
{
	bool is_left = true;

	if (d->sheet != NULL) {
		dns_sheet_answer(d->sheet, queries, count);
		return;
	}
	if (dns_channel_refresh(&d->channel)) {
		dns_cache_clear(&d->cache);
		dns_trust(d, d->trust); /* the servers are others */
	}
	for (size_t i = 0; i < count; i++)
		(void)query_recall(d, &queries[i]);
	/* each round but the first is for aliases that end in one */
	for (int round = 0; is_left && round < ANSWER_ALIASES_MAX; round++) {
		for (size_t i = 0; i < count; i++)
			if (!queries[i].is_known && (round == 0 || queries[i].is_unended))
				query_ask(d->channel.ares, &queries[i]);
		wait_for_all(d->channel.ares, queries, count, until);
		ask_others(d, queries, count, until);
		is_left = false;
		for (size_t i = 0; i < count; i++)
			is_left = is_left || queries[i].is_unended;
	}
	for (size_t i = 0; i < count; i++)
		if (!queries[i].is_known)
			query_remember(d, &queries[i]);
}

bool
query_is_secure(const struct dns *d, const struct query *q)
{
	return d->is_trusted && q->is_secure && q->result != DNS_TEMPORARY;
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

uint32_t
query_chance(const struct dns *d, const struct query *q, uint32_t *drawn, uint32_t bound)
{
	unsigned char key[SIPHASH_KEY_OCTETS] = {0};
	char text[ANSWER_NAME_MAX + 32];
	int len;

	if (!d->is_seeded)
		return random_below(bound);
	memcpy(key, &d->seed, sizeof d->seed);
	len = snprintf(text, sizeof text, "%u %u %s", (unsigned)q->type, (*drawn)++, q->asked);
	for (int i = 0; i < len; i++)
		text[i] = ascii_lower(text[i]);
	return (uint32_t)(siphash(key, slice_make(text, (size_t)len)) % bound);
}
