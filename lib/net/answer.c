/* SPDX-License-Identifier: ISC */
#include "net/answer.h"

#include <ares.h>
#include <stdio.h>
#include <string.h>

#define HEADER 12	/* octets; RFC 1035, 4.1.1 */
#define RECORD_FIXED 10 /* type, class, TTL, length; 4.1.3 */

static unsigned
get16(const char *at)
{
	return (unsigned)(unsigned char)at[0] << 8 | (unsigned char)at[1];
}

static const unsigned char *
bytes(const char *at)
{
	return (const unsigned char *)at;
}

/* Expands the name at *at into OUT and moves *at behind it. A name too long gets OUT[0] = '.'. */
static int
expand(struct slice packet, size_t *at, char *out)
{
	char *name;
	long used;

	if (*at >= packet.len || ares_expand_name(bytes(packet.data) + *at, bytes(packet.data),
				     (int)packet.len, &name, &used) != ARES_SUCCESS)
		return -1;
	*at += (size_t)used;
	if (snprintf(out, ANSWER_NAME_MAX, "%s", name) >= ANSWER_NAME_MAX) {
		out[0] = '.'; /* equals no name and is no valid one */
		out[1] = '\0';
	}
	ares_free_string(name);
	return 0;
}

bool
answer_start(struct answer *a, struct slice packet)
{
	size_t questions;
	char name[ANSWER_NAME_MAX];

	*a = (struct answer){.packet = packet, .at = HEADER};
	if (packet.len < HEADER || packet.len > 65535)
		return false;
	questions = get16(packet.data + 4);
	for (; questions > 0; questions--) {
		if (expand(packet, &a->at, name) == -1 || packet.len - a->at < 4)
			return false;
		a->at += 4;
	}
	a->answers = get16(packet.data + 6);
	a->authority = get16(packet.data + 8);
	return true;
}

static int
next_any(struct answer *a, struct answer_record *record, unsigned *class)
{
	const char *fixed;
	size_t len;

	if (expand(a->packet, &a->at, record->name) == -1 || a->packet.len - a->at < RECORD_FIXED)
		return -1;
	fixed = a->packet.data + a->at;
	len = get16(fixed + 8);
	if (a->packet.len - a->at - RECORD_FIXED < len)
		return -1;
	record->type = get16(fixed);
	*class = get16(fixed + 2);
	record->ttl = (uint32_t)get16(fixed + 4) << 16 | get16(fixed + 6);
	if (record->ttl > INT32_MAX)
		record->ttl = 0; /* RFC 2181, 8 */
	record->data = slice_make(fixed + RECORD_FIXED, len);
	a->at += RECORD_FIXED + len;
	return 0;
}

int
answer_next(struct answer *a, struct answer_record *record)
{
	unsigned class = 0;

	while (a->answers + a->authority > 0) {
		if (next_any(a, record, &class) == -1)
			return -1;
		if (a->answers > 0)
			a->answers--;
		else
			a->authority--;
		if (class == ANSWER_CLASS_IN)
			return 1;
	}
	return 0;
}

int
answer_name(struct slice packet, const struct answer_record *record, size_t offset, char *out)
{
	size_t at = (size_t)(record->data.data - packet.data) + offset;

	return offset >= record->data.len ? -1 : expand(packet, &at, out);
}

/* 1 if NAME is an alias, which NAME is then replaced with the target of; 0 if not; -1 malformed. */
static int
follow_once(struct slice packet, char *name, uint32_t *ttl)
{
	struct answer a;
	struct answer_record record;
	int more;

	if (!answer_start(&a, packet))
		return -1;
	a.authority = 0;
	while ((more = answer_next(&a, &record)) == 1) {
		if (record.type != ANSWER_CNAME || !slice_is_nocase(slice_of(record.name), name))
			continue;
		if (answer_name(packet, &record, 0, name) == -1)
			return -1;
		if (record.ttl < *ttl)
			*ttl = record.ttl;
		return 1;
	}
	return more;
}

int
answer_follow(struct slice packet, char *name, uint32_t *ttl)
{
	for (int i = 0; i <= ANSWER_ALIASES_MAX; i++) {
		int followed = follow_once(packet, name, ttl);

		if (followed != 1)
			return followed;
	}
	return -1;
}

bool
answer_is_referral(struct slice packet)
{
	struct answer a;
	struct answer_record record;
	bool other_servers = false;

	if (!answer_start(&a, packet) || a.answers > 0 || (packet.data[2] & 0x04) != 0)
		return false; /* an authoritative answer refers to nobody */
	while (answer_next(&a, &record) == 1) {
		if (record.type == ANSWER_SOA)
			return false;
		if (record.type == ANSWER_NS)
			other_servers = true;
	}
	return other_servers;
}

bool
answer_has_soa(struct slice packet)
{
	struct answer a;
	struct answer_record record;

	if (!answer_start(&a, packet))
		return false;
	while (answer_next(&a, &record) == 1)
		if (record.type == ANSWER_SOA)
			return true;
	return false;
}

/* The least of an SOA's TTL and its last field, MINIMUM (RFC 2308, 4). */
static uint32_t
negative_ttl(const struct answer_record *soa)
{
	const char *minimum = soa->data.data + soa->data.len - 4;
	uint32_t value;

	if (soa->data.len < 4)
		return 0;
	value = (uint32_t)get16(minimum) << 16 | get16(minimum + 2);
	return value < soa->ttl ? value : soa->ttl;
}

uint32_t
answer_lifetime(struct slice packet)
{
	struct answer a;
	struct answer_record record;
	uint32_t ttl = UINT32_MAX;

	if (!answer_start(&a, packet))
		return 0;
	while (a.answers + a.authority > 0) {
		bool is_answer = a.answers > 0;
		uint32_t its = UINT32_MAX;
		int more = answer_next(&a, &record);

		if (more == -1)
			return 0;
		if (more == 1 && record.type == ANSWER_SOA)
			its = negative_ttl(&record);
		else if (more == 1 && is_answer)
			its = record.ttl;
		if (its < ttl)
			ttl = its;
	}
	return ttl == UINT32_MAX ? 0 : ttl;
}
