/* SPDX-License-Identifier: ISC */
#include <sys/un.h>

#include <stdio.h>
#include <string.h>

#include "base/slice.h"
#include "explain.h"
#include "net/endpoint.h"
#include "send.h"

#define SMTP_PORT 25
#define LOOKUP_SECONDS 60
#define SMTPS_PORT 465
#define LMTP_PORT 24 /* what is usual; there is none assigned */

/* A resolver that keeps silent must not keep a worker for as long as a message may take. */
static deadline
until(const struct attempt *a)
{
	deadline own = deadline_in_seconds(LOOKUP_SECONDS);

	return own < a->until ? own : a->until;
}

static void
fail(struct attempt *a, enum client_status status, const char *code, const char *text,
    struct slice what)
{
	struct client_outcome outcome;

	client_outcome_init(&outcome);
	client_outcome_set(&outcome, status, code, "%s: %.*s", text, (int)what.len, what.data);
	attempt_note_failure(a, &outcome, slice_of(""));
	client_outcome_free(&outcome);
}

/*
 * What the DNS says about a domain that mail is for. Only its "no" is permanent: a name without
 * records may be a zone that is being moved.
 */
static void
fail_domain(struct attempt *a, enum dns_result result, struct slice domain)
{
	switch (result) {
	case DNS_NO_NAME:
		fail(a, CLIENT_PERMANENT, "5.1.2", dns_text(result), domain);
		break;
	case DNS_NO_DATA:
		fail(a, CLIENT_TEMPORARY, "4.4.4", dns_text(result), domain);
		break;
	case DNS_NULL_MX: /* RFC 7505, 4.1 */
		fail(a, CLIENT_PERMANENT, "5.1.10", dns_text(result), domain);
		break;
	case DNS_TEMPORARY:
	case DNS_FOUND:
		fail(a, CLIENT_TEMPORARY, "4.4.3", dns_text(result), domain);
	}
}

static struct hop *
add_hop(struct hops *h, struct slice name, const struct sockaddr_storage *address, socklen_t len,
    uint16_t port)
{
	struct hop *hop;

	if (h->count == HOPS_MAX)
		return NULL;
	hop = &h->list[h->count++];
	*hop = (struct hop){.len = len, .is_lmtp = h->is_lmtp, .is_smtps = h->is_smtps};
	snprintf(hop->name, sizeof hop->name, "%.*s", (int)name.len, name.data);
	hop->address = *address;
	if (address->ss_family != AF_UNIX)
		endpoint_set_port(&hop->address, port);
	return hop;
}

static void
add_literal(struct hops *h, struct slice name, const struct sockaddr_storage *address,
    socklen_t len, uint16_t port)
{
	struct hop *hop = add_hop(h, name, address, len, port);

	if (hop != NULL)
		hop->is_literal = true;
}

static void
add_hops(struct hops *h, struct slice name, const struct dns_addresses *found, uint16_t port)
{
	unsigned six = 0, four = 0;

	for (size_t i = 0; i < found->count; i++) {
		const struct dns_address *one = &found->list[i];
		unsigned *count = one->address.ss_family == AF_INET6 ? &six : &four;
		struct hop *hop;

		if ((*count)++ >= FAMILY_MAX)
			continue;
		hop = add_hop(h, name, &one->address, one->len, port);
		if (hop == NULL)
			return;
		hop->is_secure = found->is_secure;
		snprintf(hop->expanded, sizeof hop->expanded, "%s", found->expanded);
	}
}

/* NAME with A-labels, which the DNS and certificates have. What is no domain name stays. */
static struct slice
with_a_labels(struct hops *h, struct slice name)
{
	return idn_to_ascii(name, h->domain) ? slice_of(h->domain) : name;
}

/* "HOST:PORT" of a route: an administrator's word, so a name that is not there may yet come. */
static bool
open_route(struct sender *s, struct attempt *a, struct slice text, struct hops *h)
{
	struct endpoint_text parts;
	struct sockaddr_storage address;
	struct dns_addresses found;
	enum dns_result result;
	socklen_t len;
	uint16_t port;

	if (!endpoint_split(text, &parts)) {
		fail(a, CLIENT_TEMPORARY, "4.3.5", "route is no HOST:PORT", text);
		return false;
	}
	port = parts.has_port ? parts.port
	       : h->is_lmtp   ? LMTP_PORT
	       : h->is_smtps  ? SMTPS_PORT
			      : SMTP_PORT;
	if (h->is_lmtp && port == SMTP_PORT) { /* RFC 2033, 5 */
		fail(a, CLIENT_TEMPORARY, "4.3.5", "LMTP does not go to port 25", text);
		return false;
	}
	if (!parts.bracketed)
		parts.host = with_a_labels(h, parts.host);
	h->to.domain =
	    parts.bracketed ? slice_make(parts.host.data - 1, parts.host.len + 2) : parts.host;
	if (endpoint_parse(parts.host, port, &address, &len)) {
		add_literal(h, parts.host, &address, len, port);
		return true;
	}
	result = dns_host_addresses(s->dns, parts.host, until(a), &found);
	add_hops(h, parts.host, &found, port);
	dns_addresses_free(&found);
	if (result != DNS_FOUND)
		fail(a, CLIENT_TEMPORARY, result == DNS_TEMPORARY ? "4.4.3" : "4.4.4",
		    dns_text(result), parts.host);
	return result == DNS_FOUND;
}

/* The next of the servers that a route names, "smtp:HOST:PORT,smtps:HOST:PORT", that is to be
 * found.
 */
static bool
open_next_route(struct sender *s, struct attempt *a, struct hops *h)
{
	struct slice one;

	while (slice_take(&h->rest, ',', &one)) {
		h->count = 0;
		h->decided = NULL;
		h->is_smtps = slice_starts(one, "smtps:");
		if (open_route(s, a, slice_skip(one, slice_find(one, ':') + 1), h))
			return true;
	}
	return false;
}

/* "unix:PATH" of a route. */
static bool
open_socket(struct attempt *a, struct slice path, struct hops *h)
{
	struct sockaddr_storage address = {.ss_family = AF_UNIX};
	struct sockaddr_un *local = (struct sockaddr_un *)&address;

	if (path.len == 0 || path.data[0] != '/' || path.len >= sizeof local->sun_path) {
		fail(a, CLIENT_TEMPORARY, "4.3.5",
		    path.len > 1 && path.data[0] == '/' ? "path of a socket is too long"
							: "not the whole path of a socket",
		    path);
		return false;
	}
	memcpy(local->sun_path, path.data, path.len);
	add_literal(h, path, &address, sizeof *local, 0);
	return true;
}

static bool
open_lmtp(struct sender *s, struct attempt *a, struct slice text, struct hops *h)
{
	h->is_lmtp = true;
	if (slice_starts(text, "unix:"))
		return open_socket(a, slice_skip(text, strlen("unix:")), h);
	return open_route(s, a, text, h);
}

static bool
has_own_name(const struct sender *s, const struct dns_exchanger *one)
{
	struct slice name = slice_of(one->name);

	return slice_equal_nocase(name, str_slice(&s->me)) ||
	       slice_equal_nocase(name, str_slice(&s->helo));
}

/*
 * By an address that the administrator has named, or that an interface has; the latter where the
 * port is the one that this host will listen on.
 */
static bool
is_own_address(const struct sender *s, const struct sockaddr_storage *address)
{
	struct str text;
	bool own;

	str_init(&text, 64);
	own = endpoint_add_text(&text, address) == 0 && cidr_list_contains(&s->own, text.data);
	str_free(&text);
	return own || (s->mx_port == SMTP_PORT && endpoint_is_own(address));
}

/* user@[192.0.2.1]: that host itself (RFC 5321, 5.1). */
static bool
open_literal(struct sender *s, struct attempt *a, struct slice domain, struct hops *h)
{
	struct sockaddr_storage address;
	struct slice text = slice_make(domain.data + 1, domain.len - 2);
	socklen_t len;

	if (!endpoint_parse(text, s->mx_port, &address, &len)) {
		fail(a, CLIENT_PERMANENT, "5.1.2", "not an address", domain);
		return false;
	}
	if (is_own_address(s, &address)) {
		fail(a, CLIENT_PERMANENT, "5.4.6", "mail loops back to this host", domain);
		return false;
	}
	h->to.domain = domain;
	add_literal(h, text, &address, len, s->mx_port);
	return true;
}

static void
fail_loop(struct attempt *a)
{
	fail(a, CLIENT_PERMANENT, "5.4.6", "mail loops back to this host", a->destination);
}

/*
 * If this host is among the exchangers, they of its preference and all behind are not for us to try
 * (RFC 5321, 5.1). Of those there may be more than are looked up, so names are compared before.
 */
static void
cut_at_own_name(const struct sender *s, struct dns_exchangers *e)
{
	for (size_t i = 0; i < e->count; i++) {
		if (!has_own_name(s, &e->list[i]))
			continue;
		while (i > 0 && e->list[i - 1].preference == e->list[i].preference)
			i--;
		e->count = i;
	}
}

static bool
open_domain(struct sender *s, struct attempt *a, struct slice domain, struct hops *h)
{
	enum dns_result result = dns_exchangers(s->dns, domain, until(a), &h->exchangers);

	h->to = (struct tls_destination){.domain = domain,
	    .expanded = slice_of(h->exchangers.expanded),
	    .is_mx = true,
	    .is_secure = h->exchangers.is_secure};
	if (result != DNS_FOUND) {
		fail_domain(a, result, domain);
	} else if (h->exchangers.count == 0) {
		fail(a, CLIENT_TEMPORARY, "4.4.4", "No MX record names a host", domain);
	} else {
		explain_exchangers(a, h);
		cut_at_own_name(s, &h->exchangers);
		if (h->exchangers.count == 0)
			fail_loop(a);
	}
	return h->exchangers.count > 0;
}

bool
hops_open(struct sender *s, struct attempt *a, struct hops *h)
{
	struct slice to = a->destination;

	explain_begin(a, "destination");
	h->exchangers = (struct dns_exchangers){.list = NULL};
	h->to = (struct tls_destination){.is_mx = false};
	h->decided = NULL;
	h->next = h->count = 0;
	h->is_lmtp = h->is_smtps = false;
	h->rest = slice_of("");
	tls_requirement_init(&h->tls);
	if (slice_starts(to, "smtp:") || slice_starts(to, "smtps:")) {
		h->rest = to;
		return open_next_route(s, a, h);
	}
	if (slice_starts(to, "lmtp:"))
		return open_lmtp(s, a, slice_skip(to, 5), h);
	if (!slice_starts(to, "mx:") || to.len == 3) {
		fail(a, CLIENT_TEMPORARY, "4.3.5", "not a destination of smtp-send", to);
		return false;
	}
	to = slice_skip(to, 3);
	if (to.data[0] == '[' && to.data[to.len - 1] == ']')
		return open_literal(s, a, to, h);
	return open_domain(s, a, with_a_labels(h, to), h);
}

void
hops_close(struct hops *h)
{
	dns_exchangers_free(&h->exchangers);
	tls_requirement_free(&h->tls);
}

static bool
is_this_host(const struct sender *s, const struct dns_addresses *found)
{
	for (size_t i = 0; i < found->count; i++)
		if (is_own_address(s, &found->list[i].address))
			return true;
	return false;
}

/* Adds the addresses of one exchanger. False if it is this host. */
static bool
add_exchanger(struct sender *s, struct attempt *a, struct hops *h, const struct dns_exchanger *one)
{
	struct dns_addresses found;
	struct slice name = slice_of(one->name);
	enum dns_result result = dns_addresses(s->dns, name, until(a), &found);
	bool own = is_this_host(s, &found);

	if (!own && result == DNS_FOUND)
		add_hops(h, name, &found, s->mx_port);
	else if (!own) /* for want of one server's address nothing is lost yet */
		fail(a, CLIENT_TEMPORARY, result == DNS_TEMPORARY ? "4.4.3" : "4.4.4",
		    "mail exchanger has no address", name);
	dns_addresses_free(&found);
	return !own;
}

/* Those of the preference that comes next, all at once. */
static void
prefetch_addresses(struct sender *s, const struct attempt *a, const struct hops *h)
{
	const struct dns_exchanger *list = h->exchangers.list;
	struct slice names[EXCHANGERS_MAX];
	size_t count = 0;

	for (size_t i = h->next; i < h->exchangers.count && i < EXCHANGERS_MAX &&
				 list[i].preference == list[h->next].preference;
	     i++)
		names[count++] = slice_of(list[i].name);
	dns_prefetch(s->dns, names, count, a->until);
}

/* The exchangers of the preference that comes next; if one is this host, there are no more. */
static void
fill_group(struct sender *s, struct attempt *a, struct hops *h)
{
	const struct dns_exchanger *list = h->exchangers.list;
	size_t first = h->next;

	prefetch_addresses(s, a, h);
	for (; h->next < h->exchangers.count && h->next < EXCHANGERS_MAX &&
	       list[h->next].preference == list[first].preference;
	     h->next++) {
		if (add_exchanger(s, a, h, &list[h->next]))
			continue;
		h->next = h->exchangers.count;
		h->count = 0;
		if (first == 0)
			fail_loop(a);
		return;
	}
}

bool
hops_next_group(struct sender *s, struct attempt *a, struct hops *h)
{
	bool found;

	explain_begin(a, "address");
	if (h->exchangers.count == 0) { /* a route or a literal: filled already, but for more */
		bool fresh = h->next == 0;

		h->next = 1;
		found = (fresh && h->count > 0) || open_next_route(s, a, h);
	} else {
		h->count = 0;
		h->decided = NULL;
		while (h->count == 0 && h->next < h->exchangers.count && h->next < EXCHANGERS_MAX)
			fill_group(s, a, h);
		hops_prefetch_tls(s, a, h);
		found = h->count > 0;
	}
	if (found)
		explain_servers(s, a, h);
	return found;
}
