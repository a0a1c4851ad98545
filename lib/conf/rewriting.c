/* SPDX-License-Identifier: ISC */
#include "conf/rewriting.h"

#include <errno.h>

#include "mail/address.h"

#define ADDRESSES "addressmap"
#define DOMAIN_FILE "masquerade"
#define ADDRESS_MAX ((size_t)1000)

/* "@domain" */
static bool
is_domain(struct slice text)
{
	return text.len > 1 && text.data[0] == '@' &&
	       address_is_domain(slice_skip(text, 1), ADDRESS_UTF8);
}

const char *
rewriting_check(const struct table_entry *e)
{
	struct address parsed;

	if (!is_domain(e->key) &&
	    address_parse(e->key, ADDRESS_UTF8 | ADDRESS_BARE, &parsed) != ADDRESS_OK)
		return "a local part, an address or @domain is expected before the colon";
	if (!is_domain(e->value) && address_parse(e->value, ADDRESS_UTF8, &parsed) != ADDRESS_OK)
		return "an address or @domain is expected behind the colon";
	return NULL;
}

static int
check_addresses(const struct rewriting *r, struct str *problem)
{
	for (size_t i = 0; i < r->addresses.count; i++) {
		const struct table_entry *e = &r->addresses.entries[i];
		const char *cause = rewriting_check(e);

		if (cause != NULL)
			return table_complain(
			    problem, ADDRESSES, slice_of(r->addresses.text), e->key, "%s", cause);
	}
	return 0;
}

static int
read_domain(struct rewriting *r, const struct control *c, struct str *problem)
{
	if (control_line(c, DOMAIN_FILE, &r->domain) == -1) {
		(void)str_add_text(problem, DOMAIN_FILE);
		return -1;
	}
	if (r->domain.len == 0 || address_is_domain(str_slice(&r->domain), 0))
		return 0;
	(void)str_add_text(problem, DOMAIN_FILE ": a domain in its ASCII form is expected");
	errno = EINVAL;
	return -1;
}

int
rewriting_read(struct rewriting *r, const struct control *c, struct str *problem)
{
	int found;

	str_init(&r->domain, ADDRESS_MAX);
	found = table_open(&r->addresses, c, ADDRESSES, TABLE_PAIRS, problem);
	if (found == 1)
		found = check_addresses(r, problem);
	else if (found == -1 && problem->len == 0)
		(void)str_add_text(problem, ADDRESSES);
	return found == -1 ? -1 : read_domain(r, c, problem);
}

void
rewriting_free(struct rewriting *r)
{
	table_free(&r->addresses);
	str_free(&r->domain);
}

static bool
has_addresses(const struct rewriting *r)
{
	return r->addresses.cdb != NULL || r->addresses.count > 0;
}

bool
rewriting_is_empty(const struct rewriting *r)
{
	return !has_addresses(r) && r->domain.len == 0;
}

/* An address that is being rewritten. */
struct rewrite {
	const struct rewriting *rules;
	struct slice local, domain; /* the domain of this host, where it has none */
	bool is_here;
	bool is_bare;
	struct str *out;
};

static int
add_address(struct str *out, struct slice local, struct slice domain)
{
	size_t before = out->len;

	if (str_add_slice(out, local) == 0 && str_add_char(out, '@') == 0 &&
	    str_add_slice(out, domain) == 0)
		return 1;
	str_truncate(out, before);
	return -1;
}

/* What addressmap has for LOCAL, at DOMAIN unless that is empty: as rewriting_apply. */
static int
map_key(const struct rewrite *w, struct slice local, struct slice domain)
{
	struct table_entry entry;
	struct str key;
	int found = 0;

	str_init(&key, 2 * ADDRESS_MAX);
	if (str_add_slice(&key, local) == -1 ||
	    (domain.len > 0 &&
		(str_add_char(&key, '@') == -1 || str_add_slice(&key, domain) == -1)))
		found = -1;
	if (found == 0)
		found = table_get(&w->rules->addresses, str_slice(&key), &entry);
	if (found == 1)
		found = entry.value.data[0] == '@'
			    ? add_address(w->out, w->local, slice_skip(entry.value, 1))
			: str_add_slice(w->out, entry.value) == -1 ? -1
								   : 1;
	str_free(&key);
	return found;
}

static int
map(const struct rewrite *w)
{
	int found = 0;

	if (!has_addresses(w->rules))
		return 0;
	if (w->is_here)
		found = map_key(w, w->local, slice_of(""));
	if (found == 0)
		found = map_key(w, w->local, w->domain);
	return found == 0 ? map_key(w, slice_of(""), w->domain) : found;
}

/* Names of this host that mean nothing to others. */
static bool
is_this_host(struct slice domain, struct slice host)
{
	return slice_equal_nocase(domain, host) || slice_is_nocase(domain, "localhost") ||
	       slice_is_nocase(domain, "localhost.localdomain");
}

int
rewriting_apply(const struct rewriting *r, bool is_sender, struct slice address, struct slice host,
    struct str *out)
{
	struct rewrite w = {.rules = r, .out = out};
	struct address parsed;
	int found;

	if (address_parse(address, ADDRESS_UTF8 | ADDRESS_BARE, &parsed) != ADDRESS_OK)
		return 0;
	w.is_bare = parsed.domain.len == 0;
	if (!w.is_bare && (!is_sender || rewriting_is_empty(r)))
		return 0;
	w.local = parsed.local;
	w.is_here = w.is_bare || is_this_host(parsed.domain, host);
	w.domain = w.is_bare ? host : parsed.domain;
	found = map(&w);
	if (found != 0)
		return found;
	if (is_sender && w.is_here && r->domain.len > 0)
		return add_address(out, w.local, str_slice(&r->domain));
	return w.is_bare ? add_address(out, w.local, w.domain) : 0;
}
