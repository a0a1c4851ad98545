/* SPDX-License-Identifier: ISC */
#include "conf/route.h"

#include <string.h>

#include "conf/remote.h"
#include "conf/routes.h"
#include "conf/search.h"
#include "conf/wrapped.h"
#include "mail/address.h"

#define REASON_MAX 1000
/* a job (spool/job.h) has to carry them beside other fields */
#define TARGETS_MAX 32768
#define NEXT_HOP_MAX 4096

void
route_init(struct route *route)
{
	*route = (struct route){.kind = ROUTE_UNKNOWN};
	str_init(&route->user, 256);
	str_init(&route->extension, ADDRESS_LOCAL_MAX);
	str_init(&route->targets, TARGETS_MAX);
	str_init(&route->next_hop, NEXT_HOP_MAX);
	str_init(&route->code, 16);
	str_init(&route->reason, REASON_MAX);
}

void
route_free(struct route *route)
{
	str_free(&route->user);
	str_free(&route->extension);
	str_free(&route->targets);
	str_free(&route->next_hop);
	str_free(&route->code);
	str_free(&route->reason);
}

static void
clear(struct route *route)
{
	route->kind = ROUTE_UNKNOWN;
	route->is_ours = route->is_relay = route->is_held = false;
	str_clear(&route->user);
	str_clear(&route->extension);
	str_clear(&route->targets);
	str_clear(&route->next_hop);
	str_clear(&route->code);
	str_clear(&route->reason);
}

/* The entry of LOCAL@DOMAIN in virtual, or null. */
static const struct table_entry *
hosted_entry(const struct routes *r, struct slice local, struct slice domain)
{
	char key[ADDRESS_LOCAL_MAX + 1 + ADDRESS_DOMAIN_MAX];

	if (local.len > ADDRESS_LOCAL_MAX || domain.len > ADDRESS_DOMAIN_MAX)
		return NULL;
	memcpy(key, local.data, local.len);
	key[local.len] = '@';
	memcpy(key + local.len + 1, domain.data, domain.len);
	return table_find(&r->virtual, slice_make(key, local.len + 1 + domain.len));
}

static int
find_hosted(struct search *s, struct slice local, struct slice domain)
{
	bool is_postmaster = slice_is_nocase(local, "postmaster");
	const struct table_entry *found = hosted_entry(s->routes, local, domain);
	size_t plus = slice_find(local, '+');

	if (found == NULL)
		found = hosted_entry(s->routes, s->written, domain);
	if (found == NULL && plus > 0 && plus < local.len)
		found = hosted_entry(s->routes, slice_make(local.data, plus), domain);
	if (found == NULL && !is_postmaster)
		found = hosted_entry(s->routes, slice_of(NULL), domain);
	search_note(s, "virtual", &s->routes->virtual, found, local,
	    found != NULL ? "a hosted address" : "no such hosted address");
	if (found != NULL)
		return search_alias(s, found, slice_of(NULL));
	if (is_postmaster)
		return search_local(s, local);
	if (search_is_role(local))
		return find_hosted(s, slice_of("postmaster"), domain);
	return search_end(s, ROUTE_UNKNOWN, "no such recipient at ", domain, "");
}

/* Whose domain it is. */
static void
note_domain(const struct search *s, struct slice domain)
{
	const struct routes *r = s->routes;
	const struct table_entry *entry = table_find(&r->locals, domain);
	bool is_local = domain.len == 0 || routes_is_local(r, domain);

	search_note(s, r->has_locals || domain.len == 0 ? "locals" : "me", &r->locals, entry,
	    domain.len > 0 ? domain : routes_me(r),
	    is_local ? "a domain of this host's users" : "no domain of this host's users");
	if (!is_local)
		search_note(s, "virtual", &r->hosted, NULL, domain,
		    s->route->is_ours ? "a hosted domain" : "no hosted domain");
}

static int
find(struct search *s, const struct address *a, struct slice local)
{
	s->route->is_ours = a->domain.len == 0 || routes_is_ours(s->routes, a->domain);
	note_domain(s, a->domain);
	if (srs_is_wrapped(&s->routes->srs, local, a->domain))
		return wrapped_find(s, local);
	if (wrapped_owns(s->routes, a->domain))
		return wrapped_find_other(s, local, a->domain);
	if (a->domain.len == 0 || routes_is_local(s->routes, a->domain))
		return search_local(s, local);
	if (s->route->is_ours)
		return find_hosted(s, local, a->domain);
	return remote_find(s, local, a->domain);
}

static int
find_for(
    const struct routes *r, const struct slice *sender, struct slice address, struct route *route)
{
	struct search s = {.routes = r, .route = route, .sender = sender};
	struct address a;
	struct str unquoted;
	int result;

	clear(route);
	if (address_parse(address, ADDRESS_UTF8 | ADDRESS_BARE, &a) != ADDRESS_OK)
		return search_end(&s, ROUTE_UNKNOWN, "not a valid address", slice_of(NULL), "");
	s.written = a.local;
	if (a.local.data[0] != '"')
		return find(&s, &a, a.local);
	str_init(&unquoted, ADDRESS_LOCAL_MAX);
	result = address_unquoted_local(&a, &unquoted);
	if (result == 0)
		result = find(&s, &a, str_slice(&unquoted));
	str_free(&unquoted);
	return result;
}

int
route_find(const struct routes *r, struct slice address, struct route *route)
{
	return find_for(r, NULL, address, route);
}

int
route_find_from(
    const struct routes *r, struct slice sender, struct slice address, struct route *route)
{
	return find_for(r, &sender, address, route);
}
