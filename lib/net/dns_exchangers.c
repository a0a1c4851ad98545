/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "net/dns.h"
#include "net/query.h"

static int
add_exchanger(struct dns_exchangers *found, const char *name, unsigned preference, uint32_t ttl)
{
	struct dns_exchanger *list, *one;

	list = realloc(found->list, (found->count + 1) * sizeof *list);
	if (list == NULL)
		return -1;
	found->list = list;
	one = &list[found->count++];
	*one = (struct dns_exchanger){.preference = (uint16_t)preference, .ttl = ttl};
	snprintf(one->name, sizeof one->name, "%s", name);
	return 0;
}

static void
drop(struct dns_exchangers *found, const char *name)
{
	if (found->dropped++ == 0)
		snprintf(found->first_dropped, sizeof found->first_dropped, "%s",
		    *name == '\0' ? "." : name);
}

static unsigned
preference_of(const struct answer_record *record)
{
	const unsigned char *data = (const unsigned char *)record->data.data;

	return (unsigned)data[0] << 8 | data[1];
}

/* All MX records, those with an unusable name left out. *roots counts the names ".". */
static enum dns_result
take_exchangers(const struct query *q, struct dns_exchangers *found, size_t *roots)
{
	struct answer a;
	struct answer_record record;
	struct slice packet = str_slice(&q->packet);
	char name[ANSWER_NAME_MAX];
	int more;

	if (!answer_start(&a, packet))
		return DNS_TEMPORARY;
	while ((more = query_next(q, &a, &record)) == 1) {
		uint32_t ttl = record.ttl < q->ttl ? record.ttl : q->ttl;

		if (answer_name(packet, &record, 2, name) == -1)
			return DNS_TEMPORARY;
		if (name[0] == '\0')
			++*roots;
		if (!query_is_host(slice_of(name)))
			drop(found, name);
		else if (add_exchanger(found, name, preference_of(&record), ttl) == -1)
			return DNS_TEMPORARY;
	}
	return more == 0 ? DNS_FOUND : DNS_TEMPORARY;
}

static int
by_preference(const void *a, const void *b)
{
	const struct dns_exchanger *one = a, *other = b;

	return (one->preference > other->preference) - (one->preference < other->preference);
}

static int
by_name(const void *a, const void *b)
{
	const struct dns_exchanger *one = a, *other = b;

	return strcasecmp(one->name, other->name);
}

/* By preference, and random among equals (RFC 5321, 5.1). */
static void
put_in_order(const struct dns *d, const struct query *q, struct dns_exchangers *found)
{
	uint32_t drawn = 0;

	if (d->is_seeded && found->count > 1)
		qsort(found->list, found->count, sizeof *found->list, by_name);
	for (size_t count = found->count; count > 1; count--) {
		size_t other = query_chance(d, q, &drawn, (uint32_t)count);
		struct dns_exchanger kept = found->list[count - 1];

		found->list[count - 1] = found->list[other];
		found->list[other] = kept;
	}
	/* glibc's qsort merges (is stable); were it not, order among equals is arbitrary anyway */
	if (found->count > 1)
		qsort(found->list, found->count, sizeof *found->list, by_preference);
}

/* No MX: the domain itself, if it has an address (RFC 5321, 5.1). */
static enum dns_result
implicit_exchanger(
    struct dns *d, const struct query *q, deadline until, struct dns_exchangers *found)
{
	struct dns_addresses addresses;
	enum dns_result result = dns_addresses(d, slice_of(q->name), until, &addresses);

	if (result == DNS_FOUND) {
		found->implicit = true;
		if (add_exchanger(found, q->name, 0, addresses.list[0].ttl) == -1)
			result = DNS_TEMPORARY;
	}
	dns_addresses_free(&addresses);
	return result;
}

enum dns_result
dns_exchangers(struct dns *d, struct slice domain, deadline until, struct dns_exchangers *found)
{
	struct query q;
	enum dns_result result;
	size_t roots = 0;

	*found = (struct dns_exchangers){.list = NULL};
	if (!query_is_host(domain))
		return DNS_NO_NAME;
	query_init(&q, domain, ANSWER_MX);
	query_run(d, &q, 1, until);
	result = q.result;
	if (result == DNS_FOUND)
		result = take_exchangers(&q, found, &roots);
	else if (result == DNS_NO_DATA)
		result = implicit_exchanger(d, &q, until, found);
	if (result == DNS_FOUND && found->count == 0 && roots > 0)
		result = DNS_NULL_MX;
	put_in_order(d, &q, found);
	if (result != DNS_FOUND)
		dns_exchangers_free(found);
	found->is_secure = query_is_secure(d, &q);
	if (strcasecmp(q.asked, q.name) != 0)
		snprintf(found->expanded, sizeof found->expanded, "%s", q.name);
	query_free(&q);
	return result;
}

void
dns_exchangers_free(struct dns_exchangers *found)
{
	free(found->list);
	*found = (struct dns_exchangers){.list = NULL};
}
