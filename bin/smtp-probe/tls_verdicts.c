/* SPDX-License-Identifier: ISC */
/* What the certificates of a server are worth to who verifies them: name, dates, chain. */
#include <string.h>

#include "net/endpoint.h"
#include "tls_state.h"

#define SOON_DAYS 14
#define DAY 86400
#define TRUST_FAULTS \
	(TLS_FAULT_SELF_SIGNED | TLS_FAULT_NO_ISSUER | TLS_FAULT_AUTHORITY | TLS_FAULT_OTHER)

/* Who sends to exchangers by no policy takes any certificate (RFC 7435); mail programs do not. */
static enum weight
weigh(const struct tls_look *k)
{
	if (k->is_pinned)
		return PLAIN;
	return tls_is_for_people(k->server) ? PROBLEM : WARNING;
}

/* All faults by NAME; false: nothing can be said. */
static bool
judge(const struct tls_look *k, struct slice name, struct tls_finding *v, unsigned *faults)
{
	struct tls_requirement r;
	bool done;

	tls_requirement_init(&r);
	done = tls_require_name(&r, name) &&
	       tls_chain_judge(probe_tls_client(k->probe), k->chain, &r, v, faults);
	tls_requirement_free(&r);
	return done;
}

/* What the server goes by: its name, or its address. */
static struct slice
name_of(const struct tls_look *k, struct str *room)
{
	if (k->its_server.name.len > 0)
		return k->its_server.name;
	if (k->server->len == 0 || k->server->address.ss_family == AF_UNIX ||
	    endpoint_add_text(room, &k->server->address) == -1)
		return slice_of("");
	return str_slice(room);
}

static const char *
names_of(const struct tls_look *k)
{
	const struct str *names = &k->chain->list[0].names;

	return names->len == 0 ? "no server" : names->data;
}

static void
add_name(const struct tls_look *k, struct slice name, unsigned faults)
{
	bool is_good = (faults & TLS_FAULT_NAME) == 0;
	struct result *res =
	    report_add(k->report, "certificate.name", is_good ? YES : NO, weigh(k));

	result_value(res, "%s", k->chain->list[0].names.data);
	result_source(res, "RFC 9525, 6");
	if (is_good) {
		result_text(res, "The certificate is for %.*s.", (int)name.len, name.data);
		return;
	}
	result_text(
	    res, "The certificate is for %s, not for %.*s.", names_of(k), (int)name.len, name.data);
	if (k->its_server.name.len == 0)
		result_advice(res,
		    "Name the server by its name instead of its address: certificates are for "
		    "names.");
	else
		result_advice(res,
		    "Get one with %.*s among its names (subjectAltName), or name the server by "
		    "one that it has.",
		    (int)name.len, name.data);
}

/* Nobody asks for that but old mail programs; of RFC 8461 it is the exchanger's name. */
static void
add_domain(const struct tls_look *k)
{
	struct tls_finding v;
	unsigned faults;
	struct result *res;
	bool is_good;

	if (!k->to.is_mx || slice_equal_nocase(k->to.domain, k->its_server.name))
		return;
	tls_finding_init(&v);
	if (judge(k, k->to.domain, &v, &faults)) {
		is_good = (faults & TLS_FAULT_NAME) == 0;
		res = report_add(k->report, "certificate.domain", is_good ? YES : NO, PLAIN);
		result_text(res, "The certificate is %sfor the domain %.*s, too.",
		    is_good ? "" : "not ", (int)k->to.domain.len, k->to.domain.data);
	}
	tls_finding_free(&v);
}

/* The first that is out of its time; null: none. */
static const struct tls_chain_certificate *
find_untimely(const struct tls_look *k)
{
	int64_t now = clock_wall_seconds();

	for (size_t i = 0; i < k->chain->count; i++)
		if (now > k->chain->list[i].not_after || now < k->chain->list[i].not_before)
			return &k->chain->list[i];
	return NULL;
}

static void
add_dates(const struct tls_look *k, unsigned faults)
{
	const struct tls_chain_certificate *own = &k->chain->list[0], *bad = find_untimely(k);
	bool is_good = (faults & (TLS_FAULT_EXPIRED | TLS_FAULT_NOT_YET)) == 0;
	bool is_own = bad == own || bad == NULL;
	struct result *res = report_add(
	    k->report, "certificate.dates", is_good ? YES : NO, k->is_pinned ? PLAIN : PROBLEM);
	struct str at;

	str_init(&at, 64);
	tls_add_time(&at, own->not_after);
	result_value(res, "%s", at.data);
	result_source(res, "RFC 5280, 6.1.3");
	if (is_good) {
		result_text(res, "The certificate is valid until %s.", at.data);
	} else {
		bool is_late = (faults & TLS_FAULT_EXPIRED) != 0;

		str_clear(&at);
		if (bad != NULL)
			tls_add_time(&at, is_late ? bad->not_after : bad->not_before);
		result_text(res, "The certificate%s %s %s.", is_own ? "" : " of its authority",
		    is_late ? "expired on" : "is not valid before",
		    at.len > 0 ? at.data : "a date of its chain");
		result_advice(res,
		    is_late ? "Renew it, have the server load the new one, and look why it was "
			      "not renewed in time."
			    : "Look whether the clocks of that host and of its authority are "
			      "right.");
	}
	str_free(&at);
}

static void
add_renewal(const struct tls_look *k)
{
	int64_t left = k->chain->list[0].not_after - clock_wall_seconds();
	bool is_soon = left < (int64_t)SOON_DAYS * DAY;
	struct result *res;

	if (left < 0)
		return;
	res = report_add(k->report, "certificate.renewal", is_soon ? NO : YES, WARNING);
	result_text(res,
	    is_soon ? "The certificate expires in %lld day%s."
		    : "The certificate has %lld day%s left.",
	    (long long)(left / DAY), left / DAY == 1 ? "" : "s");
	if (is_soon)
		result_advice(res, "Renew it, and have the server load the new one.");
}

/* The last of those sent: what it was issued by would have to be known here. */
static void
explain_issuer(const struct tls_look *k, struct result *res)
{
	const struct tls_chain_certificate *last = &k->chain->list[k->chain->count - 1];

	result_value(res, "incomplete");
	if (last->names_issuer && k->chain->count == 1)
		result_text(res,
		    "The server sends its own certificate alone; that of the issuer (%s) is "
		    "missing, and not known here.",
		    last->issuer.data);
	else
		result_text(res,
		    "The chain of %zu ends with one issued by %s, which is neither sent nor known "
		    "here.",
		    k->chain->sent, last->issuer.data);
	result_advice(res,
	    "If the authority is a public one, an intermediate certificate is missing: have the "
	    "server send the whole chain (often 'fullchain.pem'). A private one is known to "
	    "nobody else.");
}

static void
explain_chain(
    const struct tls_look *k, struct result *res, const struct tls_finding *v, unsigned faults)
{
	if ((faults & TLS_FAULT_SELF_SIGNED) != 0) {
		result_value(res, "self-signed");
		result_text(res, "The certificate is signed by itself: nobody vouches for it.");
		result_advice(
		    res, "Get one of a public authority (such as by ACME), or publish it by DANE.");
	} else if ((faults & TLS_FAULT_AUTHORITY) != 0) {
		result_value(res, "unknown-authority");
		result_text(res, "The chain ends with %s, whom this system does not know.",
		    k->chain->list[k->chain->count - 1].subject.data);
		result_advice(res,
		    "Get a certificate of a public authority; or, if that is one, bring the "
		    "authorities of this system up to date (ca-certificates).");
	} else if ((faults & TLS_FAULT_NO_ISSUER) != 0) {
		explain_issuer(k, res);
	} else {
		result_value(res, "invalid");
		result_text(res, "It does not verify: %s.", v->problem.data);
	}
}

static void
add_chain(const struct tls_look *k, const struct tls_finding *v, unsigned faults)
{
	bool is_good = (faults & TRUST_FAULTS) == 0;
	struct result *res =
	    report_add(k->report, "certificate.chain", is_good ? YES : NO, weigh(k));

	result_source(res, "RFC 5280, 6");
	if (!is_good) {
		explain_chain(k, res, v, faults);
		return;
	}
	result_value(res, "verified");
	result_text(res, "Its chain leads to an authority that this system knows.");
}

void
tls_add_verdicts(const struct tls_look *k)
{
	struct str room;
	struct slice name;
	struct tls_finding v;
	unsigned faults;

	if (k->chain->count == 0)
		return;
	str_init(&room, 64);
	tls_finding_init(&v);
	name = name_of(k, &room);
	/* what has no name at all is judged by what is no name of anybody's */
	if (judge(k, name.len > 0 ? name : slice_of("nobody.invalid"), &v, &faults)) {
		if (name.len > 0)
			add_name(k, name, faults);
		add_domain(k);
		add_dates(k, faults);
		add_renewal(k);
		add_chain(k, &v, faults);
	}
	tls_finding_free(&v);
	str_free(&room);
}
