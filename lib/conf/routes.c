/* SPDX-License-Identifier: ISC */
#include "conf/routes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "conf/cdb_reader.h"
#include "conf/wrapped.h"
#include "mail/address.h"

#define NAME_LEN_MAX 1024 /* of what stands in me and mailuser */

int
routes_collect_domains(const struct table *virtual, struct table *hosted)
{
	struct slice last = slice_of(NULL);

	/* entries of one domain need not stand together, so a domain may come up several times */
	for (size_t i = 0; i < virtual->count; i++) {
		struct slice domain = routes_domain_of(virtual->entries[i].key);

		if (slice_equal_nocase(domain, last))
			continue;
		if (table_add(hosted, domain, slice_of(NULL)) == -1)
			return -1;
		last = domain;
	}
	table_sort(hosted);
	return 0;
}

bool
routes_have_patterns(const struct table *hops)
{
	for (size_t i = 0; i < hops->count; i++) {
		struct slice key = hops->entries[i].key;
		size_t star = slice_find(key, '*');

		if (star + 1 < key.len && key.data[star + 1] == '@')
			return true;
	}
	return false;
}

/* What a compiled table says of itself: 1, 0, -1. */
static int
find_mark(const struct table *t, const char *mark, struct slice *value)
{
	struct slice key = slice_of(mark);

	return t->cdb == NULL ? 0 : cdb_reader_find(t->cdb, &key, value);
}

static bool
is_domain(struct slice text)
{
	return address_is_domain(text, ADDRESS_UTF8);
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
	if (control_line_or(c, "mailuser", CONTROL_MAILUSER, &r->mail_user) == -1)
		return -1;
	return control_line_or(c, "programuser", CONTROL_PROGRAMUSER, &r->program_user);
}

/* Each domain in both of its forms. The lists are checked by now: complaints show what was written.
 */
static int
expand(struct routes *r, const struct control *c, struct str *problem)
{
	struct table *const tables[] = {&r->locals, &r->virtual, &r->lists, &r->domains, &r->relay,
	    &r->hops, &r->senders, &r->lmtp};
	int found = forms_read(&r->forms, c, problem);

	if (found == -1 && problem->len == 0)
		(void)str_add_text(problem, "idn");
	for (size_t i = 0; found == 1 && i < sizeof tables / sizeof tables[0]; i++)
		if (forms_expand(&r->forms, tables[i]) == -1)
			return -1;
	return found == -1 ? -1 : 0;
}

static int
read_aliases(struct routes *r, const struct control *c, struct str *problem)
{
	int found = cdb_reader_open(&r->aliases.cdb, c, "aliases.cdb", false, problem);
	struct str text;

	r->aliases_name = "aliases.cdb";
	if (found != 0)
		return found;
	str_init(&text, CONTROL_FILE_MAX);
	found = routes_aliases_text(c, &text, &r->aliases_name);
	if (found == 1 &&
	    table_make(&r->aliases, r->aliases_name, &text, TABLE_ALIASES, problem) == -1)
		found = -1;
	str_free(&text);
	return found;
}

static int
read_tables(struct routes *r, const struct control *c, struct str *problem)
{
	const struct {
		const char *name;
		struct table *table;
		bool *exists; /* may be null */
	} tables[] = {{"locals", &r->locals, &r->has_locals}, {"virtual", &r->virtual, NULL},
	    {"lists", &r->lists, NULL}, {"domains", &r->domains, NULL},
	    {"relaydomains", &r->relay, NULL}, {"routes", &r->hops, NULL},
	    {"lmtpdomains", &r->lmtp, NULL}, {"senderroutes", &r->senders, NULL},
	    {"roles", &r->roles, &r->has_roles}};

	for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
		const struct routes_file *file = routes_file_find(tables[i].name);
		int found = routes_file_open(tables[i].table, c, file, problem);

		if (found == -1)
			return -1;
		if (tables[i].exists != NULL)
			*tables[i].exists = found == 1;
	}
	if (read_aliases(r, c, problem) == -1) {
		if (problem->len == 0)
			(void)str_add_text(problem, r->aliases_name);
		return -1;
	}
	return extensions_read(&r->extensions, c, problem) == -1
		   ? -1
		   : accounts_open(&r->accounts, c, problem);
}

/* What follows from the tables, in each of the forms that domains have. */
static int
complete_tables(struct routes *r, const struct control *c, struct str *problem)
{
	struct slice value;
	int patterns;

	if (expand(r, c, problem) == -1 || routes_collect_domains(&r->virtual, &r->hosted) == -1)
		return -1;
	patterns = find_mark(&r->hops, ROUTES_MARK_PATTERNS, &value);
	if (patterns == -1) {
		(void)str_add_text(problem, cdb_reader_name(r->hops.cdb));
		return -1;
	}
	r->has_patterns = patterns == 1 || routes_have_patterns(&r->hops);
	return 0;
}

struct slice
routes_first_domain(const struct table *locals)
{
	/* of the two forms that a domain may have, that which goes everywhere */
	for (size_t i = 0; i < locals->count; i++)
		if (slice_is_ascii(locals->entries[i].key))
			return locals->entries[i].key;
	return locals->count > 0 ? locals->entries[0].key : slice_of("");
}

/* The system may call itself what is no domain, and locals may leave out the host's own name. */
static struct slice
own_domain(const struct routes *r)
{
	struct slice first;

	if (is_domain(routes_me(r)) && routes_is_local(r, routes_me(r)) == 1)
		return routes_me(r);
	if (find_mark(&r->locals, ROUTES_MARK_OWN, &first) != 1)
		first = routes_first_domain(&r->locals);
	if (first.len > 0)
		return first;
	return r->has_locals ? routes_me(r) : slice_of("localhost");
}

static struct routes *
make_empty(void)
{
	struct routes *r = calloc(1, sizeof *r);

	if (r == NULL)
		return NULL;
	str_init(&r->me, NAME_LEN_MAX);
	str_init(&r->mail_user, NAME_LEN_MAX);
	str_init(&r->program_user, NAME_LEN_MAX);
	return r;
}

int
routes_find_local(const struct control *c, struct slice domain, struct str *problem)
{
	struct routes *r = make_empty();
	int result = r == NULL ? -1 : read_names(r, c, problem);

	if (result == 0)
		result = routes_file_open(&r->locals, c, routes_file_find("locals"), problem);
	if (result != -1) {
		r->has_locals = result == 1;
		result = expand(r, c, problem);
	}
	if (result == 0)
		result = routes_is_local(r, domain);
	routes_free(r);
	return result;
}

struct routes *
routes_open(const struct control *c, struct str *problem)
{
	struct routes *r = make_empty();

	if (r == NULL)
		return NULL;
	if (read_names(r, c, problem) == -1 || srs_read(&r->srs, c, problem) == -1 ||
	    read_tables(r, c, problem) == -1 || complete_tables(r, c, problem) == -1) {
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
	str_free(&r->program_user);
	table_free(&r->locals);
	table_free(&r->virtual);
	table_free(&r->hosted);
	table_free(&r->domains);
	table_free(&r->lmtp);
	table_free(&r->roles);
	accounts_close(&r->accounts);
	forms_free(&r->forms);
	srs_free(&r->srs);
	table_free(&r->aliases);
	table_free(&r->all_lists);
	table_free(&r->lists);
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

const struct extensions *
routes_extensions(const struct routes *r)
{
	return &r->extensions;
}

struct slice
routes_program_user(const struct routes *r)
{
	return str_slice(&r->program_user);
}

int
routes_is_local(const struct routes *r, struct slice domain)
{
	struct table_entry entry;

	if (r->has_locals)
		return table_get(&r->locals, domain, &entry);
	return slice_equal_nocase(domain, routes_me(r)) || slice_is_nocase(domain, "localhost");
}

/* As a compiled virtual has its domains. */
static int
find_host_mark(const struct table *virtual, struct slice domain)
{
	char key[sizeof ROUTES_MARK_HOST + ADDRESS_DOMAIN_MAX] = ROUTES_MARK_HOST;
	size_t len = sizeof ROUTES_MARK_HOST - 1;
	struct table_entry entry;

	if (virtual->cdb == NULL || domain.len == 0 || domain.len > ADDRESS_DOMAIN_MAX)
		return 0;
	memcpy(key + len, domain.data, domain.len);
	return table_get(virtual, slice_make(key, len + domain.len), &entry);
}

int
routes_is_hosted(const struct routes *r, struct slice domain)
{
	struct table_entry entry;
	int found =
	    table_find(&r->hosted, domain) != NULL ? 1 : find_host_mark(&r->virtual, domain);

	return found != 0 ? found : table_get(&r->domains, domain, &entry);
}

bool
routes_is_ours(const struct routes *r, struct slice domain)
{
	/* where a table is damaged, it may be: nothing is refused for that */
	return routes_is_local(r, domain) != 0 || routes_is_hosted(r, domain) != 0 ||
	       wrapped_owns(r, domain);
}
