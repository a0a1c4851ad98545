/* SPDX-License-Identifier: ISC */
#include "conf/alias.h"

#include "mail/address.h"

/* The comma that ends the first target in TEXT, or the end. */
static size_t
find_comma(struct slice text)
{
	bool quoted = false;

	for (size_t i = 0; i < text.len; i++) {
		if (quoted && text.data[i] == '\\')
			i++;
		else if (text.data[i] == '"')
			quoted = !quoted;
		else if (text.data[i] == ',' && !quoted)
			return i;
	}
	return text.len;
}

static struct alias_target
classify(struct slice text)
{
	struct address address;

	if (slice_has_control(text))
		return (struct alias_target){ALIAS_UNSUPPORTED, text};
	if (text.data[0] == '/')
		return (struct alias_target){ALIAS_PATH, text};
	if (text.data[0] == '\\')
		return (struct alias_target){ALIAS_USER, slice_skip(text, 1)};
	/* no program or list may pass as the dot-string that "|" and ":" could begin */
	if (text.data[0] == '|' || text.data[0] == ':' || slice_starts(text, "\"|") ||
	    slice_starts(text, "\"/") || slice_starts(text, "\":") ||
	    address_parse(text, ADDRESS_UTF8 | ADDRESS_BARE, &address) != ADDRESS_OK)
		return (struct alias_target){ALIAS_UNSUPPORTED, text};
	return (struct alias_target){address.domain.len > 0 ? ALIAS_ADDRESS : ALIAS_LOCAL, text};
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
