/* SPDX-License-Identifier: ISC */
#include "net/dns_list.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/query.h"

#define ZONE_MAX (253 - 64) /* an IPv6 address takes 32 nibbles with a dot each */

bool
dns_list_is_zone(struct slice zone)
{
	return zone.len <= ZONE_MAX && query_is_host(zone);
}

bool
dns_list_name(char name[DNS_LIST_NAME_MAX], const char *address, const char *zone)
{
	unsigned char octets[sizeof(struct in6_addr)];
	size_t at = 0;

	if (inet_pton(AF_INET, address, octets) == 1)
		return snprintf(name, DNS_LIST_NAME_MAX, "%u.%u.%u.%u.%s", octets[3], octets[2],
			   octets[1], octets[0], zone) < DNS_LIST_NAME_MAX;
	if (inet_pton(AF_INET6, address, octets) != 1)
		return false;
	for (size_t i = sizeof octets; i-- > 0; at += 4)
		snprintf(
		    name + at, DNS_LIST_NAME_MAX - at, "%x.%x.", octets[i] & 15U, octets[i] >> 4U);
	return snprintf(name + at, DNS_LIST_NAME_MAX - at, "%s", zone) <
	       (int)(DNS_LIST_NAME_MAX - at);
}

/* One code that counts is enough, whatever stands beside it; an error is none. */
static enum dns_list_result
judge(const struct query *q, struct dns_list *l)
{
	enum dns_list_result result = DNS_LIST_CLEAR;
	struct answer a;
	struct answer_record record;
	int more;

	if (!answer_start(&a, str_slice(&q->packet)))
		return DNS_LIST_FAILED;
	while ((more = query_next(q, &a, &record)) == 1) {
		unsigned char code[4];
		bool is_error;

		if (record.data.len != sizeof code)
			return DNS_LIST_FAILED;
		memcpy(code, record.data.data, sizeof code);
		is_error = dns_codes_is_error(code);
		if (!is_error && !dns_codes_match(&l->codes, code))
			continue;
		if (inet_ntop(AF_INET, code, l->code, sizeof l->code) == NULL)
			return DNS_LIST_FAILED;
		if (is_error)
			return DNS_LIST_BROKEN;
		result = DNS_LIST_HIT;
	}
	return more == 0 ? result : DNS_LIST_FAILED;
}

static void
take_result(const struct query *q, struct dns_list *l)
{
	switch (q->result) {
	case DNS_FOUND:
		l->result = judge(q, l);
		break;
	case DNS_NO_NAME:
	case DNS_NO_DATA:
	case DNS_NULL_MX:
		l->result = DNS_LIST_CLEAR;
		break;
	case DNS_TEMPORARY:
		l->result = DNS_LIST_FAILED;
		break;
	}
}

/* The strings of the first TXT record, one behind the other (RFC 1035, 3.3.14). */
static void
take_text(const struct query *q, struct dns_list *l)
{
	struct answer a;
	struct answer_record record;

	if (q->result != DNS_FOUND || !answer_start(&a, str_slice(&q->packet)) ||
	    query_next(q, &a, &record) != 1)
		return;
	while (record.data.len > 0) {
		size_t len = (unsigned char)record.data.data[0];

		record.data = slice_skip(record.data, 1);
		if (len > record.data.len)
			len = record.data.len;
		if (len > sizeof l->text - l->text_len)
			len = sizeof l->text - l->text_len;
		memcpy(l->text + l->text_len, record.data.data, len);
		l->text_len += len;
		record.data = slice_skip(record.data, len);
		if (l->text_len == sizeof l->text)
			return;
	}
}

/* Asks for TYPE at all lists, or at those with a hit, and has TAKE look at each answer. */
static int
ask(struct dns *d, const char *address, struct dns_list *lists, size_t count, bool only_hits,
    enum answer_type type, void (*take)(const struct query *, struct dns_list *), deadline until)
{
	struct query *queries = calloc(count, sizeof *queries);
	struct dns_list **asked = calloc(count, sizeof(struct dns_list *));
	char name[DNS_LIST_NAME_MAX];
	size_t n = 0;
	int result = queries == NULL || asked == NULL ? -1 : 0;

	for (size_t i = 0; result == 0 && i < count; i++) {
		if (only_hits && lists[i].result != DNS_LIST_HIT)
			continue;
		if (!dns_list_name(name, address, lists[i].zone)) {
			errno = EINVAL;
			result = -1;
			break;
		}
		asked[n] = &lists[i];
		query_init(&queries[n++], slice_of(name), type);
	}
	if (result == 0)
		query_run(d, queries, n, until);
	for (size_t i = 0; i < n; i++) {
		if (result == 0)
			take(&queries[i], asked[i]);
		query_free(&queries[i]);
	}
	free(queries);
	free(asked);
	return result;
}

int
dns_lists_ask(
    struct dns *d, const char *address, struct dns_list *lists, size_t count, deadline until)
{
	if (count == 0)
		return 0;
	for (size_t i = 0; i < count; i++) {
		lists[i].result = DNS_LIST_FAILED;
		lists[i].code[0] = '\0';
		lists[i].text_len = 0;
	}
	if (ask(d, address, lists, count, false, ANSWER_A, take_result, until) == -1)
		return -1;
	return ask(d, address, lists, count, true, ANSWER_TXT, take_text, until);
}
