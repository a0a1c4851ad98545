/* SPDX-License-Identifier: ISC */
#include "conf/remote.h"

#include <string.h>

#include "conf/gateway.h"
#include "conf/hop.h"
#include "conf/routes.h"
#include "mail/address.h"

/* The entry "LOCAL@DOMAIN", or "LOCAL*@DOMAIN" for a PREFIX: 1, 0 or -1, as search_get. */
static int
find_address(struct search *s, struct slice local, bool is_prefix, struct slice domain,
    struct table_entry *found)
{
	char key[ADDRESS_LOCAL_MAX + 2 + ADDRESS_DOMAIN_MAX];
	size_t len = local.len;

	if (local.len > ADDRESS_LOCAL_MAX || domain.len > ADDRESS_DOMAIN_MAX)
		return 0;
	memcpy(key, local.data, local.len);
	if (is_prefix)
		key[len++] = '*';
	key[len++] = '@';
	memcpy(key + len, domain.data, domain.len);
	return table_get(&s->routes->hops, slice_make(key, len + domain.len), found);
}

/* The address itself, as it is or was written; else the longest of what it begins with. */
static int
find_by_address(
    struct search *s, struct slice local, struct slice domain, struct table_entry *entry)
{
	int found = find_address(s, local, false, domain, entry);
	size_t len = local.len;

	if (found == 0)
		found = find_address(s, s->written, false, domain, entry);
	while (found == 0 && s->routes->has_patterns) {
		found = find_address(s, slice_make(local.data, len), true, domain, entry);
		if (len-- == 0)
			break;
	}
	return found;
}

/* Anybody may write to relay domains under anybody's name, so there the sender does not count. */
static int
find_by_sender(struct search *s, struct table_entry *entry)
{
	const struct table *senders = &s->routes->senders;
	int found;

	if (s->sender == NULL || s->route->is_relay ||
	    (senders->count == 0 && senders->cdb == NULL))
		return 0;
	found = table_get_sender(senders, *s->sender, entry);
	search_note(s, "senderroutes", senders, found == 1 ? entry : NULL,
	    s->sender->len > 0 ? *s->sender : slice_of("<>"),
	    found == 1 ? "the sender's entry decides" : "no entry");
	return found == -1 ? search_damaged(s, senders) : found;
}

/*
 * The entry that says how mail is sent on: of the address, the domain, the sender, all. 1, 0 if
 * there is none, or -1 and the search has ended.
 */
static int
find_entry(struct search *s, struct slice local, struct slice domain, struct table_entry *entry)
{
	const struct table *hops = &s->routes->hops;
	int found = 0;

	if (hops->count > 0 || hops->cdb != NULL)
		found = find_by_address(s, local, domain, entry);
	if (found == 0)
		found = table_get_domain(hops, domain, entry);
	if (found == 0) {
		found = find_by_sender(s, entry);
		if (found != 0)
			return found;
		found = table_get(hops, slice_of("*"), entry);
	}
	search_note(s, "routes", hops, found == 1 ? entry : NULL, domain,
	    found == 1 ? "this entry decides" : "no entry, so the DNS decides");
	return found == -1 ? search_damaged(s, hops) : found;
}

/* 1, 0, or -1 and the search has ended. */
static int
is_relayed(struct search *s, struct slice domain)
{
	struct table_entry entry;
	int found = table_get_domain(&s->routes->relay, domain, &entry);

	search_note(s, "relaydomains", &s->routes->relay, found == 1 ? &entry : NULL, domain,
	    found == 1 ? "anybody may send mail there through this host"
		       : "only those who may relay can send mail there");
	return found == -1 ? search_damaged(s, &s->routes->relay) : found;
}

static int
refuse(struct route *route, const struct hop *hop)
{
	route->kind = ROUTE_ERROR;
	if (str_add_slice(&route->code, hop->code) == -1)
		return -1;
	return str_add_slice(&route->reason, hop->text);
}

/* As whom deliver runs: the one named, else the owner of hosted mailboxes. */
static int
enter_gateway(struct search *s, const struct hop *hop)
{
	struct gateway g;
	const char *problem = hop->kind == HOP_PIPE ? gateway_parse_program(hop->text, &g)
						    : gateway_parse_file(hop->text, &g);

	s->route->kind = ROUTE_GATEWAY;
	if (problem != NULL) /* it was checked when it was read */
		return search_end(s, ROUTE_TEMPORARY, problem, slice_of(""), "");
	return str_add_slice(
	    &s->route->user, g.user.len > 0 ? g.user : routes_mail_user(s->routes));
}

static int
enter(struct search *s, const struct hop *hop, struct slice domain)
{
	struct route *route = s->route;

	switch (hop->kind) {
	case HOP_ERROR:
		return refuse(route, hop);
	case HOP_DISCARD:
		route->kind = ROUTE_DISCARD;
		return str_add_slice(&route->reason, hop->text);
	case HOP_PIPE:
	case HOP_BSMTP:
		if (enter_gateway(s, hop) == -1)
			return -1;
		break;
	case HOP_MX:
	case HOP_SERVERS:
	case HOP_LMTP:
		break;
	}
	return hop_add(&route->next_hop, hop, domain);
}

int
remote_find(struct search *s, struct slice local, struct slice domain)
{
	struct table_entry entry;
	struct route *route = s->route;
	int found = is_relayed(s, domain);
	struct hop hop;

	route->kind = ROUTE_SMTP;
	route->is_relay = found == 1;
	if (found != -1)
		found = find_entry(s, local, domain, &entry);
	if (found == -1) {
		route->kind = ROUTE_TEMPORARY;
		return 0;
	}
	if (found == 0 || hop_parse(entry.value, &hop) != NULL)
		return hop_add_default(&route->next_hop, domain);
	route->is_held = hop.is_held;
	return enter(s, &hop, domain);
}
