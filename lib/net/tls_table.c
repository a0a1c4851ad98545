/* SPDX-License-Identifier: ISC */
#include "net/tls_table.h"

#include <string.h>

#define FILE_NAME "tlspolicy"
#define DIGITS 64 /* of a SHA-256 fingerprint */
#define LABEL_MAX 63

enum arguments { NO_ARGUMENTS, SOME_NAMES, FINGERPRINTS };

static const struct {
	const char *word;
	enum tls_level level;
	enum arguments arguments;
} levels[] = {
    {"none", TLS_LEVEL_NONE, NO_ARGUMENTS},
    {"may", TLS_LEVEL_MAY, NO_ARGUMENTS},
    {"encrypt", TLS_LEVEL_ENCRYPT, NO_ARGUMENTS},
    {"verify", TLS_LEVEL_VERIFY, SOME_NAMES},
    {"fingerprint", TLS_LEVEL_FINGERPRINT, FINGERPRINTS},
    {"dane-only", TLS_LEVEL_DANE, NO_ARGUMENTS},
};

static bool
is_label(struct slice label)
{
	if (label.len == 0 || label.len > LABEL_MAX)
		return false;
	for (size_t i = 0; i < label.len; i++)
		if (!ascii_is_alpha(label.data[i]) && !ascii_is_digit(label.data[i]) &&
		    label.data[i] != '-' && label.data[i] != '_')
			return false;
	return true;
}

/* A host name, or ".parent". */
static bool
is_name(struct slice name)
{
	struct slice label;

	if (name.len >= TLS_NAME_SIZE)
		return false;
	if (slice_starts(name, "."))
		name = slice_skip(name, 1);
	if (name.len == 0 || name.data[name.len - 1] == '.')
		return false;
	while (slice_take(&name, '.', &label))
		if (!is_label(label))
			return false;
	return true;
}

static bool
are_names(struct slice arguments)
{
	struct slice word;
	size_t count = 0;

	while (slice_word(&arguments, &word))
		if (!is_name(word) || count++ == TLS_NAMES_MAX)
			return false;
	return true;
}

static bool
is_hexadecimal(char c)
{
	return ascii_is_digit(c) || (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'f');
}

/* 64 hexadecimal digits, with or without colons between pairs, "sha256:" perhaps in front. */
static bool
take_digits(struct slice word, char digits[DIGITS + 1])
{
	size_t count = 0;

	if (slice_starts_nocase(word, "sha256:"))
		word = slice_skip(word, 7);
	for (size_t i = 0; i < word.len; i++) {
		char c = word.data[i];

		if (c == ':' && count > 0 && count % 2 == 0 && word.data[i - 1] != ':')
			continue;
		if (!is_hexadecimal(c) || count == DIGITS)
			return false;
		digits[count++] = ascii_lower(c);
	}
	digits[count] = '\0';
	return count == DIGITS && word.data[word.len - 1] != ':';
}

static bool
are_fingerprints(struct slice arguments)
{
	char digits[DIGITS + 1];
	struct slice word;
	bool any = false;

	while (slice_word(&arguments, &word)) {
		if (!take_digits(word, digits))
			return false;
		any = true;
	}
	return any;
}

static bool
check_arguments(enum arguments wanted, struct slice given, const char **problem)
{
	switch (wanted) {
	case NO_ARGUMENTS:
		*problem = "nothing behind this level";
		return given.len == 0;
	case SOME_NAMES:
		*problem = "at most 4 host names, or \".parent\",";
		return are_names(given);
	case FINGERPRINTS:
		break;
	}
	*problem = "one SHA-256 fingerprint or more, of 64 hexadecimal digits,";
	return are_fingerprints(given);
}

bool
tls_entry_parse(struct slice value, struct tls_entry *entry, const char **wanted)
{
	struct slice word;

	*entry = (struct tls_entry){.level = TLS_LEVEL_MAY};
	*wanted = "none, may, encrypt, verify, fingerprint or dane-only";
	if (!slice_word(&value, &word))
		return false;
	if (slice_is_nocase(word, "only")) {
		entry->is_only = true;
		if (!slice_word(&value, &word))
			return false;
	}
	for (size_t i = 0; i < sizeof levels / sizeof levels[0]; i++) {
		if (!slice_is_nocase(word, levels[i].word))
			continue;
		entry->level = levels[i].level;
		entry->is_dane_only = entry->level == TLS_LEVEL_DANE;
		entry->arguments = slice_trim(value);
		return check_arguments(levels[i].arguments, entry->arguments, wanted);
	}
	return false;
}

static bool
is_key(struct slice key)
{
	if (key.len > 2 && key.data[0] == '[' && key.data[key.len - 1] == ']')
		return !slice_has_control(key); /* an address literal */
	return slice_is(key, "*") || !slice_is_ascii(key) || is_name(key);
}

int
tls_table_read(struct tls_table *t, const struct control *c, struct str *problem)
{
	struct tls_entry entry;
	const char *wanted;

	if (table_read(&t->table, c, FILE_NAME, TABLE_PAIRS, problem) == -1)
		return -1;
	for (size_t i = 0; i < t->table.count; i++) {
		const struct table_entry *one = &t->table.entries[i];
		const char *cause = NULL;

		if (!is_key(one->key))
			cause = "a domain, \".parent\" or \"*\"";
		else if (!tls_entry_parse(one->value, &entry, &wanted))
			cause = wanted;
		if (cause == NULL)
			continue;
		(void)table_complain(
		    problem, FILE_NAME, slice_of(t->table.text), one->key, "%s is expected", cause);
		table_free(&t->table);
		return -1;
	}
	return 0;
}

void
tls_table_free(struct tls_table *t)
{
	table_free(&t->table);
}

bool
tls_table_find(const struct tls_table *t, struct slice domain, struct tls_entry *entry)
{
	const struct table_entry *found = table_find_domain(&t->table, domain);
	const char *wanted;

	if (found == NULL)
		found = table_find(&t->table, slice_of("*"));
	if (found == NULL || !tls_entry_parse(found->value, entry, &wanted))
		return false;
	entry->key = found->key;
	return true;
}

static bool
add_fingerprints(struct slice arguments, struct str *out)
{
	char digits[DIGITS + 1];
	struct slice word;

	while (slice_word(&arguments, &word))
		if (!take_digits(word, digits) || str_format(out, "%s ", digits) == -1)
			return false;
	return true;
}

bool
tls_entry_apply(const struct tls_entry *entry, struct slice name, struct tls_requirement *r)
{
	struct slice arguments = entry->arguments, word;

	r->level = entry->level;
	r->by = TLS_BY_TABLE;
	if (entry->level == TLS_LEVEL_FINGERPRINT && !add_fingerprints(arguments, &r->fingerprints))
		return false;
	if (entry->level != TLS_LEVEL_VERIFY || arguments.len == 0)
		return name.len == 0 || tls_requirement_add_name(r, name) == 0;
	while (slice_word(&arguments, &word))
		if (tls_requirement_add_name(r, word) == -1)
			return false;
	r->is_named_surely = true;
	return true;
}
