/* SPDX-License-Identifier: ISC */
/*
 * The name that the DNS has for a server's address. Who sends from an address without one, or with
 * one that does not lead back to it, is refused by many; and a server often sends from where it
 * listens.
 */
#include "look_parts.h"
#include "net/address_kind.h"
#include "net/dns_reverse.h"

#define SECONDS_MOST 10 /* what is not needed for mail is not waited for long */
#define SMTP_PORT 25

/* Of addresses that are not of the network at large, only a DNS that was asked anyway may know. */
static bool
is_asked(const struct look *k, bool is_public)
{
	return k->server->len > 0 && k->server->address.ss_family != AF_UNIX &&
	       !k->server->is_lmtp && (is_public || k->servers->is_mx || k->probe->servers.len > 0);
}

/* What only takes mail of people who log in need not have one. */
static enum weight
weigh(const struct look *k)
{
	return k->servers->is_mx || k->server->port == SMTP_PORT ? WARNING : PLAIN;
}

/* The first that is confirmed, and among these the one it greets with; or null. */
static const char *
choose(const struct look *k, const struct dns_reverse *found)
{
	const char *best = NULL;

	for (size_t i = 0; i < found->count; i++) {
		bool is_greeting = slice_is_nocase(slice_of(found->list[i].name), k->greeting_name);

		if (found->list[i].is_confirmed && (best == NULL || is_greeting))
			best = found->list[i].name;
	}
	return best;
}

static bool
is_late(const struct dns_reverse *found)
{
	for (size_t i = 0; i < found->count; i++)
		if (found->list[i].result == DNS_TEMPORARY)
			return true;
	return false;
}

static void
add_none(struct look *k, enum dns_result result)
{
	bool is_sure = result != DNS_TEMPORARY;
	struct result *res =
	    report_add(k->report, "ptr", is_sure ? NO : UNKNOWN, is_sure ? weigh(k) : PLAIN);

	result_value(res, "%s", dns_text(result));
	result_source(res, "RFC 1912, 2.1");
	if (!is_sure) {
		result_text(res, "The DNS does not answer which name the address has.");
		return;
	}
	result_text(res, "The address has no name: there is no PTR record.");
	result_advice(res,
	    "If mail is sent from it too: have whoever gave you the address set its PTR to the "
	    "server's name, as many take no mail from an address without.");
}

static void
add_astray(struct look *k, const struct dns_reverse *found)
{
	bool is_sure = !is_late(found);
	struct result *res =
	    report_add(k->report, "ptr", is_sure ? NO : UNKNOWN, is_sure ? weigh(k) : PLAIN);

	result_source(res, "RFC 1912, 2.1");
	if (found->count == 0) {
		result_text(res, "The address's PTR record holds no name of a host.");
	} else {
		result_value(res, "%s", found->list[0].name);
		result_text(res,
		    is_sure ? "The address's name is %s, which does not lead back to it."
			    : "The address's name is %s; the DNS does not answer where that leads.",
		    found->list[0].name);
	}
	if (is_sure)
		result_advice(res,
		    "If mail is sent from it too: give that name this address, or the address the "
		    "PTR record of a name that has it.");
}

static void
add_greeting(struct look *k, const char *name)
{
	bool is_same = slice_is_nocase(slice_of(name), k->greeting_name);
	struct result *res;

	if (k->greeting_name[0] == '\0')
		return;
	res = report_add(k->report, "ptr.greeting", is_same ? YES : NO, PLAIN);
	result_value(res, "%s", k->greeting_name);
	if (is_same)
		result_text(res, "It greets with the name of its address.");
	else
		result_text(res, "It greets as '%s', and the name of its address is %s.",
		    k->greeting_name, name);
}

void
look_reverse(struct look *k)
{
	int64_t timeout = k->probe->timeout < SECONDS_MOST ? k->probe->timeout : SECONDS_MOST;
	bool is_public = address_kind(&k->server->address) == ADDRESS_PUBLIC;
	struct dns_reverse found;
	enum dns_result result;
	const char *name;

	if (!is_asked(k, is_public))
		return;
	report_progress(k->report, "looking up the name of %s", k->server->where);
	result = dns_reverse(
	    probe_dns(k->probe), &k->server->address, deadline_in_seconds(timeout), &found);
	if (result != DNS_FOUND) {
		if (is_public)
			add_none(k, result);
		return;
	}
	name = choose(k, &found);
	if (name == NULL) {
		add_astray(k, &found);
		return;
	}
	result_value(report_add(k->report, "ptr", YES, PLAIN), "%s", name);
	add_greeting(k, name);
}
