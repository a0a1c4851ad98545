/* SPDX-License-Identifier: ISC */
#include "conf/account_words.h"

#include <inttypes.h>
#include <string.h>

#include "base/utf8.h"
#include "mail/address.h"

#define NO_MEMORY "out of memory"

static int
add_lower(struct str *out, struct slice text)
{
	size_t before = out->len;

	if (str_add_slice(out, text) == -1)
		return -1;
	for (size_t i = before; i < out->len; i++)
		out->data[i] = ascii_lower(out->data[i]);
	return 0;
}

static bool
is_plain(char c)
{
	return ascii_is_alpha(c) || ascii_is_digit(c) || (unsigned char)c >= 0x80;
}

static bool
is_local(struct slice local)
{
	if (local.len == 0 || !(is_plain(local.data[0]) || local.data[0] == '_'))
		return false;
	for (size_t i = 0; i < local.len; i++)
		if (!is_plain(local.data[i]) &&
		    (local.data[i] == '\0' || strchr("._-+=&'~", local.data[i]) == NULL))
			return false;
	return true;
}

const char *
account_name(struct str *name, struct slice text)
{
	struct address a;

	switch (address_parse(text, ADDRESS_UTF8, &a)) {
	case ADDRESS_OK:
		break;
	case ADDRESS_TOO_LONG:
		return "it is too long for an address";
	default:
		return "it is no address, as joe@example.org is one";
	}
	if (!address_is_domain(a.domain, ADDRESS_UTF8))
		return "it has no domain";
	if (!is_local(a.local) || !utf8_is_text(text))
		return "the part before the @ may have letters, digits and ._-+=&'~ and begins "
		       "with "
		       "a letter or a digit";
	return add_lower(name, text) == -1 ? NO_MEMORY : NULL;
}

const char *
account_login(struct str *name, struct slice text)
{
	struct slice at = slice_make(text.data, slice_find_last(text, '@'));

	if (at.len < text.len)
		return account_name(name, text);
	if (text.len > ACCOUNT_LOGIN_MAX)
		return "it is too long for a login";
	if (!is_local(text) || !utf8_is_text(text))
		return "a login may have letters, digits and ._-+=&'~ and begins with a letter or "
		       "a digit";
	return add_lower(name, text) == -1 ? NO_MEMORY : NULL;
}

struct slice
account_domain(struct slice name)
{
	size_t at = slice_find_last(name, '@');

	return at == name.len ? name : slice_skip(name, at + 1);
}

struct slice
account_local(struct slice name)
{
	return slice_make(name.data, slice_find_last(name, '@'));
}

static bool
leads_up(struct slice path)
{
	struct slice name;

	while (slice_take(&path, '/', &name))
		if (slice_is(name, "..") || slice_is(name, "."))
			return true;
	return false;
}

const char *
account_mailbox(struct slice path)
{
	if (path.len < 2 || path.data[0] != '/' || path.data[path.len - 1] != '/')
		return "a Maildir is an absolute path that ends with /";
	if (path.len > ACCOUNT_MAILBOX_MAX)
		return "the path is too long";
	if (slice_has_control(path) || slice_find(path, ' ') < path.len || !utf8_is_text(path))
		return "the path has blanks or control characters, or is not UTF-8";
	if (leads_up(path))
		return "the path has . or .. in it";
	return NULL;
}

bool
account_size(struct slice text, uint64_t *octets)
{
	static const char units[] = "kmgt";
	const char *unit =
	    text.len == 0 ? NULL : memchr(units, ascii_lower(text.data[text.len - 1]), 4);
	unsigned shift = unit == NULL ? 0 : 10U * (unsigned)(unit - units + 1);

	if (unit != NULL)
		text.len--;
	if (!slice_number(text, (uint64_t)INT64_MAX >> shift, octets) || *octets == 0)
		return false;
	*octets <<= shift;
	return true;
}

int
account_add_quota(struct str *quota, uint64_t octets, uint64_t messages)
{
	if (octets > 0 && str_format(quota, "%" PRIu64 "S", octets) == -1)
		return -1;
	if (messages == 0)
		return 0;
	return str_format(quota, "%s%" PRIu64 "C", octets > 0 ? "," : "", messages);
}

/* One of the parts between commas: octets are first, or have an S; messages are second, or a C. */
static bool
take_part(struct slice word, bool is_first, uint64_t *octets, uint64_t *messages)
{
	char last = word.len == 0 ? '\0' : word.data[word.len - 1];
	struct slice number = slice_make(word.data, word.len - (last == 'S' || last == 'C'));
	bool counts = last == 'C' || (!is_first && last != 'S');
	uint64_t *value = counts ? messages : octets;

	if (*value != 0)
		return false;
	if (counts || last == 'S')
		return slice_number(number, INT64_MAX, value) && *value > 0;
	return account_size(number, value);
}

const char *
account_quota(struct str *quota, struct slice text)
{
	uint64_t octets = 0, messages = 0;
	struct slice word;
	bool good = text.len > 0 && text.data[text.len - 1] != ',';

	for (size_t i = 0; good && slice_take(&text, ',', &word); i++)
		good = i < 2 && take_part(word, i == 0, &octets, &messages);
	if (!good)
		return "a quota is as 500M, as 2G,10000 or as 524288000S,10000C";
	return account_add_quota(quota, octets, messages) == -1 ? NO_MEMORY : NULL;
}
