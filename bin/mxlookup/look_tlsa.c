/* SPDX-License-Identifier: ISC */
/* TLSA records of an exchanger, and whether they count (RFC 7672, 2.2 and 3.1). */
#include <stdio.h>
#include <string.h>

#include "mxlookup.h"
#include "net/dns_tlsa.h"

static void
add_record(struct look *l, json_t *records, const struct tls_tlsa *one)
{
	static const char digits[] = "0123456789abcdef";
	char hex[2 * TLS_TLSA_DATA_MAX + 1];
	json_t *made = add_object(l, records);

	for (size_t i = 0; i < one->length; i++) {
		hex[2 * i] = digits[one->data[i] >> 4];
		hex[2 * i + 1] = digits[one->data[i] & 15];
	}
	put(l, made, "usage", json_integer(one->usage));
	put(l, made, "selector", json_integer(one->selector));
	put(l, made, "matching", json_integer(one->matching));
	put_text(l, made, "data", slice_make(hex, 2 * one->length));
}

/* Why DANE does not come of them; null if it does. */
static const char *
obstacle(const struct look *l, const struct dns_addresses *found, const struct dns_tlsa *tlsa)
{
	if (tlsa->result == DNS_TEMPORARY)
		return "they cannot be looked up: no mail goes there meanwhile (RFC 7672, 2.1.2)";
	if (tlsa->result != DNS_FOUND)
		return "there are none";
	if (!l->settings->is_believed)
		return "the resolver is not believed";
	if (!l->list.is_secure)
		return "the MX records are not signed";
	if (!tlsa->is_secure)
		return "they are not signed";
	if (!found->is_secure && found->expanded[0] == '\0')
		return "the address is not signed";
	return tlsa->count == 0 ? "none is usable: TLS with any certificate" : NULL;
}

static void
put_tlsa(
    struct look *l, json_t *array, const struct dns_tlsa *tlsa, const struct dns_addresses *found)
{
	const char *reason = obstacle(l, found, tlsa);
	json_t *made = add_object(l, array), *records;
	char name[DNS_NAME_SIZE + 16];

	snprintf(name, sizeof name, "_%u._tcp.%.*s", (unsigned)tlsa->port, (int)tlsa->host.len,
	    tlsa->host.data);
	put_text(l, made, "name", slice_of(name));
	put_result(l, made, tlsa->result);
	put(l, made, "secure", json_boolean(tlsa->is_secure && l->settings->is_believed));
	put(l, made, "counts", json_boolean(reason == NULL));
	if (reason != NULL)
		put_text(l, made, "reason", slice_of(reason));
	put(l, made, "unusable", json_integer((json_int_t)tlsa->unusable));
	records = put_array(l, made, "records");
	for (size_t i = 0; i < tlsa->count; i++)
		add_record(l, records, &tlsa->list[i]);
	why(l, "RFC 7672, 2.2", "asked for %s TLSA: %zu usable, %zu not%s%s", name, tlsa->count,
	    tlsa->unusable, reason == NULL ? "" : "; they do not count: ",
	    reason == NULL ? ": they count" : reason);
}

/* The name that aliases lead to comes first (2.2.2). */
void
look_tlsa(struct look *l, json_t *host, const char *name, const struct dns_addresses *found)
{
	uint16_t port = l->settings->mx_port;
	struct dns_tlsa both[2] = {
	    {.host = slice_of(found->expanded), .port = port},
	    {.host = slice_of(name), .port = port},
	};
	struct dns_tlsa *first = found->expanded[0] == '\0' ? both + 1 : both;
	size_t count = (size_t)(both + 2 - first);
	json_t *array = put_array(l, host, "tlsa");

	dns_tlsa_ask(l->settings->dns, first, count, l->until);
	for (size_t i = 0; i < count; i++) {
		put_tlsa(l, array, &first[i], found);
		dns_tlsa_free(&first[i]);
	}
}
