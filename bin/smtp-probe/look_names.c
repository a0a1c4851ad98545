/* SPDX-License-Identifier: ISC */
/* The target before any connection, and both families of addresses behind all of them. */
#include "look_parts.h"

static void
add_no_domain(struct probe *p, const struct target *target, enum dns_result result)
{
	struct report *r = &p->report;
	bool is_sure = result != DNS_TEMPORARY;
	struct result *res = report_add(r, "domain", is_sure ? NO : UNKNOWN, PROBLEM);

	report_reached(r, is_sure ? NO_HOST : NOT_TOLD);
	result_value(res, "%s", dns_text(result));
	if (result == DNS_NULL_MX) {
		result_text(res, "%s says by a null MX that it takes no mail.", target->name);
		result_source(res, "RFC 7505");
	} else if (!is_sure) {
		result_text(
		    res, "The DNS gives no answer about %s: %s.", target->name, dns_text(result));
		result_advice(res, "Ask again; if it stays so, look at the name servers of the "
				   "domain, and at the resolver here (--server).");
	} else if (target->kind == TARGET_SUBMISSION) {
		result_text(res, "%s names no server of submission: no SRV record that does.",
		    target->name);
		result_advice(res, "Look for a typing mistake; give the domain SRV records at "
				   "_submissions._tcp; or name the server: smtps:HOST, HOST:587.");
		result_source(res, "RFC 8314, 5.1");
	} else {
		result_text(res, "%s: %s.", target->name, dns_text(result));
		result_advice(
		    res, target->kind == TARGET_DOMAIN
			     ? "Look for a typing mistake; or give the domain an MX record. "
			       "A server's name goes in brackets: [HOST]."
			     : "Look for a typing mistake, or give the name an address.");
	}
}

/* One "mx" for each exchanger, whose addresses stand together. */
static void
add_exchangers(struct probe *p, const struct servers *servers)
{
	const char *last = "";

	for (size_t i = 0; i < servers->count; i++) {
		const struct server *s = &servers->list[i];
		struct result *res;

		if (slice_is(slice_of(last), s->name))
			continue;
		last = s->name;
		res = report_add(&p->report, "mx", FACT, PLAIN);
		result_about(res, "%s", s->name);
		result_value(res, "%u", (unsigned)s->preference);
		if (servers->is_implicit_mx) {
			result_text(res, "It has no MX record, so mail goes to its own address.");
			result_source(res, "RFC 5321, 5.1");
		}
	}
}

void
look_names(struct probe *p, const struct target *target, const struct servers *servers)
{
	if (servers->result != DNS_FOUND || servers->count == 0) {
		add_no_domain(
		    p, target, servers->result == DNS_FOUND ? DNS_NO_DATA : servers->result);
		return;
	}
	if (servers->is_mx)
		add_exchangers(p, servers);
}

/* All addresses of a family are dead, and those of the other are not. */
static void
add_family(struct probe *p, const char *id, const char *name, const struct look_family *one,
    const struct look_family *other)
{
	size_t connected = one->reached[LOOK_CONNECTED];
	bool is_here = one->reached[LOOK_NO_ROUTE] < one->addresses;
	bool is_refused = one->reached[LOOK_REFUSED] == one->addresses;
	enum verdict verdict = connected > 0 ? YES : is_refused ? NO : UNKNOWN;
	struct result *res;

	if (one->addresses == 0 || one->addresses + other->addresses == 1 ||
	    (connected == 0 && other->reached[LOOK_CONNECTED] == 0))
		return;
	res = report_add(&p->report, id, verdict, is_here ? PROBLEM : PLAIN);
	result_value(res, "%zu/%zu", connected, one->addresses);
	if (connected > 0) {
		result_text(res, "%zu of %zu %s addresses take connections.", connected,
		    one->addresses, name);
	} else if (!is_here) {
		result_text(
		    res, "This host has no %s, so its %s addresses were not tried.", name, name);
	} else {
		result_text(res,
		    "%s is dead: none of %zu %s addresses takes a connection, and others "
		    "do.",
		    name, one->addresses, name);
		result_advice(res,
		    "Have the server listen on its %s address (and let the firewall "
		    "pass that), or take the address out of the DNS.",
		    name);
	}
}

void
look_families(struct probe *p, const struct look_family *four, const struct look_family *six)
{
	add_family(p, "address.ipv6", "IPv6", six, four);
	add_family(p, "address.ipv4", "IPv4", four, six);
}
