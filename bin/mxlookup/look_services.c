/* SPDX-License-Identifier: ISC */
/* Where people's mail programs find the servers of a domain (RFC 6186, 8314, 8620). */
#include "mxlookup.h"
#include "net/dns_srv.h"

static const char *const services[] = {
    "_submissions._tcp",
    "_submission._tcp",
    "_imaps._tcp",
    "_imap._tcp",
    "_pop3s._tcp",
    "_pop3._tcp",
    "_jmap._tcp",
};

static void
add_targets(struct look *l, json_t *service, const struct dns_services *found)
{
	json_t *targets = put_array(l, service, "targets");

	for (size_t i = 0; i < found->count; i++) {
		json_t *made = add_object(l, targets);

		put_text(l, made, "name", slice_of(found->list[i].name));
		put(l, made, "port", json_integer(found->list[i].port));
		put(l, made, "priority", json_integer(found->list[i].priority));
		put(l, made, "weight", json_integer(found->list[i].weight));
		put(l, made, "ttl", json_integer(found->list[i].ttl));
	}
}

void
look_services(struct look *l)
{
	json_t *array = put_array(l, l->top, "srv");

	for (size_t i = 0; i < sizeof services / sizeof services[0]; i++) {
		struct dns_services found;
		enum dns_result result = dns_services(
		    l->settings->dns, services[i], slice_of(l->ascii), l->until, &found);
		json_t *service = add_object(l, array);

		put_text(l, service, "service", slice_of(services[i]));
		put_text(l, service, "result",
		    slice_of(result != DNS_FOUND ? result_word(result)
			     : found.is_denied	 ? "denied"
			     : found.count == 0	 ? "broken"
						 : "found"));
		put(l, service, "secure",
		    json_boolean(found.is_secure && l->settings->is_believed));
		add_targets(l, service, &found);
		why(l, "RFC 2782; RFC 6186, 3.4", "asked for %s.%s SRV: %s", services[i], l->ascii,
		    text_of(service, "result"));
		dns_services_free(&found);
	}
}
