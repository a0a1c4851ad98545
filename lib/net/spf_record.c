/* SPDX-License-Identifier: ISC */
#include "net/spf_record.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "base/slice.h"

#define VERSION "v=spf1"
#define DOMAIN_MAX ((size_t)255)

/* What may and what must stand behind the name of a mechanism. */
enum rest { NOTHING, DOMAIN, DOMAIN_OR_NOTHING, NETWORK4, NETWORK6 };

static const struct {
	const char *name;
	enum rest rest;
	bool asks;
} mechanisms[] = {
    {"all", NOTHING, false},
    {"include", DOMAIN, true},
    {"a", DOMAIN_OR_NOTHING, true},
    {"mx", DOMAIN_OR_NOTHING, true},
    {"ptr", DOMAIN_OR_NOTHING, true},
    {"ip4", NETWORK4, false},
    {"ip6", NETWORK6, false},
    {"exists", DOMAIN, true},
};

/* A macro (7.1): "%%", "%_", "%-", "%{" letter digits "r" delimiters "}". *i is at its "%". */
static bool
skip_macro(struct slice text, size_t *i)
{
	size_t end;

	if (++*i == text.len)
		return false;
	if (memchr("%_-", text.data[*i], 3) != NULL)
		return true;
	end = slice_find(slice_skip(text, *i), '}');
	if (text.data[*i] != '{' || *i + end >= text.len || end < 2 ||
	    memchr("slodiphcrtv", ascii_lower(text.data[*i + 1]), 11) == NULL)
		return false;
	*i += end;
	return true;
}

/* A domain-spec. Its last label, where it is no macro, must be no number; here, not empty. */
static bool
is_domain(struct slice text, bool *has_macros)
{
	*has_macros = false;
	if (text.len == 0 || text.len > DOMAIN_MAX)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] <= ' ' || text.data[i] > '~')
			return false;
		if (text.data[i] != '%')
			continue;
		*has_macros = true;
		if (!skip_macro(text, &i))
			return false;
	}
	return *has_macros || (slice_find(text, '.') < text.len - 1 && text.data[0] != '.');
}

static bool
is_length(struct slice text, uint64_t most)
{
	uint64_t bits;

	return slice_number(text, most, &bits) && (text.len == 1 || text.data[0] != '0');
}

static bool
is_network(struct slice text, int family)
{
	unsigned char room[sizeof(struct in6_addr)];
	char address[INET6_ADDRSTRLEN];
	size_t slash = slice_find(text, '/');

	if (slash < text.len &&
	    !is_length(slice_skip(text, slash + 1), family == AF_INET ? 32 : 128))
		return false;
	if (slash == 0 || slash >= sizeof address || memchr(text.data, '\0', slash) != NULL)
		return false;
	snprintf(address, sizeof address, "%.*s", (int)slash, text.data);
	return inet_pton(family, address, room) == 1;
}

/* "/24", "//64", "/24//64" at the end of "a" and "mx" are taken off (5.3). */
static bool
take_lengths(struct slice *text)
{
	size_t slash = slice_find(*text, '/'), second;
	struct slice four, six = {.len = 0};

	if (slash == text->len)
		return true;
	four = slice_skip(*text, slash + 1);
	text->len = slash;
	for (second = 0; second < four.len && four.data[second] != '/';)
		second++;
	if (second < four.len) {
		/* "//64" begins with the second slash; "/24//64" has one more */
		six = slice_skip(four, second + (second == 0 ? 1 : 2));
		if (second > 0 && (second + 1 >= four.len || four.data[second + 1] != '/'))
			return false;
		four.len = second;
		if (!is_length(six, 128))
			return false;
		if (four.len == 0)
			return true;
	}
	return is_length(four, 32);
}

static bool
take_domain(struct spf_record *r, struct slice domain, bool is_include)
{
	bool has_macros;

	if (!is_domain(domain, &has_macros))
		return false;
	if (is_include && has_macros)
		r->has_macros = true;
	else if (is_include && r->link_count < SPF_LINKS_MAX)
		r->links[r->link_count++] = domain;
	return true;
}

/* REST begins with ":" or "/", or is empty. */
static bool
take_rest(struct spf_record *r, const char *name, enum rest kind, struct slice rest)
{
	bool has_value = rest.len > 0 && rest.data[0] == ':';

	switch (kind) {
	case NOTHING:
		return rest.len == 0;
	case NETWORK4:
		return has_value && is_network(slice_skip(rest, 1), AF_INET);
	case NETWORK6:
		return has_value && is_network(slice_skip(rest, 1), AF_INET6);
	case DOMAIN_OR_NOTHING:
		if (*name != 'p' && !take_lengths(&rest))
			return false;
		if (rest.len == 0)
			return true;
		break;
	case DOMAIN:
		break;
	}
	return has_value && take_domain(r, slice_skip(rest, 1), strcmp(name, "include") == 0);
}

static bool
take_mechanism(struct spf_record *r, struct slice term)
{
	char qualifier = '+';
	size_t end = 0;

	if (memchr("+-~?", term.data[0], 4) != NULL) {
		qualifier = term.data[0];
		term = slice_skip(term, 1);
	}
	while (end < term.len && term.data[end] != ':' && term.data[end] != '/')
		end++;
	for (size_t i = 0; i < sizeof mechanisms / sizeof mechanisms[0]; i++) {
		const char *name = mechanisms[i].name;

		if (!slice_is_nocase(slice_make(term.data, end), name))
			continue;
		r->lookups += mechanisms[i].asks;
		r->uses_ptr = r->uses_ptr || strcmp(name, "ptr") == 0;
		if (mechanisms[i].rest == NOTHING && r->all == '\0')
			r->all = qualifier;
		return take_rest(r, name, mechanisms[i].rest, slice_skip(term, end));
	}
	return false;
}

static bool
is_modifier_name(struct slice name)
{
	if (name.len == 0 || !ascii_is_alpha(name.data[0]))
		return false;
	for (size_t i = 1; i < name.len; i++)
		if (!ascii_is_alpha(name.data[i]) && !ascii_is_digit(name.data[i]) &&
		    memchr("-_.", name.data[i], 3) == NULL)
			return false;
	return true;
}

struct once {
	bool redirect, explanation;
};

/* "redirect" and "exp" at most once; others are for those who know them (6). */
static bool
take_modifier(struct spf_record *r, struct slice name, struct slice value, struct once *seen)
{
	bool has_macros;

	if (slice_is_nocase(name, "redirect")) {
		if (seen->redirect || !is_domain(value, &has_macros))
			return false;
		seen->redirect = true;
		r->lookups++;
		if (has_macros)
			r->has_macros = true;
		else
			r->redirect = value;
	} else if (slice_is_nocase(name, "exp")) {
		if (seen->explanation || !is_domain(value, &has_macros))
			return false;
		seen->explanation = true;
	}
	return true;
}

int
spf_record_parse(struct slice text, struct spf_record *r, struct slice *wrong)
{
	struct slice term, rest;
	struct once seen = {.redirect = false};

	*r = (struct spf_record){.all = '\0'};
	if (!slice_starts_nocase(text, VERSION))
		return 0;
	rest = slice_skip(text, sizeof VERSION - 1);
	if (rest.len > 0 && rest.data[0] != ' ')
		return 0;
	while (slice_take(&rest, ' ', &term)) {
		size_t equals = slice_find(term, '=');

		if (term.len == 0)
			continue;
		*wrong = term;
		if (equals < term.len && is_modifier_name(slice_make(term.data, equals))
			? !take_modifier(
			      r, slice_make(term.data, equals), slice_skip(term, equals + 1), &seen)
			: !take_mechanism(r, term))
			return -1;
	}
	if (r->all != '\0' && seen.redirect) { /* it is never reached; 6.1 */
		r->lookups -= 1;
		r->redirect.len = 0;
	}
	return 1;
}
