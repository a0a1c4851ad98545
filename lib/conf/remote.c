/* SPDX-License-Identifier: ISC */
#include "conf/remote.h"

#include <string.h>

#include "conf/gateway.h"
#include "conf/hop.h"
#include "conf/routes.h"
#include "mail/address.h"

/* The entry "LOCAL@DOMAIN", or "LOCAL*@DOMAIN" for a PREFIX; null if there is none. */
static const struct table_entry *
find_address(const struct search *s, struct slice local, bool is_prefix, struct slice domain)
{
	char key[ADDRESS_LOCAL_MAX + 2 + ADDRESS_DOMAIN_MAX];
	size_t len = local.len;

	if (local.len > ADDRESS_LOCAL_MAX || domain.len > ADDRESS_DOMAIN_MAX)
		return NULL;
	memcpy(key, local.data, local.len);
	if (is_prefix)
		key[len++] = '*';
	key[len++] = '@';
	memcpy(key + len, domain.data, domain.len);
	return table_find(&s->routes->hops, slice_make(key, len + domain.len));
}

/* The address itself, as it is or was written; else the longest of what it begins with. */
static const struct table_entry *
find_by_address(const struct search *s, struct slice local, struct slice domain)
{
	const struct table_entry *found = find_address(s, local, false, domain);
	size_t len = local.len;

	if (found == NULL)
		found = find_address(s, s->written, false, domain);
	while (found == NULL && s->routes->has_patterns) {
		found = find_address(s, slice_make(local.data, len), true, domain);
		if (len-- == 0)
			break;
	}
	return found;
}

/* Anybody may write to relay domains under anybody's name, so there the sender does not count. */
static const struct table_entry *
find_by_sender(const struct search *s)
{
	const struct table_entry *found;

	if (s->sender == NULL || s->route->is_relay || s->routes->senders.count == 0)
		return NULL;
	found = table_find_sender(&s->routes->senders, *s->sender);
	search_note(s, "senderroutes", &s->routes->senders, found,
	    s->sender->len > 0 ? *s->sender : slice_of("<>"),
	    found != NULL ? "the sender's entry decides" : "no entry");
	return found;
}

/* The entry that says how mail is sent on, or null: of the address, the domain, the sender, all. */
static const struct table_entry *
find_entry(const struct search *s, struct slice local, struct slice domain)
{
	const struct table *hops = &s->routes->hops;
	const struct table_entry *found = NULL;

	if (hops->count > 0)
		found = find_by_address(s, local, domain);
	if (found == NULL)
		found = table_find_domain(hops, domain);
	if (found == NULL) {
		const struct table_entry *of_sender = find_by_sender(s);

		if (of_sender != NULL)
			return of_sender;
		found = table_find(hops, slice_of("*"));
	}
	search_note(s, "routes", hops, found, domain,
	    found != NULL ? "this entry decides" : "no entry, so the DNS decides");
	return found;
}

static bool
is_relayed(const struct search *s, struct slice domain)
{
	const struct table_entry *entry = table_find_domain(&s->routes->relay, domain);

	search_note(s, "relaydomains", &s->routes->relay, entry, domain,
	    entry != NULL ? "anybody may send mail there through this host"
			  : "only those who may relay can send mail there");
	return entry != NULL;
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
	const struct table_entry *entry;
	struct route *route = s->route;
	struct hop hop;

	route->kind = ROUTE_SMTP;
	route->is_relay = is_relayed(s, domain);
	entry = find_entry(s, local, domain);
	if (entry == NULL || hop_parse(entry->value, &hop) != NULL)
		return hop_add_default(&route->next_hop, domain);
	route->is_held = hop.is_held;
	return enter(s, &hop, domain);
}
