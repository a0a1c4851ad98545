/* SPDX-License-Identifier: ISC */
#include "conf/lists.h"

#include <string.h>

#include "mail/address.h"

#define ID_MAX 255	    /* RFC 2919, 2 */
#define LINE_OCTETS_MAX 900 /* of a field: a line may have 998 octets (RFC 5322, 2.1.1) */
#define MEMBERS_MAX 10000000

static const char *
take_owner(struct list *list, struct slice value)
{
	struct address address;

	list->owner = value;
	return address_parse(value, ADDRESS_UTF8, &address) == ADDRESS_OK
		   ? NULL
		   : "owner= is followed by an address";
}

static const char *
take_verp(struct list *list, struct slice value)
{
	list->has_verp = true;
	list->separator = value.len == 0 ? '+' : value.data[0];
	return value.len == 0 || (value.len == 1 && strchr("+-=_", value.data[0]) != NULL)
		   ? NULL
		   : "verp= is followed by +, -, = or _";
}

/* RFC 2919, 2: dot-atom-text; "localhost" is as good as a domain. */
static const char *
take_id(struct list *list, struct slice value)
{
	struct address address;
	char text[ADDRESS_LOCAL_MAX + 1];
	struct slice rest = value, part;

	list->id = value;
	if (value.len > ID_MAX || slice_find(value, '.') == value.len ||
	    value.data[value.len - 1] == '.')
		return "id= is followed by a name such as dev.example.org";
	while (slice_take(&rest, '.', &part)) {
		if (part.len == 0 || part.len > ADDRESS_LOCAL_MAX)
			return "id= is followed by a name such as dev.example.org";
		memcpy(text, part.data, part.len);
		if (address_parse(slice_make(text, part.len), ADDRESS_BARE, &address) !=
			ADDRESS_OK ||
		    text[0] == '"')
			return "id= is followed by a name such as dev.example.org";
	}
	return NULL;
}

/* RFC 2369, 2: URLs in angle brackets with commas between, most wanted first. */
static bool
is_urls(struct slice value)
{
	struct slice one;

	if (value.len == 0 || value.len > LINE_OCTETS_MAX || !slice_is_ascii(value))
		return false;
	while (slice_take(&value, ',', &one)) {
		struct slice url = slice_make(one.data + 1, one.len - 2);

		if (one.len < 4 || one.data[0] != '<' || one.data[one.len - 1] != '>' ||
		    slice_find(url, '<') < url.len || slice_find(url, '>') < url.len ||
		    slice_find(url, ':') == url.len || url.data[0] == ':')
			return false;
	}
	return true;
}

#define URL_TAKER(member) \
	static const char *take_##member(struct list *list, struct slice value) \
	{ \
		list->member = value; \
		return is_urls(value) ? NULL : #member "= is followed by <URL> or <URL>,<URL>"; \
	}

URL_TAKER(help)
URL_TAKER(subscribe)
URL_TAKER(unsubscribe)
URL_TAKER(contact)
URL_TAKER(archive)

/* RFC 2369, 3.4 */
static const char *
take_post(struct list *list, struct slice value)
{
	list->post = value;
	return slice_is(value, "NO") || is_urls(value)
		   ? NULL
		   : "post= is followed by <URL>, <URL>,<URL> or NO";
}

static const char *
take_precedence(struct list *list, struct slice value)
{
	list->precedence = value;
	return slice_is(value, "list") || slice_is(value, "bulk") || slice_is(value, "junk")
		   ? NULL
		   : "precedence= is followed by list, bulk or junk";
}

static const char *
take_expn(struct list *list, struct slice value)
{
	list->is_secret = slice_is(value, "no");
	return list->is_secret || slice_is(value, "yes") ? NULL : "expn= is followed by yes or no";
}

static const char *
take_max(struct list *list, struct slice value)
{
	return slice_number(value, MEMBERS_MAX, &list->max) && list->max > 0
		   ? NULL
		   : "max= is followed by a number of members";
}

static const char *
take_one_click(struct list *list, struct slice value)
{
	list->is_one_click = true;
	return value.len == 0 ? NULL : "oneclick stands alone";
}

static const char *
take_sublist(struct list *list, struct slice value)
{
	list->is_sublist = true;
	return value.len == 0 ? NULL : "sublist stands alone";
}

static const struct setting {
	const char *name;
	bool has_value, is_flag; /* it must have one; it may do without */
	const char *(*take)(struct list *, struct slice);
} settings[] = {
    {"owner", true, false, take_owner},
    {"verp", true, true, take_verp},
    {"id", true, false, take_id},
    {"sublist", false, true, take_sublist},
    {"help", true, false, take_help},
    {"subscribe", true, false, take_subscribe},
    {"unsubscribe", true, false, take_unsubscribe},
    {"post", true, false, take_post},
    {"contact", true, false, take_contact},
    {"archive", true, false, take_archive},
    {"oneclick", false, true, take_one_click},
    {"precedence", true, false, take_precedence},
    {"expn", true, false, take_expn},
    {"max", true, false, take_max},
};

static const char *
take_word(struct list *list, struct slice word, unsigned *seen)
{
	size_t sign = slice_find(word, '=');
	struct slice name = slice_make(word.data, sign), value = slice_skip(word, sign + 1);

	if (slice_has_control(word))
		return "settings are words with blanks between";
	for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
		const struct setting *s = &settings[i];

		if (!slice_is(name, s->name))
			continue;
		if ((*seen & 1U << i) != 0)
			return "a setting stands twice";
		*seen |= 1U << i;
		if (sign == word.len ? !s->is_flag : !s->has_value || value.len == 0)
			return s->has_value ? "a setting has no value" : "a setting has a value";
		return s->take(list, value);
	}
	return "there is no such setting; satchel-control(5) lists them";
}

/* RFC 8058, 3.1: there is one HTTPS URI that takes the click. */
static bool
has_https(struct slice urls)
{
	struct slice one;

	while (slice_take(&urls, ',', &one))
		if (slice_starts_nocase(one, "<https:"))
			return true;
	return false;
}

const char *
list_parse(struct slice words, struct list *list)
{
	const char *wrong = NULL;
	struct slice word;
	unsigned seen = 0;

	*list = (struct list){.separator = '+'};
	while (wrong == NULL && slice_word(&words, &word))
		wrong = take_word(list, word, &seen);
	if (wrong == NULL && list->has_verp && list->owner.len == 0)
		wrong = "verp goes with owner=";
	if (wrong == NULL && list->is_one_click && !has_https(list->unsubscribe))
		wrong = "oneclick goes with an https: URL in unsubscribe=";
	return wrong;
}

/* "dev", an alias, or "dev@example.org". */
const char *
lists_check(const struct table_entry *entry)
{
	struct address address;
	struct list list;

	if (address_parse(entry->key, ADDRESS_UTF8 | ADDRESS_BARE, &address) != ADDRESS_OK)
		return "\"dev@example.org: settings\" or \"alias: settings\" is expected";
	return list_parse(entry->value, &list);
}
