/* SPDX-License-Identifier: ISC */
#include "conf/accounts.h"

#include <errno.h>
#include <string.h>

#include "conf/cdb_reader.h"
#include "conf/cdb_writer.h"

#define QUOTA "quota="

/* A line of secrets is not to be shown to whoever reads of the problem. */
static void
hide_line(struct str *problem)
{
	const char *line = strstr(problem->data, ", not \"");

	if (line != NULL)
		str_truncate(problem, (size_t)(line - problem->data));
}

static int
open_text(struct accounts *a, const struct control *c, bool is_private, struct str *problem)
{
	struct str text;
	int found;

	str_init(&text, CONTROL_FILE_MAX);
	found =
	    is_private ? control_read_private(c, a->name, &text) : control_read(c, a->name, &text);
	if (found == 1 && table_make(&a->text, a->name, &text, TABLE_ACCOUNTS, problem) == -1)
		found = -1;
	if (found == -1 && is_private)
		hide_line(problem);
	if (found == -1 && problem->len == 0)
		(void)str_add_text(problem, a->name);
	str_wipe(&text);
	return found == -1 ? -1 : 0;
}

static int
open_base(struct accounts *a, const struct control *c, bool is_private, struct str *problem)
{
	const char *name = is_private ? "secrets.cdb" : "users.cdb";
	int found = cdb_reader_open(&a->base.cdb, c, name, is_private, problem);

	if (found == -1 && problem->len == 0)
		(void)str_add_text(problem, name);
	return found == -1 ? -1 : 0;
}

static int
open_pair(struct accounts *a, const struct control *c, bool is_private, struct str *problem)
{
	*a = (struct accounts){.name = is_private ? "secrets" : "users"};
	if (open_text(a, c, is_private, problem) == -1)
		return -1;
	return open_base(a, c, is_private, problem);
}

/* The text is read first, so that of the two one that is folded meanwhile says all (see the fold).
 */
int
accounts_open(struct accounts *a, const struct control *c, struct str *problem)
{
	return open_pair(a, c, false, problem);
}

int
accounts_open_secrets(struct accounts *a, const struct control *c, struct str *problem)
{
	return open_pair(a, c, true, problem);
}

void
accounts_close(struct accounts *a)
{
	if (a->text.text != NULL)
		explicit_bzero(a->text.text, strlen(a->text.text));
	table_free(&a->text);
	table_free(&a->base);
}

bool
accounts_exist(const struct accounts *a)
{
	return a->text.text != NULL || a->base.cdb != NULL;
}

static int
get_base(const struct accounts *a, struct slice login, struct table_entry *entry)
{
	/* its marks are nobody's login */
	if (a->base.cdb == NULL || login.len == 0 || login.data[0] == CDB_MARK)
		return 0;
	return table_get(&a->base, login, entry);
}

int
accounts_get(const struct accounts *a, struct slice login, struct table_entry *entry,
    const struct table **from)
{
	const struct table_entry *found = table_find(&a->text, login);

	if (from != NULL)
		*from = found != NULL ? &a->text : &a->base;
	if (found == NULL)
		return get_base(a, login, entry);
	*entry = *found;
	return slice_is_nocase(found->value, ACCOUNT_REMOVED) ? 0 : 1;
}

const char *
account_parse(struct slice value, struct account *account)
{
	struct slice word;

	*account = (struct account){.is_disabled = false};
	while (slice_word(&value, &word)) {
		if (slice_is_nocase(word, "disabled"))
			account->is_disabled = true;
		else if (word.data[0] == '/' && account->mailbox.len == 0)
			account->mailbox = word;
		else if (slice_starts_nocase(word, QUOTA) && account->quota.len == 0)
			account->quota = slice_skip(word, strlen(QUOTA));
		else
			return "\"disabled\", a mailbox that begins with / or \"quota=...\" is "
			       "expected";
	}
	return NULL;
}

int
accounts_find(const struct accounts *a, struct slice login, struct account *account)
{
	struct table_entry entry;
	int found = accounts_get(a, login, &entry, NULL);

	if (found != 1)
		return found;
	if (account_parse(entry.value, account) != NULL) {
		errno = EINVAL;
		return -1;
	}
	account->login = entry.key;
	return 1;
}
