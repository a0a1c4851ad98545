/* SPDX-License-Identifier: ISC */
/* What can be seen by looking at what the server says anyway. */
#include <string.h>

#include "conform_parts.h"
#include "mail/address.h"

static const struct check greeting = {.id = "conform.greeting",
    .source = "RFC 5321, 4.2",
    .text = "The greeting begins with the server's name.",
    .weight = PLAIN};
static const struct check ehlo = {.id = "conform.ehlo",
    .source = "RFC 5321, 4.1.1.1",
    .text = "EHLO's reply is the server's name, and a keyword on each line, none of them twice.",
    .weight = WARNING};
static const struct check again = {.id = "conform.starttls-again",
    .source = "RFC 3207, 4.2",
    .text = "Under TLS it does not offer STARTTLS again.",
    .weight = WARNING};
static const struct check lines = {.id = "conform.replies",
    .source = "RFC 5321, 2.3.8",
    .text = "The lines of all replies end with CRLF, and hold no bare CR, LF or NUL.",
    .weight = WARNING};
static const struct check codes = {.id = "conform.status-codes",
    .source = "RFC 2034, 4",
    .text = "All replies have an enhanced status code, of the class of their code.",
    .weight = PLAIN};

/* Only the first that is wrong is kept. */
static void
keep(struct str *out, const struct conform *c)
{
	if (out->len == 0)
		(void)str_add_slice(out, str_slice(&c->link.words));
}

void
conform_watch(struct conform *c, bool is_hello)
{
	const struct reply *reply = &c->link.client.reply;
	int class = reply_class(reply);

	if (c->link.answer != ANSWERED)
		return;
	if (class == 5)
		c->errors++;
	if (reply->has_bare)
		keep(&c->bare, c);
	if (is_hello || class == 3 || !conform_is_offered(c, "ENHANCEDSTATUSCODES"))
		return;
	c->replies++;
	if (reply->status[0] == '\0')
		keep(&c->without_status, c);
}

static bool
is_keyword(struct slice word)
{
	for (size_t i = 0; i < word.len; i++)
		if (!ascii_is_alpha(word.data[i]) && !ascii_is_digit(word.data[i]) &&
		    (word.data[i] != '-' || i == 0))
			return false;
	return word.len > 0;
}

/* REST: the lines behind the one with WORD. */
static bool
is_repeated(struct slice word, struct slice rest)
{
	struct slice line, other;

	while (slice_take(&rest, '\n', &line))
		if (slice_word(&line, &other) && slice_equal_nocase(other, word))
			return true;
	return false;
}

static bool
begins_with_host(struct slice text)
{
	struct slice word;

	return slice_word(&text, &word) && (address_is_domain(word, 0) || address_is_literal(word));
}

/* False, with the line that is wrong in BAD. */
static bool
is_ehlo_good(struct slice text, struct slice *bad)
{
	struct slice word;

	if (!slice_take(&text, '\n', bad) || !begins_with_host(*bad))
		return false;
	while (slice_take(&text, '\n', bad)) {
		struct slice rest = *bad;

		if (!slice_word(&rest, &word) || !is_keyword(word) || is_repeated(word, text))
			return false;
	}
	return true;
}

static void
add_ehlo(struct conform *c)
{
	const struct str *text = c->ehlo_tls.len > 0 ? &c->ehlo_tls : &c->ehlo;
	struct slice bad = str_slice(text);
	bool is_good = is_ehlo_good(str_slice(text), &bad);
	struct result *res = conform_add(c, &ehlo, is_good ? YES : NO);

	if (!is_good)
		result_reply(res, bad);
}

static void
add_kept(struct conform *c, const struct check *check, const struct str *first)
{
	struct result *res = conform_add(c, check, first->len > 0 ? NO : YES);

	if (first->len > 0)
		result_reply(res, str_slice(first));
}

static void
add_again(struct conform *c)
{
	if (c->ehlo_tls.len == 0) {
		conform_add_unasked(c, &again, "not offered");
		return;
	}
	(void)conform_add(c, &again, conform_is_offered(c, "STARTTLS") ? NO : YES);
}

void
conform_forms(struct conform *c)
{
	struct result *res =
	    conform_add(c, &greeting, begins_with_host(str_slice(&c->greeting)) ? YES : NO);

	result_reply(res, str_slice(&c->greeting));
	add_ehlo(c);
	add_again(c);
	add_kept(c, &lines, &c->bare);
	if (c->replies > 0) {
		add_kept(c, &codes, &c->without_status);
		return;
	}
	conform_add_unasked(c, &codes, "not offered");
}

static bool
is_among(struct slice text, const char *keyword)
{
	struct slice line, word;

	(void)slice_take(&text, '\n', &line);
	while (slice_take(&text, '\n', &line))
		if (slice_word(&line, &word) && slice_is_nocase(word, keyword))
			return true;
	return false;
}

bool
conform_is_offered(const struct conform *c, const char *keyword)
{
	return is_among(str_slice(c->ehlo_tls.len > 0 ? &c->ehlo_tls : &c->ehlo), keyword);
}
