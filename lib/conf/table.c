/* SPDX-License-Identifier: ISC */
#include "conf/table.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "conf/cdb_reader.h"

#define WHERE_MAX 256

/* How a text is read, and who hears of what is wrong in it. */
struct reading {
	const char *name;
	struct slice text;
	enum table_form form;
	struct str *problem;
	bool tells_all; /* the first problem is not the end */
	bool is_wrong;
};

static size_t
line_number(struct slice text, const char *at)
{
	size_t number = 1;

	for (const char *c = text.data; c < at; c++)
		number += *c == '\n';
	return number;
}

size_t
table_line(const struct table *t, const struct table_entry *entry)
{
	return t->text == NULL ? 0 : line_number(slice_of(t->text), entry->at);
}

static int
complain(struct str *problem, const char *where, struct slice text, struct slice line,
    const char *cause, va_list args)
{
	struct slice shown = slice_make(line.data, slice_find(line, '\n'));

	if (shown.len > 100)
		shown.len = 100;
	/* what does not fit into PROBLEM is left out: errno says the same in fewer words */
	(void)str_format(problem, "%s line %zu: ", where, line_number(text, line.data));
	(void)str_vformat(problem, cause, args);
	(void)str_add_text(problem, ", not \"");
	(void)escape_text(problem, shown);
	(void)str_add_char(problem, '"');
	errno = EINVAL;
	return -1;
}

int
table_complain(struct str *problem, const char *name, struct slice text, struct slice line,
    const char *cause, ...)
{
	char where[WHERE_MAX];
	va_list args;
	int result;

	(void)snprintf(where, sizeof where, "%s,", name);
	va_start(args, cause);
	result = complain(problem, where, text, line, cause, args);
	va_end(args);
	return result;
}

int
table_tell(struct str *problem, const char *name, struct slice text, struct slice line,
    const char *cause, ...)
{
	char where[WHERE_MAX];
	va_list args;
	int result;

	(void)snprintf(where, sizeof where, "%s:", name);
	va_start(args, cause);
	result = complain(problem, where, text, line, cause, args);
	va_end(args);
	(void)str_add_char(problem, '\n');
	errno = EINVAL;
	return result;
}

static int
compare(const void *a, const void *b)
{
	struct slice left = ((const struct table_entry *)a)->key;
	struct slice right = ((const struct table_entry *)b)->key;
	size_t len = left.len < right.len ? left.len : right.len;

	for (size_t i = 0; i < len; i++) {
		unsigned char l = (unsigned char)ascii_lower(left.data[i]);
		unsigned char r = (unsigned char)ascii_lower(right.data[i]);

		if (l != r)
			return l < r ? -1 : 1;
	}
	return left.len == right.len ? 0 : left.len < right.len ? -1 : 1;
}

/* Lines of comment do not count, even in the middle of an entry: they become empty ones. */
static void
blank_comments(struct str *text)
{
	struct slice rest = str_slice(text), line;

	while (slice_take(&rest, '\n', &line))
		if (slice_starts(slice_trim(line), "#"))
			memset(text->data + (line.data - text->data), ' ', line.len);
}

/* Adds the lines behind that begin with a blank, and empty ones among them, to LINE. */
static void
join_continuations(struct slice *rest, struct slice *line)
{
	while (rest->len > 0) {
		size_t len = slice_find(*rest, '\n');
		char first = rest->data[0];
		bool is_empty = slice_trim(slice_make(rest->data, len)).len == 0;

		if (!is_empty && first != ' ' && first != '\t')
			return;
		if (first == ' ' || first == '\t')
			line->len = (size_t)(rest->data + len - line->data);
		*rest = slice_skip(*rest, len + 1);
	}
}

static bool
is_blank_at(struct slice line, size_t i)
{
	return i >= line.len || line.data[i] == ' ' || line.data[i] == '\t';
}

/* The colon that ends a key; a quoted string, or a literal in brackets, may hold others. */
static size_t
find_colon(struct slice line, enum table_form form)
{
	bool quoted = false, literal = false;

	for (size_t i = 0; i < line.len; i++) {
		char c = line.data[i];

		if (quoted && c == '\\')
			i++;
		else if (c == '"')
			quoted = !quoted;
		else if (c == '[' || c == ']')
			literal = c == '[';
		else if (c == ':' && !quoted && !literal &&
			 (form != TABLE_HOSTS || is_blank_at(line, i + 1)))
			return i;
	}
	return line.len;
}

/* An alias is a local part, so it may be a quoted string; names are looked up without the quotes.
 */
static struct slice
unquote(struct slice key)
{
	if (key.len < 3 || key.data[0] != '"' || key.data[key.len - 1] != '"')
		return key;
	return slice_make(key.data + 1, key.len - 2);
}

static bool
split(struct slice line, enum table_form form, struct table_entry *entry)
{
	size_t colon;

	*entry = (struct table_entry){.key = slice_trim(line), .value = slice_make(NULL, 0)};
	if (form == TABLE_KEYS)
		return true;
	colon = find_colon(line, form);
	entry->key = slice_trim(slice_make(line.data, colon));
	if (form == TABLE_ALIASES)
		entry->key = unquote(entry->key);
	entry->value = slice_trim(slice_skip(line, colon + 1));
	return colon < line.len && entry->key.len > 0;
}

int
table_add(struct table *t, struct slice key, struct slice value)
{
	if (t->count == t->room) {
		size_t room = t->room == 0 ? 16 : t->room * 2;
		struct table_entry *entries = reallocarray(t->entries, room, sizeof *entries);

		if (entries == NULL)
			return -1;
		t->entries = entries;
		t->room = room;
	}
	t->entries[t->count++] = (struct table_entry){.key = key, .value = value, .at = key.data};
	return 0;
}

int
table_add_twin(struct table *t, struct slice key, const struct table_entry *entry)
{
	const char *at = entry->at;

	if (table_add(t, key, entry->value) == -1) /* which may move the entry */
		return -1;
	t->entries[t->count - 1].at = at;
	return 0;
}

void
table_sort(struct table *t)
{
	if (t->count > 1)
		qsort(t->entries, t->count, sizeof *t->entries, compare);
}

/* False if that is the end of it. */
static bool
goes_on(struct reading *r, struct slice line, const char *cause)
{
	int (*say)(struct str * problem, const char *name, struct slice text, struct slice line,
	    const char *cause, ...) = r->tells_all ? table_tell : table_complain;

	r->is_wrong = true;
	(void)say(r->problem, r->name, r->text, line, "%s", cause);
	return r->tells_all;
}

/* Null, or what would be right. */
static const char *
take_line(struct slice line, enum table_form form, struct table_entry *entry)
{
	if (!split(line, form, entry))
		return "\"key: value\" is expected";
	if (form != TABLE_KEYS && form != TABLE_ACCOUNTS && entry->value.len == 0)
		return "a value is expected";
	return NULL;
}

static int
read_lines(struct table *t, struct reading *r)
{
	struct slice rest = r->text, line;
	struct table_entry entry;

	while (control_next_line(&rest, &line)) {
		struct slice first = line;
		const char *cause;

		if (r->form == TABLE_ALIASES)
			join_continuations(&rest, &line);
		cause = take_line(line, r->form, &entry);
		if (cause != NULL && !goes_on(r, first, cause))
			return 0;
		if (cause == NULL && table_add(t, entry.key, entry.value) == -1)
			return -1;
	}
	return 0;
}

/* Two keys that are equal after sorting are an error: which of them counts would be chance. */
static void
check_twins(const struct table *t, struct reading *r)
{
	for (size_t i = 1; i < t->count; i++) {
		struct slice a = t->entries[i - 1].key, b = t->entries[i].key;

		if (slice_equal_nocase(a, b) && !goes_on(r, a.data > b.data ? a : b,
						    "a key that was not there before is expected"))
			return;
	}
}

static int
make(struct table *t, struct str *text, struct reading *r)
{
	int result;

	*t = (struct table){.cdb = NULL};
	if (r->form == TABLE_ALIASES)
		blank_comments(text);
	result = read_lines(t, r);
	table_sort(t);
	if (result == 0 && r->form != TABLE_KEYS && (r->tells_all || !r->is_wrong))
		check_twins(t, r);
	if (result == -1 || (r->is_wrong && !r->tells_all)) {
		table_free(t);
		errno = result == -1 ? ENOMEM : EINVAL;
		return -1;
	}
	if (text->room > 0)
		t->text = text->data;
	str_init(text, text->cap);
	errno = EINVAL;
	return r->is_wrong ? -1 : 0;
}

int
table_make(
    struct table *t, const char *name, struct str *text, enum table_form form, struct str *problem)
{
	struct reading r = {name, str_slice(text), form, problem, false, false};

	return make(t, text, &r);
}

int
table_make_telling(
    struct table *t, const char *name, struct str *text, enum table_form form, struct str *problem)
{
	struct reading r = {name, str_slice(text), form, problem, true, false};

	return make(t, text, &r);
}

int
table_read(struct table *t, const struct control *c, const char *name, enum table_form form,
    struct str *problem)
{
	struct str text;
	int found;

	*t = (struct table){0};
	str_init(&text, CONTROL_FILE_MAX);
	found = control_read(c, name, &text);
	if (found == 1 && table_make(t, name, &text, form, problem) == -1)
		found = -1;
	str_free(&text);
	return found;
}

void
table_free(struct table *t)
{
	cdb_reader_close(t->cdb);
	free(t->text);
	free(t->entries);
	*t = (struct table){0};
}

const struct table_entry *
table_find(const struct table *t, struct slice key)
{
	struct table_entry wanted = {.key = key};

	if (t->count == 0)
		return NULL;
	return bsearch(&wanted, t->entries, t->count, sizeof *t->entries, compare);
}

size_t
table_place(const struct table *t, struct slice key)
{
	struct table_entry wanted = {.key = key};
	size_t low = 0, high = t->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare(&t->entries[middle], &wanted) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const struct table_entry *
table_find_domain(const struct table *t, struct slice domain)
{
	const struct table_entry *found = table_find(t, domain);

	while (found == NULL && domain.len > 0 && domain.data[0] != '[') {
		size_t dot = slice_find(slice_skip(domain, 1), '.') + 1;

		domain = slice_skip(domain, dot);
		if (domain.len > 0)
			found = table_find(t, domain);
	}
	return found;
}

const struct table_entry *
table_find_sender(const struct table *t, struct slice address)
{
	const struct table_entry *found;

	if (address.len == 0)
		return table_find(t, slice_of("<>"));
	found = table_find(t, address);
	if (found == NULL)
		found = table_find(t, slice_skip(address, slice_find_last(address, '@')));
	return found;
}
