/* SPDX-License-Identifier: ISC */
#include "conf/routes.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "conf/hop.h"
#include "conf/wrapped.h"
#include "mail/address.h"

#define NAME_LEN_MAX 1024 /* of what stands in me and mailuser */
#define MAIL_USER "vmail"

/* What is wrong with an entry, or null. */
typedef const char *entry_check(const struct table_entry *entry);

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

/* The domain of a key of virtual; empty if it is none. */
static struct slice
domain_of(struct slice key)
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

	if (!slice_is(entry->key, "<>") && domain_of(entry->key).len == 0)
		return "\"joe@example.org: route\", \"@example.org: route\" or \"<>: route\" is "
		       "expected";
	return hop_parse(entry->value, &hop);
}

static const char *
check_virtual(const struct table_entry *entry)
{
	if (domain_of(entry->key).len > 0)
		return NULL;
	return "\"joe@example.org: target\" or \"@example.org: target\" is expected";
}

static int
check(const struct table *t, const char *name, entry_check *wrong, struct str *problem)
{
	for (size_t i = 0; i < t->count; i++) {
		const struct table_entry *e = &t->entries[i];
		const char *cause = wrong(e);
		struct slice line = e->key;

		if (e->value.len > 0) /* it stands behind its key */
			line.len = (size_t)(e->value.data + e->value.len - e->key.data);
		if (cause != NULL)
			return table_complain(problem, name, slice_of(t->text), line, "%s", cause);
	}
	return 0;
}

/* Reads the table NAME and holds each entry to WRONG, which may be null. 1, 0 (no file), -1. */
static int
read_table(struct table *t, const struct control *c, const char *name, enum table_form form,
    entry_check *wrong, struct str *problem)
{
	int found = table_read(t, c, name, form, problem);

	if (found == 1 && wrong != NULL && check(t, name, wrong, problem) == -1)
		return -1;
	if (found == -1 && problem->len == 0)
		(void)str_add_text(problem, name);
	return found;
}

/* The system's own aliases serve only where nobody has named a control directory. */
static int
read_aliases(struct routes *r, const struct control *c, struct str *problem)
{
	struct control etc = {.path = "/etc"};
	int found = read_table(&r->aliases, c, "aliases", TABLE_ALIASES, NULL, problem);

	r->aliases_name = "aliases";
	if (found != 0 || strcmp(c->path, SATCHEL_CONTROL_DIR) != 0)
		return found;
	etc.fd = open(etc.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (etc.fd == -1)
		return errno == ENOENT ? 0 : -1;
	r->aliases_name = "/etc/aliases";
	found = read_table(&r->aliases, &etc, "aliases", TABLE_ALIASES, NULL, problem);
	control_close(&etc);
	return found;
}

/* Entries of one domain need not stand together, so a domain may come up several times. */
static int
collect_hosted(struct routes *r)
{
	struct slice last = slice_of(NULL);

	for (size_t i = 0; i < r->virtual.count; i++) {
		struct slice domain = domain_of(r->virtual.entries[i].key);

		if (slice_equal_nocase(domain, last))
			continue;
		if (table_add(&r->hosted, domain, slice_of(NULL)) == -1)
			return -1;
		last = domain;
	}
	table_sort(&r->hosted);
	return 0;
}

static bool
has_patterns(const struct table *hops)
{
	for (size_t i = 0; i < hops->count; i++) {
		struct slice key = hops->entries[i].key;
		size_t star = slice_find(key, '*');

		if (star + 1 < key.len && key.data[star + 1] == '@')
			return true;
	}
	return false;
}

static int
read_names(struct routes *r, const struct control *c, struct str *problem)
{
	int found = control_line(c, "me", &r->me);

	if (found == -1 || (found == 0 && control_me(c, &r->me) == -1))
		return -1;
	if (found == 1 && !is_domain(str_slice(&r->me))) {
		(void)str_add_text(problem, "me: the first line is no host name");
		errno = EINVAL;
		return -1;
	}
	found = control_line(c, "mailuser", &r->mail_user);
	if (found == 0)
		found = str_add_text(&r->mail_user, MAIL_USER);
	return found == -1 ? -1 : 0;
}

/* Each domain in both of its forms. The lists are checked by now: complaints show what was written.
 */
static int
expand(struct routes *r, const struct control *c, struct str *problem)
{
	struct table *const tables[] = {&r->locals, &r->virtual, &r->relay, &r->hops, &r->senders};
	int found = forms_read(&r->forms, c, problem);

	if (found == -1 && problem->len == 0)
		(void)str_add_text(problem, "idn");
	for (size_t i = 0; found == 1 && i < sizeof tables / sizeof tables[0]; i++)
		if (forms_expand(&r->forms, tables[i]) == -1)
			return -1;
	return found == -1 ? -1 : 0;
}

int
routes_check(const struct control *c, const char *name, bool *known, struct str *problem)
{
	static const struct {
		const char *name;
		enum table_form form;
		entry_check *wrong;
	} files[] = {{"locals", TABLE_KEYS, check_local}, {"aliases", TABLE_ALIASES, NULL},
	    {"virtual", TABLE_PAIRS, check_virtual}, {"relaydomains", TABLE_KEYS, check_relay},
	    {"routes", TABLE_PAIRS, check_hop}, {"senderroutes", TABLE_PAIRS, check_sender}};

	for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
		struct table table;
		int found;

		*known = strcmp(name, files[i].name) == 0;
		if (!*known)
			continue;
		found = read_table(&table, c, name, files[i].form, files[i].wrong, problem);
		table_free(&table);
		return found == -1 ? -1 : 0;
	}
	return 0;
}

static int
read_tables(struct routes *r, const struct control *c, struct str *problem)
{
	int found = read_table(&r->locals, c, "locals", TABLE_KEYS, check_local, problem);

	r->has_locals = found == 1;
	if (found == -1 || read_aliases(r, c, problem) == -1 ||
	    read_table(&r->virtual, c, "virtual", TABLE_PAIRS, check_virtual, problem) == -1 ||
	    read_table(&r->relay, c, "relaydomains", TABLE_KEYS, check_relay, problem) == -1 ||
	    read_table(&r->hops, c, "routes", TABLE_PAIRS, check_hop, problem) == -1 ||
	    read_table(&r->senders, c, "senderroutes", TABLE_PAIRS, check_sender, problem) == -1)
		return -1;
	r->has_patterns = has_patterns(&r->hops);
	return expand(r, c, problem) == -1 ? -1 : collect_hosted(r);
}

/* The system may call itself what is no domain, and locals may leave out the host's own name. */
static struct slice
own_domain(const struct routes *r)
{
	if (is_domain(routes_me(r)) && routes_is_local(r, routes_me(r)))
		return routes_me(r);
	/* of the two forms that a domain may have, that which goes everywhere */
	for (size_t i = 0; i < r->locals.count; i++)
		if (slice_is_ascii(r->locals.entries[i].key))
			return r->locals.entries[i].key;
	if (r->locals.count > 0)
		return r->locals.entries[0].key;
	return r->has_locals ? routes_me(r) : slice_of("localhost");
}

struct routes *
routes_open(const struct control *c, struct str *problem)
{
	struct routes *r = calloc(1, sizeof *r);

	if (r == NULL)
		return NULL;
	str_init(&r->me, NAME_LEN_MAX);
	str_init(&r->mail_user, NAME_LEN_MAX);
	if (read_names(r, c, problem) == -1 || srs_read(&r->srs, c, problem) == -1 ||
	    read_tables(r, c, problem) == -1) {
		int saved = errno;

		routes_free(r);
		errno = saved;
		return NULL;
	}
	r->own_domain = own_domain(r);
	return r;
}

void
routes_free(struct routes *r)
{
	if (r == NULL)
		return;
	str_free(&r->me);
	str_free(&r->mail_user);
	table_free(&r->locals);
	table_free(&r->virtual);
	table_free(&r->hosted);
	forms_free(&r->forms);
	srs_free(&r->srs);
	table_free(&r->aliases);
	table_free(&r->relay);
	table_free(&r->hops);
	table_free(&r->senders);
	free(r);
}

struct slice
routes_me(const struct routes *r)
{
	return str_slice(&r->me);
}

struct slice
routes_mail_user(const struct routes *r)
{
	return str_slice(&r->mail_user);
}

bool
routes_is_local(const struct routes *r, struct slice domain)
{
	if (r->has_locals)
		return table_find(&r->locals, domain) != NULL;
	return slice_equal_nocase(domain, routes_me(r)) || slice_is_nocase(domain, "localhost");
}

bool
routes_is_hosted(const struct routes *r, struct slice domain)
{
	return table_find(&r->hosted, domain) != NULL;
}

bool
routes_is_ours(const struct routes *r, struct slice domain)
{
	return routes_is_local(r, domain) || routes_is_hosted(r, domain) || wrapped_owns(r, domain);
}
