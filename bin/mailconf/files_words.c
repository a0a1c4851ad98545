/* SPDX-License-Identifier: ISC */
/* Control files of few words: what their readers take, told before they read them. */
#include "files_words.h"

#include <errno.h>
#include <string.h>

#include "conf/table.h"
#include "mail/address.h"

static int
wrong(struct str *problem, const char *name, const char *expected)
{
	(void)str_format(problem, "%s: %s is expected", name, expected);
	errno = EINVAL;
	return -1;
}

/* The value of NAME is held to IS_GOOD; EXPECTED says what that is. */
static int
check_value(const struct control *c, const char *name, bool (*is_good)(struct slice value),
    const char *expected, struct str *problem)
{
	struct str line;
	int found, result;

	str_init(&line, CONTROL_FILE_MAX);
	found = control_line(c, name, &line);
	result = found == 1 && !is_good(str_slice(&line)) ? wrong(problem, name, expected)
							  : (found == -1 ? -1 : 0);
	str_free(&line);
	return result;
}

static bool
are_forward_files(struct slice words)
{
	struct slice word;
	unsigned forward = 0, qmail = 0, others = 0;

	if (slice_is(words, "none"))
		return true;
	while (slice_word(&words, &word)) {
		forward += slice_is(word, "forward");
		qmail += slice_is(word, "qmail");
		others += !slice_is(word, "forward") && !slice_is(word, "qmail");
	}
	return forward <= 1 && qmail <= 1 && others == 0;
}

int
check_forward_files(const struct control *c, const char *name, struct str *problem)
{
	return check_value(
	    c, name, are_forward_files, "\"forward\", \"qmail\", both or \"none\"", problem);
}

static bool
is_below_home(struct slice path)
{
	struct slice part;

	if (path.len == 0 || path.data[0] == '/' || slice_has_control(path))
		return false;
	while (slice_take(&path, '/', &part))
		if (slice_is(part, "..") || slice_is(part, "."))
			return false;
	return true;
}

int
check_mailbox(const struct control *c, const char *name, struct str *problem)
{
	return check_value(c, name, is_below_home, "a relative path without . and ..", problem);
}

static bool
is_absolute(struct slice path)
{
	return slice_starts(path, "/");
}

int
check_folder(const struct control *c, const char *name, struct str *problem)
{
	return check_value(c, name, is_absolute, "the absolute path of a folder", problem);
}

static bool
is_address_or_none(struct slice value)
{
	struct address address;

	return slice_is(value, "none") ||
	       address_parse(value, ADDRESS_UTF8 | ADDRESS_BARE, &address) == ADDRESS_OK;
}

int
check_address(const struct control *c, const char *name, struct str *problem)
{
	return check_value(c, name, is_address_or_none, "an address or \"none\"", problem);
}

static bool
is_verify(struct slice value)
{
	return slice_is_nocase(value, "trusted") || slice_is_nocase(value, "never") ||
	       slice_is_nocase(value, "always");
}

int
check_verify(const struct control *c, const char *name, struct str *problem)
{
	return check_value(c, name, is_verify, "trusted, never or always", problem);
}

int
check_key_list(const struct control *c, const char *name, struct str *problem)
{
	struct table table;
	int result = table_read(&table, c, name, TABLE_KEYS, problem);

	if (result != -1)
		table_free(&table);
	return result == -1 ? -1 : 0;
}

int
check_pairs(const struct control *c, const char *name, struct str *problem)
{
	struct table table;
	int result = table_read(&table, c, name, TABLE_PAIRS, problem);

	if (result != -1)
		table_free(&table);
	return result == -1 ? -1 : 0;
}

/* A table whose keys are all among WORDS, which end with a null. */
static int
check_settings(const struct control *c, const char *name, const char *const *words,
    const char *expected, struct str *problem)
{
	struct table table;
	int result = table_read(&table, c, name, TABLE_PAIRS, problem);
	size_t row;

	if (result == -1)
		return -1;
	for (size_t i = 0; result >= 0 && i < table.count; i++) {
		for (row = 0; words[row] != NULL; row++)
			if (slice_is_nocase(table.entries[i].key, words[row]))
				break;
		if (words[row] == NULL)
			result = table_complain(
			    problem, name, slice_of(table.text), table.entries[i].key, expected);
	}
	table_free(&table);
	return result == -1 ? -1 : 0;
}

int
check_authentication(const struct control *c, const char *name, struct str *problem)
{
	static const char *const words[] = {"mechanisms", "checkpassword", "dovecot",
	    "token-verifier", "clients", "plaintext", NULL};

	return check_settings(
	    c, name, words, "a setting that satchel-control(5) lists is expected", problem);
}

int
check_tls_report(const struct control *c, const char *name, struct str *problem)
{
	static const char *const words[] = {"organization", "contact", NULL};

	return check_settings(c, name, words, "organization or contact is expected", problem);
}
