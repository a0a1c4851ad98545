/* SPDX-License-Identifier: ISC */
#include "conf/alias.h"

#include "mail/address.h"

#define INCLUDE ":include:"

/* The index behind the quoted string that TEXT begins with; its length where that does not end. */
static size_t
skip_quoted(struct slice text)
{
	for (size_t i = 1; i < text.len; i++)
		if (text.data[i] == '\\')
			i++;
		else if (text.data[i] == '"')
			return i + 1;
	return text.len;
}

/* The same for a comment in parentheses, which may hold others (RFC 5322, 3.2.2). */
static size_t
skip_comment(struct slice text)
{
	size_t depth = 0;

	for (size_t i = 0; i < text.len; i++)
		if (text.data[i] == '\\')
			i++;
		else if (text.data[i] == '(')
			depth++;
		else if (text.data[i] == ')' && --depth == 0)
			return i + 1;
	return text.len;
}

/* The comma that ends the first target in TEXT, or the end. A command has no comments. */
static size_t
find_comma(struct slice text)
{
	bool is_command = text.len > 0 && text.data[0] == '|';

	for (size_t i = 0; i < text.len; i++) {
		char c = text.data[i];

		if (c == ',')
			return i;
		if (c == '"')
			i += skip_quoted(slice_skip(text, i)) - 1;
		else if (c == '(' && !is_command)
			i += skip_comment(slice_skip(text, i)) - 1;
	}
	return text.len;
}

/* Takes the quotes off what is one quoted string and nothing else. */
static bool
take_quotes(struct slice *text)
{
	struct slice inner;

	if (text->len < 2 || text->data[0] != '"' || text->data[text->len - 1] != '"' ||
	    skip_quoted(*text) != text->len)
		return false;
	inner = slice_make(text->data + 1, text->len - 2);
	/* the last quote was escaped: the string has no end */
	for (size_t i = 0; i < inner.len; i++)
		if (inner.data[i] == '\\' && ++i == inner.len)
			return false;
	*text = inner;
	return true;
}

static bool
is_home_path(struct slice text)
{
	return slice_starts(text, "~/") || slice_starts(text, "./");
}

/* What follows the bar or :include:, which may stand in quotes of its own. */
static struct alias_target
rest_target(enum alias_target_kind kind, struct slice text, bool has_escapes)
{
	struct alias_target t = {.kind = kind, .text = slice_trim(text), .has_escapes = true};

	if (has_escapes || !take_quotes(&t.text))
		t.has_escapes = has_escapes;
	t.text = slice_trim(t.text);
	if (t.text.len == 0 ||
	    (kind == ALIAS_INCLUDE && t.text.data[0] != '/' && !is_home_path(t.text)))
		t.kind = ALIAS_BAD;
	return t;
}

/* The address within "phrase <address>" or "address (comment)". */
static struct slice
bare_address(struct slice text)
{
	for (size_t i = 0; i < text.len; i++) {
		char c = text.data[i];

		if (c == '"')
			i += skip_quoted(slice_skip(text, i)) - 1;
		else if (c == '(')
			return skip_comment(slice_skip(text, i)) == text.len - i
				   ? slice_trim(slice_make(text.data, i))
				   : text;
		else if (c == '<' && text.data[text.len - 1] == '>')
			return slice_trim(slice_make(text.data + i + 1, text.len - i - 2));
	}
	return text;
}

static struct alias_target
classify_address(struct slice text)
{
	struct alias_target t = {.kind = ALIAS_BAD, .text = bare_address(text)};
	struct address address;

	/* no program, path or list may pass as the dot-string that these could begin */
	if (t.text.len == 0 || slice_find(slice_of("|/:"), t.text.data[0]) < 3 ||
	    slice_starts(t.text, "\"|") || slice_starts(t.text, "\"/") ||
	    slice_starts(t.text, "\":") ||
	    address_parse(t.text, ADDRESS_UTF8 | ADDRESS_BARE, &address) != ADDRESS_OK)
		return t;
	t.kind = address.domain.len > 0 ? ALIAS_ADDRESS : ALIAS_LOCAL;
	return t;
}

/* \name; a domain behind it says what aliases do not apply, anyway. */
static struct alias_target
classify_user(struct slice text)
{
	struct alias_target t = classify_address(slice_skip(text, 1));

	if (t.kind == ALIAS_LOCAL)
		t.kind = ALIAS_USER;
	return t;
}

static struct alias_target
classify(struct slice text)
{
	struct slice inner = text;
	bool quoted = take_quotes(&inner);

	inner = slice_trim(inner);
	if (slice_has_control(text) || inner.len == 0)
		return (struct alias_target){.kind = ALIAS_BAD, .text = text};
	if (inner.data[0] == '|')
		return rest_target(ALIAS_PROGRAM, slice_skip(inner, 1), quoted);
	if (slice_starts_nocase(inner, INCLUDE))
		return rest_target(ALIAS_INCLUDE, slice_skip(inner, sizeof INCLUDE - 1), quoted);
	if (inner.data[0] == '/')
		return (struct alias_target){ALIAS_PATH, inner, quoted};
	if (is_home_path(inner))
		return (struct alias_target){ALIAS_HOME_PATH, inner, quoted};
	return text.data[0] == '\\' ? classify_user(text) : classify_address(text);
}

bool
alias_next_target(struct slice *rest, struct alias_target *target)
{
	for (;;) {
		struct slice text = slice_trim(*rest);
		size_t comma = find_comma(text);
		struct slice one = slice_trim(slice_make(text.data, comma));

		if (text.len == 0)
			return false;
		*rest = slice_skip(text, comma + 1);
		if (one.len > 0) {
			*target = classify(one);
			return true;
		}
	}
}

int
alias_add_text(const struct alias_target *target, struct str *out)
{
	struct slice text = target->text;

	if (!target->has_escapes)
		return str_add_slice(out, text);
	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] == '\\' && i + 1 < text.len)
			i++;
		if (str_add_char(out, text.data[i]) == -1)
			return -1;
	}
	return 0;
}

const char *
alias_check_key(struct slice key)
{
	if (key.len == 0)
		return "a name is expected";
	if (slice_has_control(key))
		return "a name without control characters is expected";
	if (key.len > ADDRESS_LOCAL_MAX)
		return "a name of 64 octets at most is expected";
	if (slice_find(key, '@') < key.len)
		return "a name without a domain is expected (addresses belong in virtual)";
	return NULL;
}

const char *
alias_check_value(struct slice value)
{
	struct alias_target target;
	bool has_one = false;

	for (; alias_next_target(&value, &target); has_one = true)
		switch (target.kind) {
		case ALIAS_BAD:
			return "an address, \\user, /path, |program or :include:/path is expected";
		case ALIAS_HOME_PATH:
			return "a path that begins with a slash is expected";
		case ALIAS_INCLUDE:
			if (target.text.data[0] != '/')
				return "a path that begins with a slash is expected";
			break;
		default:
			break;
		}
	return has_one ? NULL : "a target is expected";
}
