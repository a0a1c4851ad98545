/* SPDX-License-Identifier: ISC */
#include "conf/submitters.h"

#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/user.h"
#include "mail/address.h"

#define LIMIT_MAX UINT64_C(1000000000)
#define SECONDS_MAX UINT64_C(31536000)
#define OCTETS_A_COUNT UINT64_C(1024) /* sizes are counted in these, to stay below LIMIT_MAX */
#define GROUPS_MAX 65536

static const char *const measures[SUBMITTER_MEASURES] = {[SUBMITTER_MESSAGES] = "rate",
    [SUBMITTER_RECIPIENTS] = "recipients",
    [SUBMITTER_OCTETS] = "size"};

const char *
submitters_word(enum submitter_measure measure)
{
	return measures[measure];
}

/* The number in front of TEXT, which goes on with what is behind it. */
static bool
take_number(struct slice *text, uint64_t *number)
{
	size_t digits = 0;

	while (digits < text->len && ascii_is_digit(text->data[digits]))
		digits++;
	if (!slice_number(slice_make(text->data, digits), UINT64_MAX >> 32, number))
		return false;
	*text = slice_skip(*text, digits);
	return true;
}

/* "h", "15m" */
static bool
read_period(struct slice text, uint64_t *seconds)
{
	static const char units[] = "smhd";
	static const uint64_t lengths[] = {1, 60, 3600, 86400};
	uint64_t number = 1;
	size_t unit;

	if (text.len > 1 && !take_number(&text, &number))
		return false;
	unit = text.len == 1 ? slice_find(slice_of(units), text.data[0]) : sizeof units;
	if (unit >= sizeof units - 1 || number == 0 || number > SECONDS_MAX / lengths[unit])
		return false;
	*seconds = number * lengths[unit];
	return true;
}

/* Octets, with k, M or G behind them or not. */
static bool
scale_octets(struct slice unit, uint64_t *limit)
{
	static const char units[] = "kMG";
	size_t power = unit.len == 0 ? 0 : slice_find(slice_of(units), unit.data[0]) + 1;

	if (unit.len > 1 || power > 3)
		return false;
	while (power-- > 0) {
		if (*limit > LIMIT_MAX * OCTETS_A_COUNT / 1024)
			return false;
		*limit *= 1024;
	}
	return true;
}

/* "100/h", or, of octets, "50M/d" */
static bool
read_rate(struct slice value, bool is_octets, struct submitter_rate *rate)
{
	struct slice number = slice_make(value.data, slice_find(value, '/'));
	uint64_t most = is_octets ? LIMIT_MAX * OCTETS_A_COUNT : LIMIT_MAX;

	if (rate->limit > 0 || number.len == value.len ||
	    !read_period(slice_skip(value, number.len + 1), &rate->seconds) ||
	    !take_number(&number, &rate->limit))
		return false;
	rate->text = value;
	if (is_octets ? !scale_octets(number, &rate->limit) : number.len > 0)
		return false;
	return rate->limit > 0 && rate->limit <= most;
}

static bool
is_sender(struct slice text)
{
	struct address parsed;

	if (slice_is(text, "<>"))
		return true;
	if (slice_starts(text, "@"))
		return address_is_domain(slice_skip(text, 1), ADDRESS_UTF8);
	return address_parse(text, ADDRESS_BARE | ADDRESS_UTF8, &parsed) == ADDRESS_OK;
}

static bool
is_program(struct slice text)
{
	return text.len > 0 && text.data[text.len - 1] != '/';
}

/* A list without blanks; each part as IS_ONE has it. */
static bool
read_list(struct slice value, bool (*is_one)(struct slice), struct slice *list)
{
	struct slice rest = value, one;

	if (value.len == 0 || list->len > 0)
		return false;
	while (slice_take(&rest, ',', &one))
		if (!is_one(one))
			return false;
	*list = value;
	return true;
}

static bool
take_word(struct submitter *s, struct slice word)
{
	size_t end = slice_find(word, '=');
	struct slice name = slice_make(word.data, end), value = slice_skip(word, end + 1);

	if (slice_is(word, "deny")) {
		s->is_denied = true;
		return true;
	}
	if (slice_is(name, "senders"))
		return read_list(value, is_sender, &s->senders);
	if (slice_is(name, "programs"))
		return read_list(value, is_program, &s->programs);
	for (size_t i = 0; i < SUBMITTER_MEASURES; i++)
		if (slice_is(name, measures[i]))
			return read_rate(value, i == SUBMITTER_OCTETS, &s->rates[i]);
	return false;
}

/* The words of one line; *wrong is the first that is none. */
static bool
parse(struct slice value, struct submitter *s, struct slice *wrong)
{
	*s = (struct submitter){.is_denied = false};
	if (slice_is(slice_trim(value), "unlimited"))
		return true;
	*wrong = value;
	if (slice_trim(value).len == 0)
		return false;
	while (slice_word(&value, wrong))
		if (!take_word(s, *wrong))
			return false;
	return true;
}

static bool
is_key(struct slice key)
{
	if (slice_starts(key, "@"))
		key = slice_skip(key, 1);
	else if (slice_is(key, "*"))
		return true;
	return key.len > 0 && user_is_name(key);
}

int
submitters_read(struct table *t, const struct control *c, struct str *problem)
{
	if (table_read(t, c, SUBMITTERS_FILE, TABLE_PAIRS, problem) == -1)
		return -1;
	for (size_t i = 0; i < t->count; i++) {
		const struct table_entry *entry = &t->entries[i];
		struct submitter s;
		struct slice wrong;

		if (!is_key(entry->key))
			return table_complain(problem, SUBMITTERS_FILE, slice_of(t->text),
			    entry->key, "a user, a user ID, \"@group\" or \"*\" is expected");
		if (!parse(entry->value, &s, &wrong))
			return table_complain(problem, SUBMITTERS_FILE, slice_of(t->text), wrong,
			    "\"unlimited\", or \"deny\" and, each once, rate=N/TIME, "
			    "recipients=N/TIME, size=N[k|M|G]/TIME (TIME: h, 15m, 2d), "
			    "senders=ADDRESS,... and programs=NAME,... are expected");
	}
	return 0;
}

static bool
is_among(gid_t group, const gid_t *groups, int count)
{
	for (int i = 0; i < count; i++)
		if (groups[i] == group)
			return true;
	return false;
}

/* The group of KEY, "@name"; false if nobody knows it. */
static bool
find_group(struct slice key, gid_t *group)
{
	const struct group *found;
	char name[256];

	if (key.len - 1 >= sizeof name)
		return false;
	memcpy(name, key.data + 1, key.len - 1);
	name[key.len - 1] = '\0';
	found = getgrnam(name);
	if (found != NULL)
		*group = found->gr_gid;
	return found != NULL;
}

/* All groups of NAME, in memory that the caller frees; null if they cannot be told. */
static gid_t *
groups_of(struct slice name, gid_t group, int *count)
{
	gid_t *groups = calloc(GROUPS_MAX, sizeof *groups);
	char text[256];

	*count = GROUPS_MAX;
	if (groups == NULL || name.len >= sizeof text) {
		free(groups);
		return NULL;
	}
	memcpy(text, name.data, name.len);
	text[name.len] = '\0';
	if (getgrouplist(text, group, groups, count) == -1) {
		free(groups);
		return NULL;
	}
	return groups;
}

/* Of several groups the one whose line comes first. */
static const struct table_entry *
find_by_group(const struct table *t, struct slice name, gid_t group)
{
	const struct table_entry *found = NULL;
	gid_t *groups = NULL;
	int count = 0;

	for (size_t i = 0; i < t->count; i++) {
		const struct table_entry *entry = &t->entries[i];
		gid_t wanted;

		if (!slice_starts(entry->key, "@") || name.len == 0 ||
		    (found != NULL && found->at < entry->at))
			continue;
		if (groups == NULL)
			groups = groups_of(name, group, &count);
		if (groups != NULL && find_group(entry->key, &wanted) &&
		    is_among(wanted, groups, count))
			found = entry;
	}
	free(groups);
	return found;
}

bool
submitters_find(const struct table *t, uid_t uid, struct slice name, gid_t group, bool is_service,
    struct submitter *found)
{
	const struct table_entry *entry = NULL;
	struct slice wrong;
	char number[32];

	snprintf(number, sizeof number, "%lu", (unsigned long)uid);
	if (name.len > 0)
		entry = table_find(t, name);
	if (entry == NULL)
		entry = table_find(t, slice_of(number));
	if (entry == NULL && !is_service)
		entry = find_by_group(t, name, group);
	if (entry == NULL && !is_service)
		entry = table_find(t, slice_of("*"));
	if (entry == NULL || !parse(entry->value, found, &wrong))
		return false;
	found->line = table_line(t, entry);
	return true;
}

bool
submitter_may_send_as(const struct submitter *s, struct slice reverse_path)
{
	struct slice rest = s->senders, one;
	struct slice domain = slice_skip(reverse_path, slice_find_last(reverse_path, '@'));

	if (s->senders.len == 0)
		return true;
	while (slice_take(&rest, ',', &one)) {
		if (slice_is(one, "<>") ? reverse_path.len == 0
					: slice_equal_nocase(one, reverse_path))
			return true;
		if (slice_starts(one, "@") && slice_equal_nocase(one, domain))
			return true;
	}
	return false;
}
