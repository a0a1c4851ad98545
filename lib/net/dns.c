/* SPDX-License-Identifier: ISC */
#include "net/dns.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "net/query.h"

#define RESOLV_CONF "/etc/resolv.conf"

struct dns *
dns_open(struct slice servers)
{
	struct dns *d = calloc(1, sizeof *d);

	if (d == NULL)
		return NULL;
	if (dns_channel_open(&d->channel, servers, RESOLV_CONF) == 0) {
		dns_trust(d, DNS_TRUST_OWN);
		return d;
	}
	free(d);
	return NULL;
}

void
dns_close(struct dns *d)
{
	if (d == NULL)
		return;
	dns_channel_close(&d->channel);
	dns_cache_clear(&d->cache);
	free(d);
}

void
dns_seed(struct dns *d, uint64_t seed)
{
	d->is_seeded = true;
	d->seed = seed;
}

static int
add_address(struct dns_addresses *found, int family, const void *bytes, uint32_t ttl)
{
	struct dns_address *list, one = {.ttl = ttl};
	struct sockaddr_in6 six = {.sin6_family = AF_INET6};
	struct sockaddr_in four = {.sin_family = AF_INET};

	list = realloc(found->list, (found->count + 1) * sizeof *list);
	if (list == NULL)
		return -1;
	found->list = list;
	if (family == AF_INET6) {
		memcpy(&six.sin6_addr, bytes, sizeof six.sin6_addr);
		memcpy(&one.address, &six, sizeof six);
		one.len = sizeof six;
	} else {
		memcpy(&four.sin_addr, bytes, sizeof four.sin_addr);
		memcpy(&one.address, &four, sizeof four);
		one.len = sizeof four;
	}
	list[found->count++] = one;
	return 0;
}

static int
by_octets(const void *a, const void *b)
{
	const struct dns_address *one = a, *other = b;

	return memcmp(&one->address, &other->address, one->len);
}

/* Of one family. Servers turn them around: what a seed is to put in order begins in one. */
static void
shuffle(const struct dns *d, const struct query *q, struct dns_address *list, size_t count)
{
	uint32_t drawn = 0;

	if (d->is_seeded)
		qsort(list, count, sizeof *list, by_octets);
	for (; count > 1; count--) {
		size_t other = query_chance(d, q, &drawn, (uint32_t)count);
		struct dns_address kept = list[count - 1];

		list[count - 1] = list[other];
		list[other] = kept;
	}
}

static enum dns_result
take_addresses(const struct dns *d, const struct query *q, int family, size_t size,
    struct dns_addresses *found)
{
	struct answer a;
	struct answer_record record;
	size_t before = found->count;
	int more;

	if (q->result != DNS_FOUND)
		return q->result;
	if (!answer_start(&a, str_slice(&q->packet)))
		return DNS_TEMPORARY;
	while ((more = query_next(q, &a, &record)) == 1)
		if (record.data.len != size || add_address(found, family, record.data.data,
						   record.ttl < q->ttl ? record.ttl : q->ttl) == -1)
			return DNS_TEMPORARY;
	if (found->count > before)
		shuffle(d, q, found->list + before, found->count - before);
	return more == 0 ? DNS_FOUND : DNS_TEMPORARY;
}

/* One answer counts; then what may still change; then that the name is there. */
static enum dns_result
weigh(const struct dns_addresses *found, enum dns_result six, enum dns_result four)
{
	if (found->count > 0)
		return DNS_FOUND;
	if (six == DNS_TEMPORARY || four == DNS_TEMPORARY)
		return DNS_TEMPORARY;
	return six == DNS_NO_NAME && four == DNS_NO_NAME ? DNS_NO_NAME : DNS_NO_DATA;
}

static void
take_origin(const struct query *q, struct dns_addresses *found)
{
	if (strcasecmp(q->asked, q->name) != 0)
		snprintf(found->expanded, sizeof found->expanded, "%s", q->name);
}

enum dns_result
dns_addresses(struct dns *d, struct slice host, deadline until, struct dns_addresses *found)
{
	struct query queries[2];
	enum dns_result six, four;

	*found = (struct dns_addresses){.list = NULL};
	if (!query_is_host(host))
		return DNS_NO_NAME;
	query_init(&queries[0], host, ANSWER_AAAA);
	query_init(&queries[1], host, ANSWER_A);
	query_run(d, queries, 2, until);
	six = take_addresses(d, &queries[0], AF_INET6, sizeof(struct in6_addr), found);
	four = take_addresses(d, &queries[1], AF_INET, sizeof(struct in_addr), found);
	if (found->count > 0)
		take_origin(six == DNS_FOUND ? &queries[0] : &queries[1], found);
	found->is_secure = found->count > 0 &&
			   (six != DNS_FOUND || query_is_secure(d, &queries[0])) &&
			   (four != DNS_FOUND || query_is_secure(d, &queries[1]));
	query_free(&queries[0]);
	query_free(&queries[1]);
	return weigh(found, six, four);
}

static void
take_hosts(struct dns *d, const char *host, int family, struct dns_addresses *found)
{
	struct hostent *entry = NULL;

	if (ares_gethostbyname_file(d->channel.ares, host, family, &entry) != ARES_SUCCESS)
		return;
	for (char **at = entry->h_addr_list; *at != NULL; at++)
		if (add_address(found, family, *at, 0) == -1)
			break;
	ares_free_hostent(entry);
}

enum dns_result
dns_host_addresses(struct dns *d, struct slice host, deadline until, struct dns_addresses *found)
{
	struct query name;

	*found = (struct dns_addresses){.list = NULL};
	if (!query_is_host(host))
		return DNS_NO_NAME;
	query_init(&name, host, ANSWER_A);
	take_hosts(d, name.name, AF_INET6, found);
	take_hosts(d, name.name, AF_INET, found);
	query_free(&name);
	return found->count > 0 ? DNS_FOUND : dns_addresses(d, host, until, found);
}

void
dns_addresses_free(struct dns_addresses *found)
{
	free(found->list);
	*found = (struct dns_addresses){.list = NULL};
}

const char *
dns_text(enum dns_result result)
{
	switch (result) {
	case DNS_FOUND:
		return "Found";
	case DNS_NO_DATA:
		return "Host or domain has no mail exchanger and no address";
	case DNS_NO_NAME:
		return "Host or domain name not found";
	case DNS_NULL_MX:
		return "Domain accepts no mail (null MX)";
	case DNS_TEMPORARY:
		break;
	}
	return "Host or domain name lookup failed for now";
}
