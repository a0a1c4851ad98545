/* SPDX-License-Identifier: ISC */
#include "conf/route.h"

#include <string.h>

#include "conf/hosted.h"
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

/* 1, 0, or -1 and the search has ended. */
static int
whose(struct search *s, struct slice domain, bool *is_local)
{
	const struct routes *r = s->routes;
	int local = domain.len == 0 ? 1 : routes_is_local(r, domain);
	int hosted = local != 0 ? 0 : routes_is_hosted(r, domain);

	*is_local = local == 1;
	if (local == -1 || hosted == -1) {
		/* whoever asks must not be told that the domain is somebody else's */
		s->route->is_ours = true;
		if (local == -1)
			return search_damaged(s, &r->locals);
		return search_damaged(s, r->virtual.cdb != NULL ? &r->virtual : &r->domains);
	}
	s->route->is_ours = local == 1 || hosted == 1 || wrapped_owns(r, domain);
	return local == 1 || hosted == 1;
}

/* Whose domain it is. */
static void
note_domain(const struct search *s, struct slice domain, bool is_local)
{
	const struct routes *r = s->routes;
	struct table_entry entry;
	bool has_entry = table_get(&r->locals, domain, &entry) == 1;
	bool is_listed = !is_local && table_get(&r->domains, domain, &entry) == 1;

	search_note(s, r->has_locals || domain.len == 0 ? "locals" : "me", &r->locals,
	    has_entry ? &entry : NULL, domain.len > 0 ? domain : routes_me(r),
	    is_local ? "a domain of this host's users" : "no domain of this host's users");
	if (is_listed)
		search_note(s, "domains", &r->domains, &entry, domain, "a hosted domain");
	else if (!is_local)
		search_note(s, "virtual", &r->virtual, NULL, domain,
		    s->route->is_ours ? "a hosted domain" : "no hosted domain");
}

static int
find(struct search *s, const struct address *a, struct slice local)
{
	bool is_local;
	int ours = whose(s, a->domain, &is_local);

	if (ours == -1)
		return 0;
	note_domain(s, a->domain, is_local);
	if (srs_is_wrapped(&s->routes->srs, local, a->domain))
		return wrapped_find(s, local);
	if (wrapped_owns(s->routes, a->domain))
		return wrapped_find_other(s, local, a->domain);
	if (is_local)
		return search_local(s, local);
	return ours == 1 ? hosted_find(s, local, a->domain) : remote_find(s, local, a->domain);
}

static int
find_for(struct search *s, struct slice address)
{
	struct address a;
	struct str unquoted;
	int result;

	clear(s->route);
	if (address_parse(address, ADDRESS_UTF8 | ADDRESS_BARE, &a) != ADDRESS_OK)
		return search_end(s, ROUTE_UNKNOWN, "not a valid address", slice_of(NULL), "");
	s->written = a.local;
	if (a.local.data[0] != '"')
		return find(s, &a, a.local);
	str_init(&unquoted, ADDRESS_LOCAL_MAX);
	result = address_unquoted_local(&a, &unquoted);
	if (result == 0)
		result = find(s, &a, str_slice(&unquoted));
	str_free(&unquoted);
	return result;
}

bool
route_is_past_aliases(struct slice local)
{
	return slice_starts(local, "\"\\\\");
}

int
route_find(const struct routes *r, struct slice address, struct route *route)
{
	struct search s = {.routes = r, .route = route};

	return find_for(&s, address);
}

int
route_find_from(
    const struct routes *r, struct slice sender, struct slice address, struct route *route)
{
	struct search s = {.routes = r, .route = route, .sender = &sender};

	return find_for(&s, address);
}

int
route_targets(const struct routes *r, struct slice address, struct route *route)
{
	struct search s = {.routes = r, .route = route, .asks_tables_alone = true};

	return find_for(&s, address);
}
