/* SPDX-License-Identifier: ISC */
#include "net/credentials.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "conf/table.h"
#include "mail/address.h"
#include "net/credentials_parse.h"

#define FILE_NAME "credentials"
#define FILE_MAX ((size_t)16 << 20)

/* "*: none" is what holds without it; with a sender it is not. */
static bool
parse_entry(struct credential *one, const struct table_entry *e, const char **wanted)
{
	if (!credential_parse_key(one, e->key, wanted) ||
	    !credential_parse_value(one, e->value, wanted))
		return false;
	if (!slice_starts(one->host, "*") || (one->is_none && one->sender.len == 0))
		return true;
	*wanted = "the name of one relay is expected, as no secret is told to all";
	return false;
}

static int
add_entries(struct credentials *all, const struct table *t, struct str *problem)
{
	const char *wanted;

	if (t->count == 0)
		return 0;
	all->list = calloc(t->count, sizeof *all->list);
	if (all->list == NULL)
		return -1;
	for (size_t i = 0; i < t->count; i++) {
		/* what is wrong in a value is not shown: it is secret */
		if (!parse_entry(&all->list[i], &t->entries[i], &wanted))
			return table_complain(
			    problem, FILE_NAME, slice_of(t->text), t->entries[i].key, "%s", wanted);
		all->count++;
	}
	return 0;
}

/* A line that is no entry at all may hold a password: where it is has to do. */
static void
hide_line(struct str *problem)
{
	const char *shown = strstr(problem->data, ", not \"");

	if (shown != NULL)
		str_truncate(problem, (size_t)(shown - problem->data));
}

/* The memory of TEXT, which the table took over, becomes ours. */
static int
take_table(struct credentials *all, struct str *text, struct str *problem)
{
	struct table table;
	size_t len = text->len;
	int result;

	if (table_make(&table, FILE_NAME, text, TABLE_HOSTS, problem) == -1) {
		hide_line(problem);
		return -1;
	}
	result = add_entries(all, &table, problem);
	all->text = table.text;
	all->len = len;
	table.text = NULL;
	table_free(&table);
	return result;
}

int
credentials_read(struct credentials *all, const struct control *c, struct str *problem)
{
	struct str text;
	int found;

	*all = (struct credentials){.text = NULL};
	str_init(&text, FILE_MAX);
	found = control_read_private(c, FILE_NAME, &text);
	if (found == 1 && take_table(all, &text, problem) == -1)
		found = -1;
	str_wipe(&text);
	return found == -1 ? -1 : 0;
}

int
credentials_make(struct credentials *all, struct slice value, const char **wanted)
{
	*all = (struct credentials){
	    .text = malloc(value.len + 1), .list = calloc(1, sizeof *all->list), .len = value.len};
	if (all->text == NULL || all->list == NULL)
		return -1;
	memcpy(all->text, value.data, value.len);
	all->count = 1;
	if (credential_parse_value(&all->list[0], slice_make(all->text, all->len), wanted))
		return 0;
	errno = EINVAL;
	return -1;
}

void
credentials_free(struct credentials *all)
{
	for (size_t i = 0; i < all->count; i++)
		str_wipe(&all->list[i].token);
	free(all->list);
	if (all->text != NULL)
		explicit_bzero(all->text, all->len);
	free(all->text);
	*all = (struct credentials){.text = NULL};
}

size_t
credentials_line(const struct credentials *all, const struct credential *one)
{
	size_t number = 1;

	/* a table may end lines with either */
	for (const char *c = all->text; c < one->host.data; c++)
		number += *c == '\n' || *c == '\0';
	return number;
}

/* How near an entry's sender is to this one; 0: it is not for him. */
static unsigned
match_sender(const struct credential *one, struct slice sender)
{
	if (one->sender.len == 0)
		return 1;
	if (sender.len == 0)
		return slice_is(one->sender, "<>") ? 3 : 0;
	if (slice_equal_nocase(one->sender, sender))
		return 3;
	return slice_equal_nocase(one->sender, slice_skip(sender, slice_find_last(sender, '@')))
		   ? 2
		   : 0;
}

static bool
is_for_relay(const struct credential *one, struct slice host, uint16_t port)
{
	return (one->host.len == 0 || slice_equal_nocase(one->host, host)) &&
	       (one->port == 0 || one->port == port);
}

struct credential *
credentials_find(
    const struct credentials *all, struct slice host, uint16_t port, struct slice sender)
{
	struct credential *best = NULL;
	unsigned best_rank = 0;

	for (size_t i = 0; i < all->count; i++) {
		struct credential *one = &all->list[i];
		unsigned rank = is_for_relay(one, host, port) ? 2 * match_sender(one, sender) : 0;

		if (rank > 0 && one->port != 0)
			rank++;
		if (rank > best_rank) {
			best = one;
			best_rank = rank;
		}
	}
	return best != NULL && !best->is_none ? best : NULL;
}
