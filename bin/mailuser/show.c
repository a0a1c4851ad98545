/* SPDX-License-Identifier: ISC */
/* mailuser list, show: in columns on a terminal, with TABs otherwise. */
#include "show.h"

#include <stdio.h>
#include <unistd.h>

#include "base/die.h"
#include "base/utf8.h"
#include "books.h"
#include "box.h"
#include "conf/account_words.h"
#include "mailuser.h"

#define ADDRESS_WIDTH 30
#define STATE_WIDTH 8
#define QUOTA_WIDTH 16
#define NAME_WIDTH 8

/* What would steer a terminal shows as "?"; the number of columns. */
static int
print_foreign(struct slice text)
{
	int width = 0;

	while (text.len > 0) {
		size_t n = utf8_sequence(text);
		bool is_plain = n > 0 && !slice_has_control(slice_make(text.data, n));

		printf("%.*s", is_plain ? (int)n : 1, is_plain ? text.data : "?");
		text = slice_skip(text, n > 0 ? n : 1);
		width++;
	}
	return width;
}

/* TEXT, or "-" for nothing; likewise. */
static int
print_slice(struct slice text)
{
	if (text.len == 0)
		text = slice_of("-");
	if (!slice_is_ascii(text) || slice_has_control(text))
		return print_foreign(text);
	/* what is not printed shows when the output is flushed */
	(void)fwrite(text.data, 1, text.len, stdout);
	return (int)text.len;
}

static void
print_column(struct slice text, int width, bool is_terminal)
{
	int printed = print_slice(text);

	if (is_terminal)
		printf("%*s ", printed < width ? width - printed : 0, "");
	else
		putchar('\t');
}

static void
print_account(const struct account *account, const char *state, bool is_terminal)
{
	print_column(account->login, ADDRESS_WIDTH, is_terminal);
	print_column(slice_of(state), STATE_WIDTH, is_terminal);
	print_column(account->quota, QUOTA_WIDTH, is_terminal);
	(void)print_slice(account->mailbox);
	putchar('\n');
}

static void
list_all(const struct books *b, struct slice domain, bool is_terminal)
{
	struct accounts_cursor cursor = {0};
	struct table_entry entry;
	int found;

	while ((found = accounts_next(&b->users.accounts, &cursor, &entry)) == 1) {
		struct account account;
		const char *state;

		if (domain.len > 0 && (slice_find(entry.key, '@') == entry.key.len ||
					  !slice_equal_nocase(account_domain(entry.key), domain)))
			continue;
		state = account_parse(entry.value, &account) != NULL ? "wrong"
			: account.is_disabled			     ? "disabled"
								     : "enabled";
		account.login = entry.key;
		print_account(&account, state, is_terminal);
	}
	if (found == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "%s/users.cdb is damaged", b->control->path);
}

int
command_list(struct options *o)
{
	bool is_terminal = isatty(STDOUT_FILENO) == 1;
	struct books b;

	books_open_users(&b, &o->control);
	if (is_terminal)
		printf("%-*s %-*s %-*s %s\n", ADDRESS_WIDTH, "ADDRESS", STATE_WIDTH, "STATE",
		    QUOTA_WIDTH, "QUOTA", "MAILBOX");
	list_all(&b, slice_of(o->count == 0 ? NULL : o->words[0]), is_terminal);
	books_close(&b);
	return EXIT_DONE;
}

static void
print_line(const char *name, struct slice value)
{
	print_column(slice_of(name), NAME_WIDTH, isatty(STDOUT_FILENO) == 1);
	(void)print_slice(value);
	putchar('\n');
}

void
show_use(const struct control *c, const struct account *account)
{
	struct str used;

	str_init(&used, LINE_CAP);
	print_line("quota", account->quota);
	if (account->mailbox.len > 0 && account->quota.len > 0)
		box_measure(c, account->mailbox, account->quota, &used);
	print_line("used", str_slice(&used));
	str_free(&used);
}

/* Which kinds of entries there are, never what they are. */
static void
show_password(struct books *b, struct slice login)
{
	struct slice rest, word;
	struct str kinds;

	str_init(&kinds, LINE_CAP);
	if (!books_open_secrets(b)) {
		print_line("password", slice_of("unknown"));
		return;
	}
	rest = books_secret(b, login);
	while (slice_word(&rest, &word)) {
		const char *kind = slice_starts_nocase(word, "{SCRAM-SHA-256}") ? "SCRAM-SHA-256"
				   : slice_starts_nocase(word, "{PLAIN}")	? "plain"
										: "hash";

		if (str_format(&kinds, "%s%s", kinds.len > 0 ? ", " : "", kind) == -1)
			break;
	}
	print_line("password", kinds.len > 0 ? str_slice(&kinds) : slice_of("none"));
	str_free(&kinds);
}

static void
show_source(const struct books *b, struct slice login)
{
	const struct table *from;
	struct table_entry entry;
	struct str source;

	str_init(&source, LINE_CAP);
	if (accounts_get(&b->users.accounts, login, &entry, &from) == 1 &&
	    (from == &b->users.accounts.base ? str_format(&source, "%s/users.cdb", b->control->path)
					     : str_format(&source, "%s/users:%zu", b->control->path,
						   table_line(from, table_find(from, login)))) == 0)
		print_line("source", str_slice(&source));
	str_free(&source);
}

int
command_show(struct options *o)
{
	struct account account;
	struct books b;

	books_open_users(&b, &o->control);
	books_get(&b, slice_of(o->words[0]), &account);
	print_line("address", account.login);
	print_line("state", slice_of(account.is_disabled ? "disabled" : "enabled"));
	print_line("mailbox", account.mailbox);
	show_use(&o->control, &account);
	show_password(&b, account.login);
	show_source(&b, account.login);
	books_close(&b);
	return EXIT_DONE;
}
