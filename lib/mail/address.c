/* SPDX-License-Identifier: ISC */
#include "mail/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "base/utf8.h"

#define LABEL_MAX 63 /* octets, RFC 1035 2.3.4 */

/* The length of the non-ASCII character at the start of S (RFC 6531, 3.3), 0 if there is none. */
static size_t
wide_character(struct slice s)
{
	return (unsigned char)s.data[0] < 0x80 ? 0 : utf8_sequence(s);
}

static bool
is_letter_or_digit(char c)
{
	return ascii_is_alpha(c) || ascii_is_digit(c);
}

static bool
is_atext(char c)
{
	return is_letter_or_digit(c) || (c != '\0' && strchr("!#$%&'*+-/=?^_`{|}~", c) != NULL);
}

/* How many octets at the start of S are one atext of RFC 5321 or 6531; 0 for none. */
static size_t
atext(struct slice s)
{
	return is_atext(s.data[0]) ? 1 : wide_character(s);
}

/* How many octets at the start of S are Let-dig, a hyphen or part of a U-label; 0 for none. */
static size_t
label_text(struct slice s)
{
	return is_letter_or_digit(s.data[0]) || s.data[0] == '-' ? 1 : wide_character(s);
}

/* The octets at the start of S that are characters by IS_TEXT. */
static size_t
span(struct slice s, size_t (*is_text)(struct slice))
{
	size_t at = 0;

	while (at < s.len) {
		size_t n = is_text(slice_skip(s, at));

		if (n == 0)
			break;
		at += n;
	}
	return at;
}

/* The length of the Dot-string at the start of S, 0 if there is none. */
static size_t
dot_string(struct slice s)
{
	size_t at = 0;

	for (;;) {
		size_t n = span(slice_skip(s, at), atext);

		if (n == 0)
			return 0;
		at += n;
		if (at == s.len || s.data[at] != '.')
			return at;
		at++;
	}
}

/* The length of the Quoted-string at the start of S, 0 if there is none. */
static size_t
quoted_string(struct slice s)
{
	size_t at = 1;

	while (at < s.len && s.data[at] != '"') {
		size_t n = wide_character(slice_skip(s, at));

		if (s.data[at] == '\\') {
			at++; /* quoted-pairSMTP: printable ASCII alone, even in RFC 6531 */
			if (at == s.len || (unsigned char)s.data[at] >= 0x80)
				return 0;
		} else if (n == 0 && (unsigned char)s.data[at] >= 0x80)
			return 0;
		at += n > 0 ? n : 1;
	}
	return at < s.len ? at + 1 : 0;
}

static bool
is_label(struct slice label)
{
	if (label.len == 0 || label.data[0] == '-' || label.data[label.len - 1] == '-')
		return false;
	/* the length of a U-label is counted in its A-label form, which is not known here */
	if (label.len > LABEL_MAX && slice_is_ascii(label))
		return false;
	return span(label, label_text) == label.len;
}

static bool
is_domain_syntax(struct slice text)
{
	struct slice label;

	if (text.len == 0 || text.data[text.len - 1] == '.')
		return false;
	while (slice_take(&text, '.', &label))
		if (!is_label(label))
			return false;
	return true;
}

bool
address_is_domain(struct slice text, unsigned flags)
{
	if (text.len > ADDRESS_DOMAIN_MAX || (!(flags & ADDRESS_UTF8) && !slice_is_ascii(text)))
		return false;
	return is_domain_syntax(text);
}

bool
address_is_literal(struct slice text)
{
	char copy[INET6_ADDRSTRLEN];
	unsigned char octets[16];
	int family = AF_INET;

	if (text.len < 2 || text.data[0] != '[' || text.data[text.len - 1] != ']')
		return false;
	text = slice_make(text.data + 1, text.len - 2);
	if (slice_starts_nocase(text, "IPv6:")) {
		text = slice_skip(text, strlen("IPv6:"));
		family = AF_INET6;
	}
	if (text.len >= sizeof copy || slice_has_control(text))
		return false;
	memcpy(copy, text.data, text.len);
	copy[text.len] = '\0';
	return inet_pton(family, copy, octets) == 1;
}

static enum address_result
check_lengths(struct slice text, const struct address *a)
{
	if (text.len > ADDRESS_PATH_MAX || a->local.len > ADDRESS_LOCAL_MAX ||
	    a->domain.len > ADDRESS_DOMAIN_MAX)
		return ADDRESS_TOO_LONG;
	return ADDRESS_OK;
}

enum address_result
address_parse(struct slice text, unsigned flags, struct address *a)
{
	size_t local;

	if (text.len == 0 || slice_has_control(text))
		return ADDRESS_SYNTAX;
	if (!(flags & ADDRESS_UTF8) && !slice_is_ascii(text))
		return ADDRESS_8BIT;
	local = text.data[0] == '"' ? quoted_string(text) : dot_string(text);
	if (local == 0)
		return ADDRESS_SYNTAX;
	a->local = slice_make(text.data, local);
	a->domain = slice_skip(text, local + 1);
	if (local == text.len)
		return flags & ADDRESS_BARE ? check_lengths(text, a) : ADDRESS_SYNTAX;
	if (text.data[local] != '@')
		return ADDRESS_SYNTAX;
	if (!is_domain_syntax(a->domain) && !address_is_literal(a->domain))
		return ADDRESS_SYNTAX;
	return check_lengths(text, a);
}

int
address_unquoted_local(const struct address *a, struct str *out)
{
	struct slice local = a->local;

	if (local.len < 2 || local.data[0] != '"')
		return str_add_slice(out, local);
	local = slice_make(local.data + 1, local.len - 2);
	for (size_t i = 0; i < local.len; i++) {
		if (local.data[i] == '\\' && i + 1 < local.len)
			i++;
		if (str_add_char(out, local.data[i]) == -1)
			return -1;
	}
	return 0;
}
