/* SPDX-License-Identifier: ISC */
/* One domain: who takes its mail (RFC 5321, 5.1; 7505), then what else is asked for. */
#include <string.h>

#include "mxlookup.h"

#define VERSION 1

static void
put_answer(struct look *l, enum dns_result result)
{
	uint32_t least = UINT32_MAX;

	for (size_t i = 0; i < l->list.count; i++)
		if (l->list.list[i].ttl < least)
			least = l->list.list[i].ttl;
	if (l->list.expanded[0] != '\0') {
		put_text(l, l->top, "alias", slice_of(l->list.expanded));
		why(l, "RFC 5321, 5.1", "%s is an alias (CNAME): %s counts in its place", l->ascii,
		    l->list.expanded);
	}
	if (result == DNS_FOUND && l->list.count > 0)
		put(l, l->top, "ttl", json_integer(least));
	put(l, l->top, "ad", json_boolean(l->list.is_secure));
	put(l, l->top, "secure", json_boolean(l->list.is_secure && l->settings->is_believed));
	if (l->list.dropped > 0) {
		put(l, l->top, "dropped", json_integer((json_int_t)l->list.dropped));
		put_text(l, l->top, "dropped_first", slice_of(l->list.first_dropped));
	}
}

static void
explain_answer(struct look *l, enum dns_result result)
{
	switch (result) {
	case DNS_FOUND:
		if (l->list.implicit)
			why(l, "RFC 5321, 5.1",
			    "there is no MX record, but an address: the domain is its own "
			    "exchanger, of preference 0");
		else
			why(l, "RFC 5321, 5.1",
			    "%zu MX records: tried by preference, in random order among equals",
			    l->list.count + l->list.dropped);
		if (l->list.dropped > 0)
			why(l, "RFC 2181, 10.3; RFC 7505, 3",
			    "%zu MX records name no host and do not count: \"%s\"", l->list.dropped,
			    l->list.first_dropped);
		break;
	case DNS_NO_NAME:
		why(l, "RFC 5321, 5.1; RFC 2308, 2.1",
		    "no such name: mail for it is returned to its sender");
		break;
	case DNS_NO_DATA:
		why(l, "RFC 5321, 5.1",
		    "the name is there, but has neither MX nor address records: mail for it is "
		    "returned to its sender");
		break;
	case DNS_NULL_MX:
		why(l, "RFC 7505, 3", "the only MX record names \".\": the domain takes no mail");
		break;
	case DNS_TEMPORARY:
		why(l, "RFC 5321, 5.1",
		    "no server gave an answer of use in time: mail for it waits, as it may have "
		    "exchangers");
		break;
	}
	if (result != DNS_TEMPORARY)
		why(l, "RFC 4035, 3.2.3", "the answer is %s",
		    !l->list.is_secure	       ? "not signed, or nobody says so (AD is not set)"
		    : l->settings->is_believed ? "signed, and the resolver is believed"
					       : "said to be signed (AD), but the resolver is not "
						 "believed, as it is not on this host");
}

/* What mail gets, by the exchangers' addresses: broken if none, unless that may change by itself.
 */
static enum outcome
weigh_hosts(const struct look *l)
{
	enum outcome outcome = BROKEN;
	const json_t *host;
	size_t i;

	json_array_foreach(l->hosts, i, host)
	{
		const char *result = text_of(host, "result");

		if (strcmp(result, "found") == 0)
			return FOUND;
		if (strcmp(result, "temporary") == 0)
			outcome = TEMPORARY;
	}
	return outcome;
}

static enum outcome
weigh(struct look *l, enum dns_result result)
{
	switch (result) {
	case DNS_FOUND:
		return weigh_hosts(l);
	case DNS_NO_DATA:
	case DNS_NO_NAME:
		return NO_DOMAIN;
	case DNS_NULL_MX:
		return NULL_MX;
	case DNS_TEMPORARY:
		break;
	}
	return TEMPORARY;
}

static const char *
kind(const struct look *l, enum dns_result result)
{
	switch (result) {
	case DNS_FOUND:
		return l->list.count == 0 ? "broken" : l->list.implicit ? "implicit" : "mx";
	case DNS_NO_DATA:
	case DNS_NO_NAME:
		return "none";
	case DNS_NULL_MX:
		return "null";
	case DNS_TEMPORARY:
		break;
	}
	return "temporary";
}

static void
look_aside(struct look *l)
{
	static const struct {
		enum part part;
		void (*look)(struct look *l);
	} parts[] = {
	    {PART_STS, look_sts},
	    {PART_TLSRPT, look_tlsrpt},
	    {PART_SPF, look_spf},
	    {PART_DMARC, look_dmarc},
	    {PART_SRV, look_services},
	};

	for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
		if ((l->settings->parts & parts[i].part) != 0)
			parts[i].look(l);
}

static void
begin(struct look *l)
{
	struct slice name = slice_of(l->ascii);

	l->has_failed = false;
	l->top = json_object();
	put(l, l->top, "v", json_integer(VERSION));
	put_text(l, l->top, "domain", l->domain);
	if (!slice_equal(name, l->domain))
		put_text(l, l->top, "ascii", name);
}

enum outcome
look_give_up(struct look *l)
{
	json_decref(l->top);
	begin(l);
	put_text(l, l->top, "result", slice_of(kind(l, DNS_TEMPORARY)));
	put_text(l, l->top, "reason", slice_of("There is too much to say of it"));
	put(l, l->top, "ad", json_false());
	put(l, l->top, "secure", json_false());
	(void)put_array(l, l->top, "hosts");
	put(l, l->top, "exit", json_integer(TEMPORARY));
	return TEMPORARY;
}

enum outcome
look_up(struct look *l)
{
	struct slice name = slice_of(l->ascii);
	enum outcome outcome;
	enum dns_result result;

	begin(l);
	l->known = json_object();
	l->why = (l->settings->parts & PART_WHY) != 0 ? put_array(l, l->top, "why") : NULL;
	why(l, NULL, "who takes mail for %s? Asked: its MX records", l->ascii);
	result = dns_exchangers(l->settings->dns, name, l->until, &l->list);
	put_text(l, l->top, "result", slice_of(kind(l, result)));
	if (result != DNS_FOUND)
		put_text(l, l->top, "reason", slice_of(dns_text(result)));
	else if (l->list.count == 0)
		put_text(l, l->top, "reason", slice_of("No MX record names a host"));
	put_answer(l, result);
	explain_answer(l, result);
	l->hosts = put_array(l, l->top, "hosts");
	look_hosts(l);
	look_aside(l);
	outcome = weigh(l, result);
	put(l, l->top, "exit", json_integer(outcome));
	dns_exchangers_free(&l->list);
	json_decref(l->known);
	return outcome;
}
