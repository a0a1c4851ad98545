/* SPDX-License-Identifier: ISC */
#include "net/tls_policy_dane.h"

#include <stdio.h>

#include "net/dns_tlsa.h"

#define CANDIDATES_MAX 2
#define PREFETCH_MAX 10
#define PREFETCH_MS 2000

/* One look at one server. */
struct look {
	struct dns *dns;
	const struct tls_destination *to;
	const struct tls_server *server;
	deadline until;
	struct str *why;
	struct dns_tlsa candidates[CANDIDATES_MAX]; /* TLSA base domains, the best first; 2.2.3 */
	size_t count;
};

static bool
say(const struct look *l, const char *text)
{
	str_clear(l->why);
	return str_add_text(l->why, text) == 0;
}

static bool
say_where(const struct look *l, const char *text, const struct dns_tlsa *at)
{
	str_clear(l->why);
	return str_format(l->why, "%s at _%u._tcp.%.*s", text, (unsigned)at->port,
		   (int)at->host.len, at->host.data) == 0;
}

static void
add_candidate(struct look *l, struct slice host)
{
	if (host.len > 0 && l->count < CANDIDATES_MAX)
		l->candidates[l->count++] =
		    (struct dns_tlsa){.host = host, .port = l->server->port};
}

static enum tls_dane
none(const struct look *l, const char *why)
{
	return say(l, why) ? TLS_DANE_NONE : TLS_DANE_NO_MEMORY;
}

/*
 * Where records may be (2.2.2): under the name that the aliases of the server lead to and under its
 * own if all of that is signed; under its own alone if it is signed, but not what it is an alias
 * of. NONE if nowhere; VERIFY to ask.
 */
static enum tls_dane
find_candidates(struct look *l)
{
	const struct tls_server *server = l->server;
	bool alias_is_secure = false;

	if (server->name.len == 0)
		return none(l, "an address has no TLSA records");
	if (!dns_is_trusted(l->dns))
		return none(l, "no DANE, as the resolver is not trusted");
	if (l->to->is_mx && !l->to->is_secure)
		return none(l, "no DANE, as the MX records are not signed");
	if (!server->is_secure && server->expanded.len > 0 &&
	    dns_alias_is_secure(l->dns, server->name, l->until, &alias_is_secure) != DNS_FOUND)
		return say(l, "whether the name is signed cannot be looked up")
			   ? TLS_DANE_FAILED
			   : TLS_DANE_NO_MEMORY;
	if (!server->is_secure && !alias_is_secure)
		return none(l, "no DANE, as the server's address is not signed");
	if (server->is_secure)
		add_candidate(l, server->expanded);
	add_candidate(l, server->name);
	/* the domain itself, under the name that its aliases lead to */
	if (l->to->is_mx && slice_equal_nocase(server->name, l->to->expanded))
		add_candidate(l, l->to->domain);
	return TLS_DANE_VERIFY;
}

/* The first candidate with signed records, or null with *failed set where one may be. */
static struct dns_tlsa *
choose(struct look *l, struct dns_tlsa **failed)
{
	*failed = NULL;
	for (size_t i = 0; i < l->count; i++) {
		struct dns_tlsa *one = &l->candidates[i];

		if (one->result == DNS_TEMPORARY) {
			*failed = one;
			return NULL;
		}
		if (one->result == DNS_FOUND && one->is_secure)
			return one;
	}
	return NULL;
}

static bool
add_name(struct tls_requirement *r, struct slice host)
{
	for (size_t i = 0; i < r->name_count; i++)
		if (slice_is_nocase(host, r->names[i]))
			return true;
	return host.len == 0 || tls_requirement_add_name(r, host) == 0;
}

/* Reference identifiers: the TLSA base domain, and where mail was to go at first (3.2.2). */
static bool
name(const struct look *l, const struct dns_tlsa *found, struct tls_requirement *r)
{
	r->name_count = 0;
	return add_name(r, found->host) && add_name(r, l->to->domain) &&
	       add_name(r, l->to->expanded);
}

static enum tls_dane
use(const struct look *l, struct dns_tlsa *found, struct tls_requirement *r)
{
	if (found->count == 0)
		return say_where(l, "TLSA records, none of them usable,", found)
			   ? TLS_DANE_ENCRYPT
			   : TLS_DANE_NO_MEMORY;
	if (!name(l, found, r) ||
	    str_format(&r->reason, "%zu usable TLSA record%s (secure) at _%u._tcp.%s", found->count,
		found->count == 1 ? "" : "s", (unsigned)found->port, r->names[0]) == -1)
		return TLS_DANE_NO_MEMORY;
	r->level = TLS_LEVEL_DANE;
	r->by = TLS_BY_DANE;
	snprintf(r->sni, sizeof r->sni, "%s", r->names[0]); /* 8.1 */
	r->tlsa = found->list;
	r->tlsa_count = found->count;
	found->list = NULL;
	return TLS_DANE_VERIFY;
}

static enum tls_dane
ask(struct look *l, struct tls_requirement *r)
{
	struct dns_tlsa *found, *failed;

	dns_tlsa_ask(l->dns, l->candidates, l->count, l->until);
	found = choose(l, &failed);
	if (found != NULL)
		return use(l, found, r);
	if (failed != NULL)
		return say_where(l, "TLSA records cannot be looked up", failed)
			   ? TLS_DANE_FAILED
			   : TLS_DANE_NO_MEMORY;
	return say_where(l, "no TLSA records", &l->candidates[0]) ? TLS_DANE_NONE
								  : TLS_DANE_NO_MEMORY;
}

enum tls_dane
tls_policy_dane(struct dns *d, const struct tls_destination *to, const struct tls_server *server,
    deadline until, struct tls_requirement *r, struct str *why)
{
	struct look l = {.dns = d, .to = to, .server = server, .until = until, .why = why};
	enum tls_dane result;

	str_clear(why);
	result = find_candidates(&l);
	if (result == TLS_DANE_VERIFY)
		result = ask(&l, r);
	for (size_t i = 0; i < l.count; i++)
		dns_tlsa_free(&l.candidates[i]);
	return result;
}

void
tls_policy_dane_prefetch(struct dns *d, const struct tls_destination *to,
    const struct tls_server *servers, size_t count, deadline until)
{
	struct dns_tlsa all[PREFETCH_MAX];
	deadline soon = deadline_in_ms(PREFETCH_MS);
	size_t n = 0;

	if (!dns_is_trusted(d) || (to->is_mx && !to->is_secure))
		return;
	for (size_t i = 0; i < count && n < PREFETCH_MAX; i++) {
		const struct tls_server *one = &servers[i];

		if (one->is_secure && one->name.len > 0)
			all[n++] = (struct dns_tlsa){
			    .host = one->expanded.len > 0 ? one->expanded : one->name,
			    .port = one->port};
	}
	if (n > 1)
		dns_tlsa_ask(d, all, n, soon < until ? soon : until);
	for (size_t i = 0; i < n; i++)
		dns_tlsa_free(&all[i]);
}
