/* SPDX-License-Identifier: ISC */
/* The names of an exchanger's address, and whether they lead back (FCrDNS). */
#include "mxlookup.h"
#include "net/dns_reverse.h"

static const char *
weigh(enum dns_result result, const struct dns_reverse *found)
{
	bool may_be = result == DNS_TEMPORARY;

	for (size_t i = 0; i < found->count; i++) {
		if (found->list[i].is_confirmed)
			return "confirmed";
		may_be = may_be || found->list[i].result == DNS_TEMPORARY;
	}
	return may_be ? "temporary" : result == DNS_FOUND ? "unconfirmed" : "none";
}

void
look_reverse(struct look *l, json_t *address, const struct dns_address *one)
{
	struct dns_reverse found;
	enum dns_result result = dns_reverse(l->settings->dns, &one->address, l->until, &found);
	json_t *names = put_array(l, address, "names");

	for (size_t i = 0; i < found.count; i++)
		add_text(l, names, slice_of(found.list[i].name));
	put_text(l, address, "reverse", slice_of(weigh(result, &found)));
	why(l, "RFC 1912, 2.1", "%s: names by PTR records: %zu, %s", text_of(address, "address"),
	    found.count, weigh(result, &found));
}
