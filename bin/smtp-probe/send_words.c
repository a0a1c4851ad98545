/* SPDX-License-Identifier: ISC */
/* Templates: %WORDS% filled in; and what a finished message needs of a server. */
#include "mail/body.h"
#include "mail/date.h"
#include "mail/encode.h"
#include "mail/header.h"
#include "mail/wire.h"
#include "mail/words.h"
#include "send_message.h"

static int
word_body(const struct send_content *c, struct str *out)
{
	return str_add_slice(out, c->body);
}

static int
word_date(const struct send_content *c, struct str *out)
{
	return date_add(out, c->now);
}

static int
word_from(const struct send_content *c, struct str *out)
{
	return str_add_slice(out, c->from);
}

static int
word_helo(const struct send_content *c, struct str *out)
{
	return str_add_slice(out, c->helo);
}

static int
word_message_id(const struct send_content *c, struct str *out)
{
	return str_add_slice(out, c->message_id);
}

static int
word_subject(const struct send_content *c, struct str *out)
{
	return c->is_utf8 ? str_add_slice(out, c->subject)
			  : words_add_text(out, c->subject, ENCODE_UNKNOWN);
}

static int
word_target(const struct send_content *c, struct str *out)
{
	return str_add_slice(out, c->target);
}

static int
word_to(const struct send_content *c, struct str *out)
{
	for (size_t i = 0; i < c->to_count; i++)
		if ((i > 0 && str_add_text(out, ",\r\n ") == -1) ||
		    str_add_slice(out, c->to[i]) == -1)
			return -1;
	return 0;
}

static const struct {
	const char *name;
	int (*add)(const struct send_content *c, struct str *out);
} words[] = {{"BODY", word_body}, {"DATE", word_date}, {"FROM", word_from}, {"HELO", word_helo},
    {"MESSAGE-ID", word_message_id}, {"SUBJECT", word_subject}, {"TARGET", word_target},
    {"TO", word_to}};

/* "%WORD%" at the start of TEXT: the word. Empty if there is none. */
static struct slice
word_at(struct slice text)
{
	size_t len = 1;

	while (len < text.len &&
	       ((text.data[len] >= 'A' && text.data[len] <= 'Z') || text.data[len] == '-'))
		len++;
	if (len < 3 || len == text.len || text.data[len] != '%')
		return slice_make(NULL, 0);
	return slice_make(text.data + 1, len - 1);
}

/* A word that is none is a slip of the pen, and should not arrive. */
static int
add_word(const struct send_content *c, struct slice word, struct str *out, struct str *problem)
{
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (slice_is(word, words[i].name))
			return words[i].add(c, out);
	(void)str_format(problem, "the template has %%%.*s%%, which is no word; there are",
	    word.len < 40 ? (int)word.len : 40, word.data);
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		(void)str_format(problem, " %%%s%%", words[i].name);
	(void)str_add_text(problem, ", and %% for a percent sign");
	return -1;
}

static int
fill(const struct send_content *c, struct slice text, struct str *out, struct str *problem)
{
	while (text.len > 0) {
		size_t at = slice_find(text, '%');
		struct slice word;

		if (str_add(out, text.data, at) == -1)
			return -1;
		text = slice_skip(text, at);
		word = word_at(text);
		if (word.len > 0) {
			if (add_word(c, word, out, problem) == -1)
				return -1;
			text = slice_skip(text, word.len + 2);
		} else if (text.len > 0) {
			if (str_add_char(out, '%') == -1)
				return -1;
			text = slice_skip(text, slice_starts(text, "%%") ? 2 : 1);
		}
	}
	return 0;
}

int
send_message_fill(
    const struct send_content *c, struct slice template, struct str *out, struct str *problem)
{
	struct str filled;
	int result = -1;

	str_init(&filled, SEND_MESSAGE_MAX);
	if (fill(c, template, &filled, problem) == 0)
		result = send_message_wire(str_slice(&filled), out);
	str_free(&filled);
	return result;
}

/* Octets above 127 in a header section of a part (RFC 6532) count as those of a body. */
struct send_needs
send_message_needs(struct slice message)
{
	struct wire_check check = {.is_binary = false};
	struct body looked = {.line = 0};
	struct header_field field;
	struct send_needs needs = {.is_binary = false};
	struct slice rest = message;

	while (header_next(&rest, &field))
		needs.is_utf8 = needs.is_utf8 || !slice_is_ascii(field.whole);
	body_look(&looked, message);
	needs.has_8bit = looked.has_8bit;
	needs.is_binary =
	    looked.has_long || !wire_check_piece(&check, message) || !wire_check_end(&check);
	return needs;
}
