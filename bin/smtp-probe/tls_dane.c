/* SPDX-License-Identifier: ISC */
/* DANE (RFC 7672): are there records that count, and does the server fit them? */
#include <stdio.h>
#include <stdlib.h>

#include "net/dns_tlsa.h"
#include "net/tls_policy_dane.h"
#include "tls_state.h"

#define WHY_MAX ((size_t)600)
#define SHOWN_OCTETS 8

/* "3 1 1 0123456789abcdef…", enough to know it by. */
static void
add_record(struct str *out, const struct tls_tlsa *one, size_t most)
{
	(void)str_format(out, "%u %u %u ", (unsigned)one->usage, (unsigned)one->selector,
	    (unsigned)one->matching);
	for (size_t i = 0; i < one->length && i < most; i++)
		(void)str_format(out, "%02x", (unsigned)one->data[i]);
}

/* True if the certificates fit COUNT records, from the one at LIST on. */
static bool
fits(const struct tls_look *k, const struct tls_requirement *all, struct tls_tlsa *list,
    size_t count, struct tls_finding *v)
{
	struct tls_requirement some = *all;
	unsigned faults;

	some.tlsa = list;
	some.tlsa_count = count;
	return tls_chain_judge(probe_tls_client(k->probe), k->chain, &some, v, &faults) &&
	       v->is_met;
}

/* Each by itself: whether it matches is a "no" that means nothing as long as another does. */
static void
add_records(struct tls_look *k, const struct tls_requirement *r)
{
	struct tls_finding v;
	struct str text;

	tls_finding_init(&v);
	str_init(&text, 200);
	for (size_t i = 0; i < r->tlsa_count; i++) {
		bool is_met = fits(k, r, &r->tlsa[i], 1, &v);
		struct result *res = report_add(k->report, "dane.record", is_met ? YES : NO, PLAIN);

		k->is_pinned = k->is_pinned || (is_met && r->tlsa[i].usage == TLS_USAGE_DANE_EE);
		str_clear(&text);
		add_record(&text, &r->tlsa[i], SHOWN_OCTETS);
		result_about(res, "%s", text.data);
		result_text(
		    res, "TLSA record %s... %s.", text.data, is_met ? "matches" : "does not match");
	}
	tls_finding_free(&v);
	str_free(&text);
}

static void
say_met(struct tls_look *k, const struct tls_requirement *r, struct result *res)
{
	result_value(res, "ok");
	result_text(res, "The certificate is what DANE says: %s.", r->reason.data);
	(void)k;
}

static void
say_unmet(const struct tls_look *k, const struct tls_requirement *r, const struct tls_finding *v,
    struct result *res)
{
	result_value(res, "mismatch");
	result_text(res, "DANE fails, so who heeds it does not deliver: %s (%s).", v->problem.data,
	    r->reason.data);
	if (k->chain->count > 0)
		result_advice(res,
		    "Publish what would match, _%u._tcp.%s. IN TLSA 3 1 1 %s, and take the old "
		    "record away; or give the server back the key that the record is of.",
		    (unsigned)k->server->port, r->names[0], k->chain->list[0].key_sha256);
}

static void
add_verified(struct tls_look *k, const struct tls_requirement *r)
{
	struct tls_finding v;
	struct result *res;
	bool is_met;

	if (k->chain == NULL) {
		res = report_add(k->report, "dane", k->without, PROBLEM);
		result_value(res, "no-tls");
		result_text(res,
		    "It has TLSA records, but there is no TLS: who heeds DANE does not deliver.");
		result_reply(res, str_slice(&k->link->words));
		result_advice(res, "Have STARTTLS work, or take the TLSA records away.");
		result_source(res, "RFC 7672, 2.2");
		return;
	}
	tls_finding_init(&v);
	is_met = fits(k, r, r->tlsa, r->tlsa_count, &v);
	res = report_add(k->report, "dane", is_met ? YES : NO, PROBLEM);
	result_source(res, "RFC 7672, 3");
	if (is_met)
		say_met(k, r, res);
	else
		say_unmet(k, r, &v, res);
	add_records(k, r);
	tls_finding_free(&v);
}

/* Records that nobody may believe, as this resolver is not one that is believed. */
static void
add_untrusted(const struct tls_look *k)
{
	struct dns_tlsa one = {.host = k->its_server.name, .port = k->server->port};
	struct result *res;

	dns_tlsa_ask(probe_dns(k->probe), &one, 1, tls_until(k->probe));
	res = report_add(k->report, "dane", UNKNOWN, one.result == DNS_FOUND ? WARNING : PLAIN);
	result_text(res, "%s, and whether they are signed this resolver is not believed to know.",
	    one.result == DNS_FOUND ? "There are TLSA records" : "There may be TLSA records");
	result_advice(res, "Ask a resolver on this host that validates (--server), or have the "
			   "control file dnssec say 'trust'.");
	dns_tlsa_free(&one);
}

static void
add_unusable(const struct tls_look *k, const char *why)
{
	struct result *res = report_add(k->report, "dane", NO, WARNING);

	result_value(res, "unusable");
	result_text(res, "There is no DANE: %s.", why);
	result_advice(
	    res, "Publish one of usage 3 (or 2): those with 0 and 1 do not count for mail.");
	result_source(res, "RFC 7672, 3.1.3");
}

static void
add_none(const struct tls_look *k, const char *why)
{
	struct result *res;

	if (!dns_is_trusted(probe_dns(k->probe))) {
		add_untrusted(k);
		return;
	}
	res = report_add(k->report, "dane", NO, PLAIN);
	result_value(res, "none");
	result_text(res, "There is no DANE: %s.", why);
}

static void
add_failed(const struct tls_look *k, const char *why)
{
	struct result *res = report_add(k->report, "dane", UNKNOWN, PROBLEM);

	result_value(res, "lookup-failed");
	result_text(res, "%s: who heeds DANE does not deliver as long as that is so.", why);
	result_advice(res,
	    "Look at the name servers of that zone, and at its signatures (delv, dnsviz.net).");
	result_source(res, "RFC 7672, 2.1.2");
}

void
tls_add_dane(struct tls_look *k)
{
	struct tls_requirement r;
	struct str why;

	tls_requirement_init(&r);
	str_init(&why, WHY_MAX);
	switch (tls_policy_dane(
	    probe_dns(k->probe), &k->to, &k->its_server, tls_until(k->probe), &r, &why)) {
	case TLS_DANE_VERIFY:
		add_verified(k, &r);
		break;
	case TLS_DANE_ENCRYPT:
		add_unusable(k, why.data);
		break;
	case TLS_DANE_NONE:
		add_none(k, why.data);
		break;
	case TLS_DANE_FAILED:
		add_failed(k, why.data);
		break;
	case TLS_DANE_NO_MEMORY:
		probe_no_memory();
	}
	tls_requirement_free(&r);
	str_free(&why);
}
