/* SPDX-License-Identifier: ISC */
#include "judge_words.h"

#include <string.h>

/* The first that is found counts: what is more certain, or keeps from a wrong "no", comes first. */
static const struct word_row *const tables[] = {
    judge_words_client, judge_words_server, judge_words_mail};

/*
 * Lower case, one blank between words, without what repeats the question: addresses may say
 * anything.
 */
static size_t
simplify(struct slice text, char *out, size_t room)
{
	struct slice word;
	size_t n = 0;

	for (size_t i = 0; i < text.len && n + 1 < room; i++) {
		size_t close = text.data[i] == '<' ? slice_find(slice_skip(text, i), '>') : 0;

		if (text.data[i] == '<' && i + close < text.len)
			i += close;
		else
			out[n++] = text.data[i] == '\n' ? ' ' : ascii_lower(text.data[i]);
	}
	text = slice_make(out, n);
	n = 0;
	while (slice_word(&text, &word)) {
		if (slice_find(word, '@') < word.len)
			continue;
		/* the words move to the front, never past themselves */
		memmove(out + n, word.data, word.len);
		n += word.len;
		out[n++] = ' ';
	}
	return n;
}

/* Each piece of PATTERN, between stars, behind the one before. */
static bool
matches(const char *pattern, const char *text, size_t len)
{
	struct slice rest = slice_of(pattern), piece;
	const char *end = text + len;

	while (slice_take(&rest, '*', &piece)) {
		piece = slice_trim(piece);
		text = memmem(text, (size_t)(end - text), piece.data, piece.len);
		if (text == NULL)
			return false;
		text += piece.len;
	}
	return true;
}

/* What is not meant that way where it is said. */
static bool
fits(enum cause cause, enum question asked)
{
	bool is_early = asked == ASK_GREETING || asked == ASK_HELLO || asked == ASK_STARTTLS;

	/* a greeting that says "no spam here" refuses nobody's message */
	if (is_early && (cause == CAUSE_CONTENT || cause == CAUSE_SENDER))
		return false;
	return true;
}

enum cause
judge_words(struct slice text, enum question asked)
{
	char simple[REPLY_TEXT_MAX + 2];
	size_t len = simplify(text, simple, sizeof simple - 1);

	for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
		for (const struct word_row *row = tables[i]; row->words != NULL; row++)
			if (fits(row->cause, asked) && matches(row->words, simple, len))
				return row->cause;
	return CAUSE_UNKNOWN;
}
