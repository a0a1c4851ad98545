/* SPDX-License-Identifier: ISC */
/* What a server says to EHLO (RFC 5321, 4.1.1.1), kept and read line by line. */
#include <stdio.h>
#include <string.h>

#include "look_parts.h"

void
look_hello_init(struct look_hello *h)
{
	*h = (struct look_hello){.is_said = false};
	str_init(&h->text, REPLY_TEXT_MAX);
}

void
look_hello_free(struct look_hello *h)
{
	str_free(&h->text);
}

/*
 * Firewalls that meddle with SMTP overwrite what they do not know: "XXXXXXXA", "********". What is
 * missing then may have been said.
 */
static bool
is_overwritten(struct slice keyword)
{
	size_t same = 0;

	while (same < keyword.len && (keyword.data[0] == 'X' || keyword.data[0] == '*') &&
	       keyword.data[same] == keyword.data[0])
		same++;
	return same >= 3 && keyword.len - same <= 1;
}

void
look_hello_take(struct look_hello *h, const struct link *l)
{
	struct slice rest = str_slice(&l->client.reply.text), first = {.len = 0}, word, value;

	h->is_said = true;
	h->is_esmtp = l->client.is_esmtp;
	h->ms = l->ms;
	h->is_vague = l->client.reply.is_cut;
	(void)slice_take(&rest, '\n', &first);
	if (slice_word(&first, &word))
		(void)snprintf(h->name, sizeof h->name, "%.*s", (int)word.len, word.data);
	str_clear(&h->text);
	if (h->is_esmtp && str_add_slice(&h->text, rest) == -1)
		probe_no_memory();
	rest = str_slice(&h->text);
	while (look_hello_next(&rest, &word, &value))
		h->is_vague = h->is_vague || is_overwritten(word);
}

bool
look_hello_is_whole(const struct look_hello *h)
{
	return h->is_none || (h->is_esmtp && !h->is_vague);
}

bool
look_hello_next(struct slice *rest, struct slice *keyword, struct slice *value)
{
	struct slice line;

	while (slice_take(rest, '\n', &line)) {
		if (!slice_word(&line, keyword))
			continue;
		*value = slice_trim(line);
		/* from before RFC 4954, and still said for old clients */
		if (slice_starts_nocase(*keyword, "AUTH=")) {
			*value = slice_make(keyword->data + strlen("AUTH="),
			    (size_t)(value->data + value->len - keyword->data) - strlen("AUTH="));
			keyword->len = strlen("AUTH");
		}
		return true;
	}
	return false;
}

bool
look_hello_find(const struct look_hello *h, const char *keyword, struct slice *value)
{
	struct slice rest = str_slice(&h->text), word;

	while (look_hello_next(&rest, &word, value))
		if (slice_is_nocase(word, keyword))
			return true;
	*value = slice_of("");
	return false;
}
