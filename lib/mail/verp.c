/* SPDX-License-Identifier: ISC */
#include "mail/verp.h"

#include <string.h>

#include "mail/address.h"

#define MARK "-@[]"
#define SEPARATORS "+-=_"
#define TEXT_MAX ((size_t)1024)

static struct slice
without_mark(struct slice reverse_path)
{
	return slice_make(reverse_path.data, reverse_path.len - (sizeof MARK - 1));
}

bool
verp_is(struct slice reverse_path)
{
	struct address address;

	return slice_ends_nocase(reverse_path, slice_of(MARK)) &&
	       address_parse(without_mark(reverse_path), ADDRESS_UTF8, &address) == ADDRESS_OK;
}

struct slice
verp_base(struct slice reverse_path)
{
	return verp_is(reverse_path) ? without_mark(reverse_path) : reverse_path;
}

/* LOCAL as a quoted string. */
static int
add_quoted(struct str *out, struct slice local)
{
	if (str_add_char(out, '"') == -1)
		return -1;
	for (size_t i = 0; i < local.len; i++) {
		char c = local.data[i];

		if (((c == '"' || c == '\\') && str_add_char(out, '\\') == -1) ||
		    str_add_char(out, c) == -1)
			return -1;
	}
	return str_add_char(out, '"');
}

/* LOCAL@DOMAIN in OUT, which is emptied first; false if that is no address. */
static bool
join(struct str *out, struct slice local, struct slice domain, bool is_quoted)
{
	struct address address;

	str_clear(out);
	if ((is_quoted ? add_quoted(out, local) : str_add_slice(out, local)) == -1 ||
	    str_add_char(out, '@') == -1 || str_add_slice(out, domain) == -1)
		return false;
	return address_parse(str_slice(out), ADDRESS_UTF8, &address) == ADDRESS_OK;
}

/* The local part of BASE, unquoted, with RECIPIENT's address behind it, all in LOCAL. */
static int
add_local(struct str *local, const struct address *base, struct slice recipient)
{
	struct address to;

	if (address_parse(recipient, ADDRESS_UTF8 | ADDRESS_BARE, &to) != ADDRESS_OK)
		to = (struct address){.local = recipient, .domain = slice_of(NULL)};
	if (address_unquoted_local(base, local) == -1 || address_unquoted_local(&to, local) == -1)
		return -1;
	if (to.domain.len == 0)
		return 0;
	return str_add_char(local, '=') == -1 ? -1 : str_add_slice(local, to.domain);
}

/* The address that RECIPIENT sees, in OUT; false if there can be none. */
static bool
expand(struct str *out, const struct address *base, struct slice recipient)
{
	struct str local;
	bool good;

	str_init(&local, TEXT_MAX);
	good = add_local(&local, base, recipient) == 0 &&
	       (join(out, str_slice(&local), base->domain, false) ||
		   join(out, str_slice(&local), base->domain, true));
	str_free(&local);
	return good;
}

/* What all see: the local part without the separator that it was to be followed by. */
static int
add_plain(struct str *out, const struct address *base)
{
	struct slice local = base->local;

	if (local.len > 1 && local.data[0] != '"' &&
	    strchr(SEPARATORS, local.data[local.len - 1]) != NULL)
		local.len--;
	if (str_add_slice(out, local) == -1 || str_add_char(out, '@') == -1)
		return -1;
	return str_add_slice(out, base->domain);
}

int
verp_add(struct str *out, struct slice reverse_path, struct slice recipient, bool is_utf8)
{
	struct address base;
	struct str text;
	int result;

	if (!verp_is(reverse_path))
		return str_add_slice(out, reverse_path);
	(void)address_parse(without_mark(reverse_path), ADDRESS_UTF8, &base);
	str_init(&text, TEXT_MAX);
	if ((is_utf8 || slice_is_ascii(recipient)) && expand(&text, &base, recipient))
		result = str_add_slice(out, str_slice(&text));
	else
		result = add_plain(out, &base);
	str_free(&text);
	return result;
}
