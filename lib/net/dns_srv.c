/* SPDX-License-Identifier: ISC */
#include "net/dns_srv.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "net/query.h"

#define FIXED 6 /* octets: priority, weight, port */

static uint16_t
number_at(const struct answer_record *record, size_t at)
{
	const unsigned char *data = (const unsigned char *)record->data.data + at;

	return (uint16_t)(data[0] << 8 | data[1]);
}

static int
add_service(struct dns_services *found, const struct answer_record *record, const char *name)
{
	struct dns_service *list = reallocarray(found->list, found->count + 1, sizeof *list);

	if (list == NULL)
		return -1;
	found->list = list;
	list[found->count] = (struct dns_service){.priority = number_at(record, 0),
	    .weight = number_at(record, 2),
	    .port = number_at(record, 4),
	    .ttl = record->ttl};
	snprintf(list[found->count++].name, sizeof list->name, "%s", name);
	return 0;
}

/* The target "." beside others says nothing, as with MX. */
static enum dns_result
take_services(const struct query *q, struct dns_services *found)
{
	struct answer a;
	struct answer_record record;
	char name[ANSWER_NAME_MAX];
	size_t roots = 0;
	int more;

	if (!answer_start(&a, str_slice(&q->packet)))
		return DNS_TEMPORARY;
	while ((more = query_next(q, &a, &record)) == 1) {
		if (record.data.len <= FIXED ||
		    answer_name(str_slice(&q->packet), &record, FIXED, name) == -1)
			return DNS_TEMPORARY;
		if (record.ttl > q->ttl)
			record.ttl = q->ttl;
		if (name[0] == '\0')
			roots++;
		else if (query_is_host(slice_of(name)) && number_at(&record, 4) != 0 &&
			 add_service(found, &record, name) == -1)
			return DNS_TEMPORARY;
	}
	found->is_denied = found->count == 0 && roots > 0;
	return more == 0 ? DNS_FOUND : DNS_TEMPORARY;
}

/* Those of weight 0 first, so that they have a small chance beside others; then any order. */
static int
by_priority(const void *a, const void *b)
{
	const struct dns_service *one = a, *other = b;

	if (one->priority != other->priority)
		return one->priority > other->priority ? 1 : -1;
	if ((one->weight > 0) != (other->weight > 0))
		return one->weight > 0 ? 1 : -1;
	return strcasecmp(one->name, other->name);
}

/* Which of COUNT is next: the first at which the running sum of weights is NUMBER or more. */
static size_t
choose(const struct dns_service *list, size_t count, uint32_t number)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < count; i++) {
		sum += list[i].weight;
		if (sum >= number)
			return i;
	}
	return count - 1;
}

/* Of one priority. The order of those that are left stays, as those of weight 0 come first. */
static void
order_equals(struct dns_service *list, size_t count,
    uint32_t (*pick)(void *context, uint32_t bound), void *context)
{
	for (; count > 1; list++, count--) {
		struct dns_service kept;
		uint32_t sum = 0;
		size_t chosen;

		for (size_t i = 0; i < count; i++)
			sum += list[i].weight;
		/* without weights, evenly: the sums are all 0, and the first would always win */
		if (sum == 0)
			chosen = pick(context, (uint32_t)count);
		else
			chosen = choose(list, count, pick(context, sum + 1));
		kept = list[chosen];
		for (; chosen > 0; chosen--)
			list[chosen] = list[chosen - 1];
		list[0] = kept;
	}
}

void
dns_services_order(struct dns_service *list, size_t count,
    uint32_t (*pick)(void *context, uint32_t bound), void *context)
{
	size_t end;

	if (count > 1)
		qsort(list, count, sizeof *list, by_priority);
	for (size_t begin = 0; begin < count; begin = end) {
		for (end = begin + 1; end < count && list[end].priority == list[begin].priority;)
			end++;
		order_equals(list + begin, end - begin, pick, context);
	}
}

struct chance {
	const struct dns *dns;
	const struct query *query;
	uint32_t drawn;
};

static uint32_t
pick_by_chance(void *context, uint32_t bound)
{
	struct chance *c = context;

	return query_chance(c->dns, c->query, &c->drawn, bound);
}

enum dns_result
dns_services(struct dns *d, const char *service, struct slice domain, deadline until,
    struct dns_services *found)
{
	char name[DNS_NAME_SIZE + 64];
	enum dns_result result;
	struct query q;
	struct chance chance = {.dns = d, .query = &q};

	*found = (struct dns_services){.list = NULL};
	snprintf(name, sizeof name, "%s.%.*s", service, (int)domain.len, domain.data);
	if (!query_is_host(domain) || !query_is_name(slice_of(name)))
		return DNS_NO_NAME;
	query_init(&q, slice_of(name), ANSWER_SRV);
	query_run(d, &q, 1, until);
	result = q.result == DNS_FOUND ? take_services(&q, found) : q.result;
	found->is_secure = query_is_secure(d, &q);
	if (result == DNS_FOUND)
		dns_services_order(found->list, found->count, pick_by_chance, &chance);
	else
		dns_services_free(found);
	query_free(&q);
	return result;
}

void
dns_services_free(struct dns_services *found)
{
	free(found->list);
	found->list = NULL;
	found->count = 0;
}
