/* SPDX-License-Identifier: ISC */
/* As whom a login may write: the control file senders. */
#include "mail/recipients.h"
#include "smtp/session_command.h"

/* WORD of the table: an address, @domain, or * for all. */
static bool
matches(struct slice word, struct slice address)
{
	size_t at = slice_find_last(address, '@');

	if (slice_is(word, "*") || slice_equal_nocase(word, address))
		return true;
	return word.len > 1 && word.data[0] == '@' && at < address.len &&
	       slice_equal_nocase(word, slice_skip(address, at));
}

/* The login as an address, which needs no entry. */
static bool
is_own(const struct session *s, struct slice address)
{
	struct slice login = slice_of(s->client.login), me = routes_me(s->settings->routes);
	size_t at = slice_find_last(address, '@');

	if (slice_find(login, '@') < login.len)
		return slice_equal_nocase(login, address);
	return at < address.len && slice_equal_nocase(login, slice_make(address.data, at)) &&
	       slice_equal_nocase(me, slice_skip(address, at + 1));
}

static bool
is_listed(const struct session *s, const char *key, struct slice address)
{
	const struct table_entry *entry = table_find(s->settings->senders, slice_of(key));
	struct slice rest, part, word;

	if (entry == NULL)
		return false;
	rest = entry->value;
	while (slice_take(&rest, ',', &part))
		while (slice_word(&part, &word))
			if (matches(word, address))
				return true;
	return false;
}

bool
session_may_send_as(const struct session *s, struct slice address)
{
	if (s->settings->senders == NULL || s->client.login[0] == '\0' || address.len == 0)
		return true;
	return is_own(s, address) || is_listed(s, s->client.login, address) ||
	       is_listed(s, "*", address);
}

bool
session_may_send_from(const struct session *s, struct slice list)
{
	struct str address;
	enum recipients_result result = RECIPIENTS_ONE;
	bool may = true;

	str_init(&address, 1024);
	while (may && result == RECIPIENTS_ONE) {
		result = recipients_next(&list, &address);
		if (result == RECIPIENTS_ONE)
			may = session_may_send_as(s, str_slice(&address));
	}
	str_free(&address);
	return may && result == RECIPIENTS_END;
}
