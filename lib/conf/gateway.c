/* SPDX-License-Identifier: ISC */
#include "conf/gateway.h"

#include <string.h>

#include "conf/user.h"

/* What only a shell would understand. */
static bool
is_for_shells(struct slice text)
{
	for (size_t i = 0; i < text.len; i++)
		if (strchr("\"'`\\$|;&<>", text.data[i]) != NULL)
			return true;
	return false;
}

/* A brace that stands for nothing, or stands in a word: it would be taken as it is. */
static bool
is_substitution(struct slice word)
{
	return slice_is(word, GATEWAY_SENDER) || slice_is(word, GATEWAY_RECIPIENT) ||
	       slice_is(word, GATEWAY_RECIPIENTS);
}

static bool
has_brace(struct slice word)
{
	return slice_find(word, '{') < word.len || slice_find(word, '}') < word.len;
}

const char *
gateway_check_command(struct slice command)
{
	struct slice rest = command, word;
	size_t count = 0;

	if (!slice_starts(command, "/") || slice_has_control(command))
		return "a program with its whole path, such as /usr/bin/rmail, is expected";
	if (is_for_shells(command))
		return "words without quotes and other signs for a shell, as none reads them, "
		       "are expected";
	for (; slice_word(&rest, &word); count++)
		if (count == GATEWAY_WORDS_MAX)
			return "at most 64 words are expected";
		else if (has_brace(word) && (count == 0 || !is_substitution(word)))
			return "{sender}, {recipient} or {recipients}, a word of its own, is "
			       "expected";
	if (gateway_has_word(command, GATEWAY_RECIPIENT) &&
	    gateway_has_word(command, GATEWAY_RECIPIENTS))
		return "one of {recipient} and {recipients} is expected";
	return NULL;
}

bool
gateway_has_word(struct slice command, const char *word)
{
	struct slice one;

	while (slice_word(&command, &one))
		if (slice_is(one, word))
			return true;
	return false;
}

static bool
take_option(struct slice option, struct gateway *g)
{
	static const char user[] = "user=";

	if (slice_starts(option, user)) {
		g->user = slice_skip(option, sizeof user - 1);
		return user_is_name(g->user);
	}
	g->is_wire = g->is_wire || slice_is(option, "crlf");
	g->has_from = g->has_from || slice_is(option, "from");
	g->is_bare = g->is_bare || slice_is(option, "bare");
	g->has_dsn = g->has_dsn || slice_is(option, "dsn");
	return slice_is(option, "crlf") || slice_is(option, "from") || slice_is(option, "bare") ||
	       slice_is(option, "dsn");
}

/* A first word that is no path holds the options. */
static const char *
take_options(struct slice *text, struct gateway *g)
{
	struct slice options, option;

	*g = (struct gateway){.command = slice_of("")};
	*text = slice_trim(*text);
	if (slice_starts(*text, "/"))
		return NULL;
	if (!slice_word(text, &options))
		return "a path is expected";
	while (slice_take(&options, ',', &option))
		if (!take_option(option, g))
			return "a path, or the options user=NAME, crlf, from, bare and dsn with "
			       "commas between and a path behind them, is expected";
	*text = slice_trim(*text);
	return NULL;
}

const char *
gateway_parse_program(struct slice text, struct gateway *g)
{
	const char *problem = take_options(&text, g);

	g->command = text;
	if (problem == NULL && g->has_dsn)
		return "dsn for batches alone is expected";
	return problem != NULL ? problem : gateway_check_command(text);
}

const char *
gateway_parse_file(struct slice text, struct gateway *g)
{
	const char *problem = take_options(&text, g);

	g->command = text;
	if (problem != NULL)
		return problem;
	if (g->is_wire || g->has_from || g->is_bare)
		return "no option but user=NAME and dsn is expected";
	if (!slice_starts(text, "/") || text.len == 1 || slice_has_control(text))
		return "a whole path, such as /var/spool/bsmtp/example.org, is expected";
	return NULL;
}
