/* SPDX-License-Identifier: ISC */
#include "conf/wrapped.h"

#include "base/clock.h"
#include "conf/routes.h"

static int
forward(struct search *s, struct slice local, struct slice address)
{
	struct route *route = s->route;

	search_note(s, "srs", NULL, NULL, local, "wraps a sender, to whom it goes back");
	route->kind = ROUTE_TARGETS;
	if (str_add_slice(&route->targets, address) == -1)
		return -1;
	return str_add_char(&route->targets, '\n');
}

static int
refuse(struct search *s, struct slice local, const char *why)
{
	search_note(s, "srs", NULL, NULL, local, why);
	return search_end(s, ROUTE_UNKNOWN, why, slice_of(""), "");
}

int
wrapped_find(struct search *s, struct slice local)
{
	struct str address;
	int result = -1;

	str_init(&address, s->route->targets.cap);
	switch (srs_unwrap(&s->routes->srs, local, clock_wall_seconds(), &address)) {
	case SRS_GOOD:
		result = forward(s, local, str_slice(&address));
		break;
	case SRS_FORGED:
		result = refuse(s, local, "it wraps a sender, but was not made here");
		break;
	case SRS_EXPIRED:
		result = refuse(s, local, "it wrapped a sender, but is too old");
		break;
	case SRS_CLOSED:
		result = search_end(s, ROUTE_TEMPORARY,
		    "only who may read srs-keys can tell whether it was made here", slice_of(""),
		    "");
		break;
	case SRS_FAILED:
		break;
	}
	str_free(&address);
	return result;
}

int
wrapped_find_other(struct search *s, struct slice local, struct slice domain)
{
	if (slice_is_nocase(local, "postmaster") || search_is_role(s, local))
		return search_local(s, local);
	return search_end(s, ROUTE_UNKNOWN, "no such recipient at ", domain, "");
}

bool
wrapped_owns(const struct routes *r, struct slice domain)
{
	return r->srs.domain.len > 0 && slice_equal_nocase(domain, str_slice(&r->srs.domain)) &&
	       !routes_is_local(r, domain) && !routes_is_hosted(r, domain);
}

bool
routes_can_wrap(const struct routes *r)
{
	return !r->srs.is_closed;
}

int
routes_wrap_sender(const struct routes *r, struct slice sender, struct str *out)
{
	size_t at = slice_find_last(sender, '@');

	if (at == sender.len || routes_is_ours(r, slice_skip(sender, at + 1)))
		return 0;
	return srs_wrap(&r->srs, sender, clock_wall_seconds(), out);
}
