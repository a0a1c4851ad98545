/* SPDX-License-Identifier: ISC */
/* The tables that a route comes from: how each is read, and what an entry of it must be. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/io.h"
#include "conf/hop.h"
#include "conf/lists.h"
#include "conf/routes.h"
#include "mail/address.h"

static bool
is_domain(struct slice text)
{
	return address_is_domain(text, ADDRESS_UTF8);
}

/* "example.org" or ".example.org", the latter for all domains below. */
static bool
is_pattern(struct slice text)
{
	return is_domain(slice_starts(text, ".") ? slice_skip(text, 1) : text);
}

static const char *
check_local(const struct table_entry *entry)
{
	if (is_domain(entry->key) || address_is_literal(entry->key))
		return NULL;
	return "a domain is expected";
}

static const char *
check_relay(const struct table_entry *entry)
{
	return is_pattern(entry->key) ? NULL : "a domain, or one behind a dot, is expected";
}

/* The key of an address, or of all whose local parts begin with what is before a *. */
static const char *
check_hop_address(struct slice key)
{
	struct address address;
	struct slice local;

	if (address_parse(key, ADDRESS_UTF8, &address) != ADDRESS_OK)
		return "a domain, one behind a dot, an address, or * is expected";
	local = address.local;
	if (slice_find(local, '*') + 1 < local.len)
		return "an address with * at the end of its local part is expected";
	return NULL;
}

static const char *
check_hop(const struct table_entry *entry)
{
	struct hop hop;

	if (!is_pattern(entry->key) && !slice_is(entry->key, "*") &&
	    !address_is_literal(entry->key)) {
		const char *problem = check_hop_address(entry->key);

		if (problem != NULL)
			return problem;
	}
	return hop_parse(entry->value, &hop);
}

struct slice
routes_domain_of(struct slice key)
{
	struct address address;
	struct slice domain = slice_skip(key, 1);

	if (slice_starts(key, "@"))
		return is_domain(domain) || address_is_literal(domain) ? domain : slice_of(NULL);
	if (address_parse(key, ADDRESS_UTF8, &address) != ADDRESS_OK)
		return slice_of(NULL);
	return address.domain;
}

static const char *
check_sender(const struct table_entry *entry)
{
	struct hop hop;

	if (!slice_is(entry->key, "<>") && routes_domain_of(entry->key).len == 0)
		return "\"joe@example.org: route\", \"@example.org: route\" or \"<>: route\" is "
		       "expected";
	return hop_parse(entry->value, &hop);
}

const char *
routes_lmtp_problem(struct slice value)
{
	struct hop hop;

	/* a path might hold it */
	if (slice_find(value, ',') < value.len)
		return "\"lmtp:...\" without other targets is expected";
	return hop_parse(value, &hop);
}

static const char *
check_virtual(const struct table_entry *entry)
{
	if (routes_domain_of(entry->key).len > 0)
		return slice_starts_nocase(entry->value, ROUTE_TARGET_LMTP)
			   ? routes_lmtp_problem(entry->value)
			   : NULL;
	return "\"joe@example.org: target\" or \"@example.org: target\" is expected";
}

static const char *
check_lmtp(const struct table_entry *entry)
{
	struct hop hop;

	if (!slice_is(entry->key, "*") && check_relay(entry) != NULL)
		return "\"example.org: lmtp:...\", \".example.org: lmtp:...\" or \"*: lmtp:...\" "
		       "is "
		       "expected";
	if (hop_parse(entry->value, &hop) != NULL || hop.kind != HOP_LMTP || hop.is_held)
		return "lmtp:host:port or lmtp:unix:/path is expected behind the domain";
	return NULL;
}

static const char *
check_role(const struct table_entry *entry)
{
	struct address address;

	if (address_parse(entry->key, ADDRESS_BARE, &address) == ADDRESS_OK &&
	    address.domain.len == 0)
		return NULL;
	return "a local part is expected";
}

const struct routes_file *
routes_file_find(const char *name)
{
	static const struct routes_file files[] = {{"locals", TABLE_KEYS, check_local},
	    {"aliases", TABLE_ALIASES, NULL}, {"virtual", TABLE_PAIRS, check_virtual},
	    {"lists", TABLE_PAIRS, lists_check}, {"domains", TABLE_KEYS, check_local},
	    {"relaydomains", TABLE_KEYS, check_relay}, {"routes", TABLE_PAIRS, check_hop},
	    {"lmtpdomains", TABLE_PAIRS, check_lmtp}, {"senderroutes", TABLE_PAIRS, check_sender},
	    {"roles", TABLE_KEYS, check_role}};

	for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
		if (strcmp(name, files[i].name) == 0)
			return &files[i];
	return NULL;
}

int
routes_file_check(
    const struct table *t, const struct routes_file *file, bool all, struct str *problem)
{
	int (*say)(struct str * to, const char *name, struct slice text, struct slice line,
	    const char *cause, ...) = all ? table_tell : table_complain;
	int result = 0;

	for (size_t i = 0; file->wrong != NULL && i < t->count && (all || result == 0); i++) {
		const struct table_entry *e = &t->entries[i];
		const char *cause = file->wrong(e);
		struct slice line = e->key;

		if (e->value.len > 0) /* it stands behind its key */
			line.len = (size_t)(e->value.data + e->value.len - e->key.data);
		if (cause != NULL)
			result = say(problem, file->name, slice_of(t->text), line, "%s", cause);
	}
	return result;
}

int
routes_file_open(
    struct table *t, const struct control *c, const struct routes_file *file, struct str *problem)
{
	int found = table_open(t, c, file->name, file->form, problem);

	if (found == 1 && routes_file_check(t, file, false, problem) == -1)
		return -1;
	if (found == -1 && problem->len == 0)
		(void)str_add_text(problem, file->name);
	return found;
}

/* The system's own aliases serve only where nobody has named a control directory. */
int
routes_aliases_text(const struct control *c, struct str *text, const char **name)
{
	struct control etc = {.path = "/etc"};
	int found = control_read(c, "aliases", text);

	*name = "aliases";
	if (found != 0 || strcmp(c->path, SATCHEL_CONTROL_DIR) != 0)
		return found;
	etc.fd = open(etc.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (etc.fd == -1)
		return errno == ENOENT ? 0 : -1;
	*name = "/etc/aliases";
	found = control_read(&etc, "aliases", text);
	control_close(&etc);
	return found;
}

int
routes_check(const struct control *c, const char *name, bool *known, struct str *problem)
{
	const struct routes_file *file = routes_file_find(name);
	struct table table;
	int found;

	*known = file != NULL;
	if (file == NULL)
		return 0;
	found = table_read(&table, c, name, file->form, problem);
	if (found == 1 && routes_file_check(&table, file, false, problem) == -1)
		found = -1;
	if (found == -1 && problem->len == 0)
		(void)str_add_text(problem, name);
	table_free(&table);
	return found == -1 ? -1 : 0;
}
