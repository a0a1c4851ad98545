/* SPDX-License-Identifier: ISC */
#include "net/dns.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "net/query.h"

#define SERVERS_MAX ((size_t)4096)
#define UDP_PAYLOAD 1232 /* fits every path unfragmented; more comes by TCP (RFC 9715) */

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == ',' || c == '\n' || c == '\r';
}

static int
set_servers(ares_channel channel, struct slice servers)
{
	struct str list;
	int status = ARES_ENOMEM;

	str_init(&list, SERVERS_MAX);
	for (size_t i = 0; i < servers.len; i++) {
		bool blank = is_blank(servers.data[i]);

		if (blank && (list.len == 0 || list.data[list.len - 1] == ','))
			continue;
		if (str_add_char(&list, blank ? ',' : servers.data[i]) == -1)
			goto out;
	}
	if (list.len > 0 && list.data[list.len - 1] == ',')
		str_truncate(&list, list.len - 1);
	status = list.len == 0 ? ARES_SUCCESS : ares_set_servers_ports_csv(channel, list.data);
out:
	str_free(&list);
	if (status != ARES_SUCCESS)
		errno = status == ARES_ENOMEM ? ENOMEM : EINVAL;
	return status == ARES_SUCCESS ? 0 : -1;
}

struct dns *
dns_open(struct slice servers)
{
	struct ares_options options = {
	    .flags = ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES | ARES_FLAG_EDNS,
	    .ednspsz = UDP_PAYLOAD};
	struct dns *d = malloc(sizeof *d);

	if (d == NULL)
		return NULL;
	if (ares_library_init(ARES_LIB_INIT_ALL) != ARES_SUCCESS ||
	    ares_init_options(&d->channel, &options, ARES_OPT_FLAGS | ARES_OPT_EDNSPSZ) !=
		ARES_SUCCESS) {
		free(d);
		errno = ENOMEM;
		return NULL;
	}
	if (set_servers(d->channel, servers) == -1) {
		int saved = errno;

		dns_close(d);
		errno = saved;
		return NULL;
	}
	return d;
}

void
dns_close(struct dns *d)
{
	if (d == NULL)
		return;
	ares_destroy(d->channel);
	ares_library_cleanup();
	free(d);
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

static void
shuffle(struct dns_address *list, size_t count)
{
	for (; count > 1; count--) {
		size_t other = random_below((uint32_t)count);
		struct dns_address kept = list[count - 1];

		list[count - 1] = list[other];
		list[other] = kept;
	}
}

static enum dns_result
take_addresses(const struct query *q, int family, size_t size, struct dns_addresses *found)
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
		shuffle(found->list + before, found->count - before);
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
	six = take_addresses(&queries[0], AF_INET6, sizeof(struct in6_addr), found);
	four = take_addresses(&queries[1], AF_INET, sizeof(struct in_addr), found);
	query_free(&queries[0]);
	query_free(&queries[1]);
	return weigh(found, six, four);
}

static void
take_hosts(struct dns *d, const char *host, int family, struct dns_addresses *found)
{
	struct hostent *entry = NULL;

	if (ares_gethostbyname_file(d->channel, host, family, &entry) != ARES_SUCCESS)
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
