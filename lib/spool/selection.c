/* SPDX-License-Identifier: ISC */
#include "spool/selection.h"

#include <pwd.h>
#include <string.h>

#include "mail/address.h"
#include "spool/selection_match.h"

#define LIST_MAX ((size_t)2 << 20) /* octets of what can be written on a command line */
#define NUMBER_MAX ((uint64_t)1 << 50)
#define UID_MAX_VALUE UINT64_C(4294967294)

void
selection_init(struct selection *s)
{
	*s = (struct selection){.older = -1, .newer = -1, .larger = -1};
	for (size_t i = 0; i < SELECTION_LISTS; i++)
		str_init(&s->lists[i], LIST_MAX);
}

void
selection_free(struct selection *s)
{
	for (size_t i = 0; i < SELECTION_LISTS; i++)
		str_free(&s->lists[i]);
}

static bool
is_domain_pattern(struct slice pattern)
{
	return selection_is_glob(pattern) || selection_is_domain(pattern);
}

static bool
is_address_pattern(struct slice pattern)
{
	struct address address;

	return slice_is(pattern, "<>") || is_domain_pattern(pattern) ||
	       address_parse(pattern, ADDRESS_UTF8, &address) == ADDRESS_OK;
}

/* The next of several with commas; one in quotes belongs to a local part. */
static bool
take_item(struct slice *rest, struct slice *item)
{
	bool is_quoted = false;
	size_t i = 0;

	if (rest->len == 0)
		return false;
	for (; i < rest->len && (is_quoted || rest->data[i] != ','); i++) {
		if (rest->data[i] == '"')
			is_quoted = !is_quoted;
		else if (is_quoted && rest->data[i] == '\\' && i + 1 < rest->len)
			i++;
	}
	*item = slice_trim(slice_make(rest->data, i));
	*rest = slice_skip(*rest, i + 1);
	return true;
}

static bool
append(struct str *list, struct slice item)
{
	if (item.len == 0 || slice_has_control(item))
		return false;
	return str_add_slice(list, item) == 0 && str_add_char(list, '\n') == 0;
}

static bool
add_patterns(struct str *list, struct slice rest, bool (*is_good)(struct slice))
{
	struct slice item;
	bool found = false;

	while (take_item(&rest, &item)) {
		if (!is_good(selection_without_not(item)) || !append(list, item))
			return false;
		found = true;
	}
	return found;
}

/* Kept as the envelope says it: "uid 1000". */
static bool
add_submitter(struct str *list, struct slice item)
{
	bool is_not = slice_starts(item, "!");
	struct slice who = selection_without_not(item);
	char name[64];
	const struct passwd *user;
	uint64_t uid;

	if (!slice_number(who, UID_MAX_VALUE, &uid)) {
		if (who.len == 0 || who.len >= sizeof name || slice_has_control(who))
			return false;
		memcpy(name, who.data, who.len);
		name[who.len] = '\0';
		user = getpwnam(name);
		if (user == NULL)
			return false;
		uid = user->pw_uid;
	}
	return str_format(list, "%suid %llu\n", is_not ? "!" : "", (unsigned long long)uid) == 0;
}

static bool
add_submitters(struct selection *s, struct slice rest)
{
	struct slice item;
	bool found = false;

	while (take_item(&rest, &item)) {
		if (!add_submitter(&s->lists[SELECTION_SUBMITTER], item))
			return false;
		found = true;
	}
	return found;
}

static bool
add_states(struct selection *s, struct slice rest)
{
	struct slice item;
	enum state state;
	unsigned not = 0;

	while (take_item(&rest, &item)) {
		if (!state_read(selection_without_not(item), &state))
			return false;
		if (slice_starts(item, "!"))
			not |= (unsigned)state;
		else
			s->states |= (unsigned)state;
	}
	if (not != 0)
		s->states = (s->states == 0 ? ~0U : s->states) & ~not ;
	return s->states != 0;
}

/* A number and one of LETTERS, which is worth so much. */
static bool
read_number(struct slice text, const char *letters, const uint64_t *worth, int64_t *value)
{
	uint64_t number, unit = 1;
	const char *letter;

	text = slice_trim(text);
	if (text.len > 1 && !ascii_is_digit(text.data[text.len - 1])) {
		letter = strchr(letters, ascii_lower(text.data[text.len - 1]));
		if (letter == NULL || *letter == '\0')
			return false;
		unit = worth[letter - letters];
		text.len--;
	}
	if (!slice_number(text, NUMBER_MAX / unit, &number))
		return false;
	*value = (int64_t)(number * unit);
	return true;
}

bool
selection_read_age(struct slice text, int64_t *seconds)
{
	static const uint64_t worth[] = {1, 60, 3600, 86400, 604800};

	return read_number(text, "smhdw", worth, seconds);
}

static bool
read_size(struct slice text, int64_t *octets)
{
	static const uint64_t worth[] = {1, 1024, 1024 * 1024, 1024 * 1024 * 1024};

	return read_number(text, "bkmg", worth, octets);
}

const char *
selection_add(struct selection *s, enum selection_kind kind, const char *words)
{
	static const char age[] = "is no age like 90s, 15m, 2h, 3d or 1w";
	struct slice text = slice_trim(slice_of(words));

	switch (kind) {
	case SELECTION_SENDER:
	case SELECTION_RECIPIENT:
		return add_patterns(&s->lists[kind], text, is_address_pattern)
			   ? NULL
			   : "is neither an address nor a domain, nor has it a *";
	case SELECTION_DOMAIN:
		return add_patterns(&s->lists[kind], text, is_domain_pattern) ? NULL
									      : "is no domain";
	case SELECTION_REASON:
		return append(&s->lists[kind], text) ? NULL : "is no text that a reply could hold";
	case SELECTION_SUBMITTER:
		return add_submitters(s, text) ? NULL : "is neither a user of this host nor a uid";
	case SELECTION_ID:
		return add_patterns(&s->lists[kind], text, id_is_valid) ? NULL : "is no queue id";
	case SELECTION_STATE:
		return add_states(s, text) ? NULL
					   : "is none of new, active, deferred, held, arriving, "
					     "incomplete, corrupt, damaged";
	case SELECTION_OLDER:
		return selection_read_age(text, &s->older) ? NULL : age;
	case SELECTION_NEWER:
		return selection_read_age(text, &s->newer) ? NULL : age;
	case SELECTION_LARGER:
		return read_size(text, &s->larger) ? NULL : "is no size like 5000, 20k or 3M";
	}
	return "is nothing to select by";
}
