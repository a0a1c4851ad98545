/* SPDX-License-Identifier: ISC */
#include "net/dns_tlsa.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/query.h"

#define FIXED 3 /* octets: usage, selector, matching type; RFC 6698, 2.1 */
#define SELECTOR_LAST 1
#define HOSTS_MAX 10 /* asked for at once */

/* By matching type: the whole of it, SHA-256, SHA-512 (RFC 6698, 2.1.3). */
static bool
fits(unsigned matching, size_t length)
{
	static const size_t lengths[] = {0, 32, 64};

	if (length == 0 || length > TLS_TLSA_DATA_MAX ||
	    matching >= sizeof lengths / sizeof lengths[0])
		return false;
	return matching == 0 || length == lengths[matching];
}

int
dns_tlsa_read(struct slice data, struct tls_tlsa *one)
{
	const unsigned char *octets = (const unsigned char *)data.data;

	if (data.len < FIXED)
		return -1;
	if ((octets[0] != TLS_USAGE_DANE_TA && octets[0] != TLS_USAGE_DANE_EE) ||
	    octets[1] > SELECTOR_LAST || !fits(octets[2], data.len - FIXED))
		return -1;
	one->usage = octets[0];
	one->selector = octets[1];
	one->matching = octets[2];
	one->length = data.len - FIXED;
	memcpy(one->data, octets + FIXED, one->length);
	return 0;
}

static int
add_usable(struct dns_tlsa *to, const struct tls_tlsa *one)
{
	struct tls_tlsa *list = reallocarray(to->list, to->count + 1, sizeof *list);

	if (list == NULL)
		return -1;
	to->list = list;
	list[to->count++] = *one;
	return 0;
}

static enum dns_result
take(const struct query *q, struct dns_tlsa *to)
{
	struct answer a;
	struct answer_record record;
	struct tls_tlsa one;
	int more;

	if (!answer_start(&a, str_slice(&q->packet)))
		return DNS_TEMPORARY;
	while ((more = query_next(q, &a, &record)) == 1) {
		if (to->count == TLS_TLSA_MAX || dns_tlsa_read(record.data, &one) == -1)
			to->unusable++;
		else if (add_usable(to, &one) == -1)
			return DNS_TEMPORARY;
	}
	return more == 0 ? DNS_FOUND : DNS_TEMPORARY;
}

void
dns_tlsa_ask(struct dns *d, struct dns_tlsa *all, size_t count, deadline until)
{
	struct query queries[HOSTS_MAX];
	struct dns_tlsa *asked[HOSTS_MAX];
	char name[DNS_NAME_SIZE + 16];
	size_t n = 0;

	for (size_t i = 0; i < count && n < HOSTS_MAX; i++) {
		snprintf(name, sizeof name, "_%u._tcp.%.*s", (unsigned)all[i].port,
		    (int)all[i].host.len, all[i].host.data);
		all[i].result = DNS_NO_NAME;
		if (!query_is_name(slice_of(name)))
			continue; /* too long for the DNS, so there is none */
		query_init(&queries[n], slice_of(name), ANSWER_TLSA);
		asked[n++] = &all[i];
	}
	query_run(d, queries, n, until);
	for (size_t i = 0; i < n; i++) {
		asked[i]->result = queries[i].result;
		asked[i]->is_secure = query_is_secure(d, &queries[i]);
		if (asked[i]->result == DNS_FOUND)
			asked[i]->result = take(&queries[i], asked[i]);
		query_free(&queries[i]);
	}
}

void
dns_tlsa_free(struct dns_tlsa *one)
{
	free(one->list);
	one->list = NULL;
	one->count = one->unusable = 0;
}

enum dns_result
dns_alias_is_secure(struct dns *d, struct slice host, deadline until, bool *is_secure)
{
	struct query q;
	enum dns_result result = DNS_FOUND;

	query_init(&q, host, ANSWER_CNAME);
	query_run(d, &q, 1, until);
	*is_secure = query_is_secure(d, &q);
	if (q.result == DNS_TEMPORARY)
		result = DNS_TEMPORARY;
	query_free(&q);
	return result;
}
