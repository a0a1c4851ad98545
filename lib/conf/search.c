/* SPDX-License-Identifier: ISC */
#include "conf/search.h"

#include <errno.h>

#include "base/escape.h"
#include "conf/alias.h"
#include "conf/cdb_reader.h"
#include "conf/hop.h"
#include "conf/routes.h"
#include "conf/user.h"

#define ALIAS_DEPTH_MAX 20

int
search_end(struct search *s, enum route_kind kind, const char *before, struct slice text,
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

void
search_note(const struct search *s, const char *file, const struct table *table,
    const struct table_entry *entry, struct slice key, const char *says)
{
	struct route_step step = {.file = file, .key = key, .value = slice_of(""), .says = says};

	if (s->route->note == NULL)
		return;
	if (table != NULL && table->cdb != NULL)
		step.file = cdb_reader_name(table->cdb);
	if (entry != NULL) {
		step.line = table_line(table, entry);
		step.key = entry->key;
		step.value = entry->value;
	}
	s->route->note(s->route->note_context, &step);
}

int
search_damaged(struct search *s, const struct table *t)
{
	/* a text never is */
	(void)search_end(s, ROUTE_TEMPORARY, "",
	    slice_of(t->cdb == NULL ? "a table" : cdb_reader_name(t->cdb)), " is damaged");
	return -1;
}

int
search_get(struct search *s, const struct table *t, struct slice key, struct table_entry *entry)
{
	int found = table_get(t, key, entry);

	return found == -1 ? search_damaged(s, t) : found;
}

/* Adds TEXT@DOMAIN, or TEXT alone where DOMAIN is empty, as a line that is not there yet. */
static int
add_target(struct search *s, const char *prefix, struct slice text, struct slice domain)
{
	struct str *targets = &s->route->targets;
	size_t before = targets->len;

	s->route->kind = ROUTE_TARGETS;
	if (str_add_text(targets, prefix) == -1 || str_add_slice(targets, text) == -1 ||
	    (domain.len > 0 && str_add_char(targets, '@') == -1) ||
	    str_add_slice(targets, domain) == -1)
		return -1;
	if (slice_has_line(slice_make(targets->data, before),
		slice_make(targets->data + before, targets->len - before)))
		str_truncate(targets, before);
	else if (str_add_char(targets, '\n') == -1)
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
	if (s->asks_tables_alone)
		return search_end(s, ROUTE_UNKNOWN, "not looked up", slice_of(NULL), "");
	switch (user_find(name, &route->user, &route->reason)) {
	case USER_FOUND:
		search_note(s, "passwd", NULL, NULL, str_slice(&route->user), "is a system user");
		route->kind = ROUTE_USER;
		str_clear(&route->extension);
		return str_add_slice(&route->extension, extension);
	case USER_ROOT:
		search_note(s, "passwd", NULL, NULL, name, "has uid 0, so it is the postmaster's");
		str_clear(&route->user);
		return add_postmaster(s);
	case USER_TEMPORARY:
		route->kind = ROUTE_TEMPORARY;
		return 0;
	case USER_UNKNOWN:
		search_note(s, "passwd", NULL, NULL, name, "no such user");
		break;
	}
	return search_end(s, ROUTE_UNKNOWN, "no such user here", slice_of(NULL), "");
}

/* A target that is the system user NAME, as PREFIX says. */
static int
add_user(struct search *s, const char *prefix, struct slice name)
{
	struct str user;
	int result = 0;

	if (s->asks_tables_alone)
		return add_target(s, ROUTE_TARGET_USER, name, slice_of(NULL));
	str_init(&user, s->route->user.cap);
	switch (user_find(name, &user, &s->route->reason)) {
	case USER_FOUND:
		result = add_target(s, prefix, str_slice(&user), slice_of(NULL));
		break;
	case USER_ROOT:
		result = add_postmaster(s);
		break;
	case USER_TEMPORARY:
		s->route->kind = ROUTE_TEMPORARY;
		break;
	case USER_UNKNOWN:
		result = search_end(
		    s, ROUTE_TEMPORARY, "an alias names the user ", name, ", who is unknown");
		break;
	}
	str_free(&user);
	return result;
}

/* The target as deliver takes it: PREFIX and its text, without quotes. */
static int
add_unquoted(struct search *s, const char *prefix, const struct alias_target *target)
{
	struct str text;
	int result;

	str_init(&text, s->route->targets.cap);
	result = alias_add_text(target, &text);
	if (result == 0)
		result = add_target(s, prefix, str_slice(&text), slice_of(NULL));
	str_free(&text);
	return result;
}

static int
add_one(struct search *s, const struct table_entry *alias, const struct alias_target *target)
{
	switch (target->kind) {
	case ALIAS_ADDRESS:
	case ALIAS_PATH:
		return add_unquoted(s, "", target);
	case ALIAS_PROGRAM:
		return add_unquoted(s, ROUTE_TARGET_PROGRAM, target);
	case ALIAS_INCLUDE:
		if (target->text.data[0] != '/')
			break;
		return add_unquoted(s, ROUTE_TARGET_INCLUDE, target);
	case ALIAS_USER:
		return add_user(s, ROUTE_TARGET_MAILBOX, target->text);
	case ALIAS_LOCAL:
		if (slice_equal_nocase(target->text, alias->key))
			return add_user(s, ROUTE_TARGET_USER, target->text);
		return add_target(s, "", target->text, s->routes->own_domain);
	case ALIAS_HOME_PATH:
	case ALIAS_BAD:
		break;
	}
	return search_end(s, ROUTE_TEMPORARY, "\"", target->text, "\" is no target");
}

/* Targets that are more than one local name become the message's next recipients. */
static int
add_all(struct search *s, const struct table_entry *alias)
{
	struct slice rest = alias->value;
	struct alias_target target;

	s->route->kind = ROUTE_UNKNOWN;
	while (s->route->kind != ROUTE_TEMPORARY && alias_next_target(&rest, &target)) {
		if (add_one(s, alias, &target) == 0)
			continue;
		if (errno != EMSGSIZE)
			return -1;
		return search_end(
		    s, ROUTE_TEMPORARY, "the alias ", alias->key, " has too many targets");
	}
	if (s->route->kind == ROUTE_UNKNOWN)
		return search_end(s, ROUTE_TEMPORARY, "the alias ", alias->key, " has no target");
	return 0;
}

/* "lmtp:HOST:PORT" or "lmtp:unix:/path": another server has the mailbox. */
static int
enter_lmtp(struct search *s, const struct table_entry *alias)
{
	const char *problem = routes_lmtp_problem(alias->value);
	struct hop hop;

	if (problem != NULL || hop_parse(alias->value, &hop) != NULL)
		return search_end(
		    s, ROUTE_TEMPORARY, "the target \"", alias->value, "\" cannot be used");
	s->route->kind = ROUTE_SMTP;
	return hop_add(&s->route->next_hop, &hop, slice_of(""));
}

/* 1 with the settings of the list as the first target, 0 if it is none, or -1. */
static int
begin_list(struct search *s, const struct table_entry *alias)
{
	struct str words;
	int is_list;

	str_init(&words, s->route->targets.cap);
	is_list = search_list(s, alias, &words);
	if (is_list == 1 && add_target(s, ROUTE_LIST, str_slice(&words), slice_of(NULL)) == -1)
		is_list = -1;
	str_free(&words);
	return is_list;
}

int
search_alias(struct search *s, const struct table_entry *alias, struct slice extension)
{
	struct slice rest = alias->value;
	struct alias_target first, second;

	int is_list;

	if (++s->depth > ALIAS_DEPTH_MAX)
		return search_end(
		    s, ROUTE_TEMPORARY, "the alias ", alias->key, " leads in a circle");
	if (slice_starts_nocase(alias->value, ROUTE_TARGET_LMTP))
		return enter_lmtp(s, alias);
	is_list = begin_list(s, alias);
	if (is_list != 0)
		return is_list == 1			   ? add_all(s, alias)
		       : s->route->kind == ROUTE_TEMPORARY ? 0
							   : -1;
	/* one step at a time where the caller follows the way himself */
	if (s->asks_tables_alone || !alias_next_target(&rest, &first) ||
	    alias_next_target(&rest, &second))
		return add_all(s, alias);
	if (first.kind != ALIAS_LOCAL)
		return add_all(s, alias);
	if (slice_equal_nocase(first.text, alias->key))
		return find_user(s, first.text, extension);
	return search_local(s, first.text);
}

/*
 * "\NAME" is how deliver forwards to a system user whom it cannot deliver as, and "\\NAME" to his
 * mailbox alone: with no more aliases, or the mail would come round.
 */
static int
find_marked(struct search *s, struct slice name)
{
	bool is_mailbox = slice_starts(name, "\\\\");
	struct str user;
	int result;

	if (find_user(s, slice_skip(name, is_mailbox ? 2 : 1), slice_of(NULL)) == -1)
		return -1;
	if (!is_mailbox || s->route->kind != ROUTE_USER)
		return 0;
	str_init(&user, s->route->user.cap);
	result = str_add_slice(&user, str_slice(&s->route->user));
	str_clear(&s->route->user);
	if (result == 0)
		result = add_target(s, ROUTE_TARGET_MAILBOX, str_slice(&user), slice_of(NULL));
	str_free(&user);
	return result;
}

/* An alias or a system user of exactly this NAME. */
static int
find_exact(struct search *s, struct slice name, struct slice extension)
{
	const struct table *aliases = &s->routes->aliases;
	struct table_entry alias;
	int found = search_get(s, aliases, name, &alias);

	if (found == -1)
		return 0;
	search_note(s, s->routes->aliases_name, aliases, found == 1 ? &alias : NULL, name,
	    found == 1 ? "an alias" : "no alias");
	if (found == 1)
		return search_alias(s, &alias, extension);
	return find_user(s, name, extension);
}

/*
 * RFC 2142: each of them is there where its function is, and a host cannot know which are. The
 * file roles may say so.
 */
bool
search_is_role(struct search *s, struct slice name)
{
	static const char *const roles[] = {"abuse", "ftp", "hostmaster", "info", "mailer-daemon",
	    "marketing", "news", "noc", "sales", "security", "support", "usenet", "uucp",
	    "webmaster", "www"};
	struct table_entry entry;

	if (s->routes->has_roles)
		return search_get(s, &s->routes->roles, name, &entry) == 1;
	for (size_t i = 0; i < sizeof roles / sizeof roles[0]; i++)
		if (slice_is_nocase(name, roles[i]))
			return true;
	return false;
}

/* Postmaster has neither alias nor user; the address works nevertheless (RFC 5321, 4.5.1). */
static int
find_last_resort(struct search *s)
{
	const struct table *aliases = &s->routes->aliases;
	struct table_entry root;
	int found = s->is_last_resort ? 0 : search_get(s, aliases, slice_of("root"), &root);

	if (found == -1)
		return 0;
	if (found == 1) {
		s->is_last_resort = true;
		search_note(s, s->routes->aliases_name, aliases, &root, slice_of(""),
		    "root reads the postmaster's mail");
		if (search_alias(s, &root, slice_of(NULL)) == -1)
			return -1;
		if (s->route->kind != ROUTE_UNKNOWN)
			return 0;
	}
	return add_postmaster(s);
}

int
search_local(struct search *s, struct slice name)
{
	struct slice cut = name, extension;

	if (slice_starts(name, "\\"))
		return find_marked(s, name);
	if (find_exact(s, name, slice_of(NULL)) == -1)
		return -1;
	while (s->route->kind == ROUTE_UNKNOWN &&
	       extension_cut(&s->routes->extensions, name, &cut, &extension))
		if (find_exact(s, cut, extension) == -1)
			return -1;
	if (s->route->kind != ROUTE_UNKNOWN)
		return 0;
	if (slice_is_nocase(name, "postmaster"))
		return find_last_resort(s);
	if (!search_is_role(s, name))
		return 0;
	search_note(s, "roles", &s->routes->roles, NULL, name, "the postmaster's");
	return search_local(s, slice_of("postmaster"));
}
