/* SPDX-License-Identifier: ISC */
#include "conf/route.h"

#include <errno.h>
#include <string.h>

#include "base/escape.h"
#include "conf/hop.h"
#include "conf/routes.h"
#include "conf/target.h"
#include "conf/user.h"
#include "mail/address.h"

#define ALIAS_DEPTH_MAX 20
#define REASON_MAX 1000
#define TARGETS_MAX 32768 /* a job (spool/job.h) has to carry them beside other fields */

/* One look-up; each step says what it found in route->kind and returns 0, or -1 with ENOMEM. */
struct search {
	const struct routes *routes;
	struct route *route;
	struct slice written; /* the local part before its quotes were taken off */
	unsigned depth;	      /* aliases followed */
	bool is_last_resort;  /* mail of postmaster already goes to root's alias */
};

static int find_local(struct search *s, struct slice name);

void
route_init(struct route *route)
{
	*route = (struct route){.kind = ROUTE_UNKNOWN};
	str_init(&route->user, 256);
	str_init(&route->extension, ADDRESS_LOCAL_MAX);
	str_init(&route->targets, TARGETS_MAX);
	str_init(&route->next_hop, 512);
	str_init(&route->reason, REASON_MAX);
}

void
route_free(struct route *route)
{
	str_free(&route->user);
	str_free(&route->extension);
	str_free(&route->targets);
	str_free(&route->next_hop);
	str_free(&route->reason);
}

static void
clear(struct route *route)
{
	route->kind = ROUTE_UNKNOWN;
	route->is_ours = route->is_relay = false;
	str_clear(&route->user);
	str_clear(&route->extension);
	str_clear(&route->targets);
	str_clear(&route->next_hop);
	str_clear(&route->reason);
}

/* Ends the search with KIND because of BEFORE, TEXT (which is foreign) and BEHIND. */
static int
end(struct search *s, enum route_kind kind, const char *before, struct slice text,
    const char *behind)
{
	struct str *reason = &s->route->reason;

	if (text.len > 100)
		text.len = 100;
	str_clear(reason);
	str_clear(&s->route->targets);
	s->route->kind = kind;
	if (str_add_text(reason, before) == -1 || escape_text(reason, text) == -1)
		return -1;
	return str_add_text(reason, behind);
}

/* Adds TEXT@DOMAIN, or TEXT alone where DOMAIN is empty, as a line. */
static int
add_target(struct search *s, const char *prefix, struct slice text, struct slice domain)
{
	struct str *targets = &s->route->targets;

	s->route->kind = ROUTE_TARGETS;
	if (str_add_text(targets, prefix) == -1 || str_add_slice(targets, text) == -1 ||
	    (domain.len > 0 && str_add_char(targets, '@') == -1) ||
	    str_add_slice(targets, domain) == -1 || str_add_char(targets, '\n') == -1)
		return -1;
	return 0;
}

/* The mailbox that takes what would else be root's or nobody's. */
static int
add_postmaster(struct search *s)
{
	return add_target(s, ROUTE_POSTMASTER, slice_of(NULL), slice_of(NULL));
}

/* A system user NAME, aliases aside: the route is filled, or is ROUTE_UNKNOWN. */
static int
find_user(struct search *s, struct slice name, struct slice extension)
{
	struct route *route = s->route;

	str_clear(&route->user);
	switch (user_find(name, &route->user, &route->reason)) {
	case USER_FOUND:
		route->kind = ROUTE_USER;
		str_clear(&route->extension);
		return str_add_slice(&route->extension, extension);
	case USER_ROOT:
		str_clear(&route->user);
		return add_postmaster(s);
	case USER_TEMPORARY:
		route->kind = ROUTE_TEMPORARY;
		return 0;
	case USER_UNKNOWN:
		break;
	}
	return end(s, ROUTE_UNKNOWN, "no such user here", slice_of(NULL), "");
}

/* One of several targets that is the system user NAME and nothing else. */
static int
add_user(struct search *s, struct slice name)
{
	struct str user;
	int result = 0;

	str_init(&user, s->route->user.cap);
	switch (user_find(name, &user, &s->route->reason)) {
	case USER_FOUND:
		result = add_target(s, ROUTE_TARGET_USER, str_slice(&user), slice_of(NULL));
		break;
	case USER_ROOT:
		result = add_postmaster(s);
		break;
	case USER_TEMPORARY:
		s->route->kind = ROUTE_TEMPORARY;
		break;
	case USER_UNKNOWN:
		result =
		    end(s, ROUTE_TEMPORARY, "an alias names the user ", name, ", who is unknown");
		break;
	}
	str_free(&user);
	return result;
}

static int
add_one(struct search *s, const struct table_entry *alias, const struct target *target)
{
	switch (target->kind) {
	case TARGET_ADDRESS:
	case TARGET_PATH:
		return add_target(s, "", target->text, slice_of(NULL));
	case TARGET_USER:
		return add_user(s, target->text);
	case TARGET_LOCAL:
		if (slice_equal_nocase(target->text, alias->key))
			return add_user(s, target->text);
		return add_target(s, "", target->text, s->routes->own_domain);
	case TARGET_UNSUPPORTED:
		break;
	}
	return end(s, ROUTE_TEMPORARY, "the target \"", target->text, "\" is not supported yet");
}

/* Targets that are more than one local name become the message's next recipients. */
static int
add_all(struct search *s, const struct table_entry *alias)
{
	struct slice rest = alias->value;
	struct target target;

	s->route->kind = ROUTE_UNKNOWN;
	while (s->route->kind != ROUTE_TEMPORARY && target_next(&rest, &target)) {
		if (add_one(s, alias, &target) == 0)
			continue;
		if (errno != EMSGSIZE)
			return -1;
		return end(s, ROUTE_TEMPORARY, "the alias ", alias->key, " has too many targets");
	}
	if (s->route->kind == ROUTE_UNKNOWN)
		return end(s, ROUTE_TEMPORARY, "the alias ", alias->key, " has no target");
	return 0;
}

/* An alias, which EXTENSION was cut off to find. */
static int
follow(struct search *s, const struct table_entry *alias, struct slice extension)
{
	struct slice rest = alias->value;
	struct target first, second;

	if (++s->depth > ALIAS_DEPTH_MAX)
		return end(s, ROUTE_TEMPORARY, "the alias ", alias->key, " leads in a circle");
	if (!target_next(&rest, &first) || target_next(&rest, &second))
		return add_all(s, alias);
	if (first.kind == TARGET_USER)
		return find_user(s, first.text, slice_of(NULL));
	if (first.kind != TARGET_LOCAL)
		return add_all(s, alias);
	if (slice_equal_nocase(first.text, alias->key))
		return find_user(s, first.text, extension);
	return find_local(s, first.text);
}

/* An alias or a system user of exactly this NAME. */
static int
find_exact(struct search *s, struct slice name, struct slice extension)
{
	const struct table_entry *alias = table_find(&s->routes->aliases, name);

	return alias != NULL ? follow(s, alias, extension) : find_user(s, name, extension);
}

static bool
is_role(struct slice name)
{
	static const char *const roles[] = {"abuse", "hostmaster", "mailer-daemon", "webmaster"};

	for (size_t i = 0; i < sizeof roles / sizeof roles[0]; i++)
		if (slice_is_nocase(name, roles[i]))
			return true;
	return false;
}

/* Postmaster has neither alias nor user; the address works nevertheless (RFC 5321, 4.5.1). */
static int
find_last_resort(struct search *s)
{
	const struct table_entry *root = table_find(&s->routes->aliases, slice_of("root"));

	if (root != NULL && !s->is_last_resort) {
		s->is_last_resort = true;
		if (follow(s, root, slice_of(NULL)) == -1)
			return -1;
		if (s->route->kind != ROUTE_UNKNOWN)
			return 0;
	}
	return add_postmaster(s);
}

static int
find_local(struct search *s, struct slice name)
{
	size_t plus = slice_find(name, '+');

	if (find_exact(s, name, slice_of(NULL)) == -1)
		return -1;
	if (s->route->kind == ROUTE_UNKNOWN && plus > 0 && plus < name.len &&
	    find_exact(s, slice_make(name.data, plus), slice_skip(name, plus + 1)) == -1)
		return -1;
	if (s->route->kind != ROUTE_UNKNOWN)
		return 0;
	if (slice_is_nocase(name, "postmaster"))
		return find_last_resort(s);
	return is_role(name) ? find_local(s, slice_of("postmaster")) : 0;
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
	if (found != NULL)
		return follow(s, found, slice_of(NULL));
	if (is_postmaster)
		return find_local(s, local);
	if (is_role(local))
		return find_hosted(s, slice_of("postmaster"), domain);
	return end(s, ROUTE_UNKNOWN, "no such recipient at ", domain, "");
}

static int
find_remote(struct search *s, struct slice domain)
{
	const struct table_entry *entry = table_find_domain(&s->routes->hops, domain);
	struct route *route = s->route;
	struct hop hop;

	route->kind = ROUTE_SMTP;
	route->is_relay = table_find_domain(&s->routes->relay, domain) != NULL;
	if (entry == NULL)
		entry = table_find(&s->routes->hops, slice_of("*"));
	if (entry == NULL || !hop_parse(entry->value, &hop))
		return hop_add_default(&route->next_hop, domain);
	return hop_add(&route->next_hop, &hop, domain);
}

static int
find(struct search *s, const struct address *a, struct slice local)
{
	s->route->is_ours = a->domain.len == 0 || routes_is_ours(s->routes, a->domain);
	if (a->domain.len == 0 || routes_is_local(s->routes, a->domain))
		return find_local(s, local);
	if (s->route->is_ours)
		return find_hosted(s, local, a->domain);
	return find_remote(s, a->domain);
}

int
route_find(const struct routes *r, struct slice address, struct route *route)
{
	struct search s = {.routes = r, .route = route};
	struct address a;
	struct str unquoted;
	int result;

	clear(route);
	if (address_parse(address, ADDRESS_UTF8 | ADDRESS_BARE, &a) != ADDRESS_OK)
		return end(&s, ROUTE_UNKNOWN, "not a valid address", slice_of(NULL), "");
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
