/* SPDX-License-Identifier: ISC */
#include "net/dns_reverse.h"

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "net/dns_list.h"
#include "net/endpoint.h"
#include "net/query.h"

#define ADDRESS_MAX ((size_t)64)

static bool
name_of(const struct sockaddr_storage *address, char name[DNS_LIST_NAME_MAX])
{
	struct str text;
	bool good;

	str_init(&text, ADDRESS_MAX);
	good = endpoint_add_text(&text, address) == 0 &&
	       dns_list_name(
		   name, text.data, address->ss_family == AF_INET6 ? "ip6.arpa" : "in-addr.arpa");
	str_free(&text);
	return good;
}

static enum dns_result
take_names(const struct query *q, struct dns_reverse *found)
{
	struct answer a;
	struct answer_record record;
	char name[ANSWER_NAME_MAX];
	int more;

	if (!answer_start(&a, str_slice(&q->packet)))
		return DNS_TEMPORARY;
	while ((more = query_next(q, &a, &record)) == 1) {
		if (answer_name(str_slice(&q->packet), &record, 0, name) == -1)
			return DNS_TEMPORARY;
		if (!query_is_host(slice_of(name)) || found->count == DNS_REVERSE_MAX)
			found->unseen++;
		else
			snprintf(found->list[found->count++].name, sizeof found->list[0].name, "%s",
			    name);
	}
	return more == 0 ? DNS_FOUND : DNS_TEMPORARY;
}

static bool
is_same(const struct sockaddr_storage *a, const struct sockaddr_storage *b)
{
	if (a->ss_family != b->ss_family)
		return false;
	if (a->ss_family == AF_INET6)
		return memcmp(&((const struct sockaddr_in6 *)a)->sin6_addr,
			   &((const struct sockaddr_in6 *)b)->sin6_addr,
			   sizeof(struct in6_addr)) == 0;
	return ((const struct sockaddr_in *)a)->sin_addr.s_addr ==
	       ((const struct sockaddr_in *)b)->sin_addr.s_addr;
}

static bool
has_address(const struct dns_addresses *all, const struct sockaddr_storage *address)
{
	for (size_t i = 0; i < all->count; i++)
		if (is_same(&all->list[i].address, address))
			return true;
	return false;
}

enum dns_result
dns_reverse(struct dns *d, const struct sockaddr_storage *address, deadline until,
    struct dns_reverse *found)
{
	char name[DNS_LIST_NAME_MAX];
	enum dns_result result;
	struct query q;

	*found = (struct dns_reverse){.count = 0};
	if (!name_of(address, name))
		return DNS_NO_NAME;
	query_init(&q, slice_of(name), ANSWER_PTR);
	query_run(d, &q, 1, until);
	result = q.result == DNS_FOUND ? take_names(&q, found) : q.result;
	query_free(&q);
	for (size_t i = 0; i < found->count; i++) {
		struct dns_addresses all;

		found->list[i].result =
		    dns_addresses(d, slice_of(found->list[i].name), until, &all);
		found->list[i].is_confirmed = has_address(&all, address);
		dns_addresses_free(&all);
	}
	return result;
}
