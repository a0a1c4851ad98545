/* SPDX-License-Identifier: ISC */
#include "mail/words.h"

#include <stdbool.h>
#include <string.h>

#include "mail/encode.h"
#include "mail/fold.h"
#include "mail/lexical.h"

#define WORD_MIN_OCTETS ((size_t)32) /* =?charset?q?...?= with a character or two */

/* What is being made. A run is a sequence of words that go into encoded-words together. */
struct words {
	struct str *out;
	const char *charset;
	struct str run;	  /* as it is to be read */
	struct slice gap; /* the blanks before the run; of the field */
	bool is_run;	  /* there is one, perhaps more is to come */
	bool after_run;	  /* what was written last is one */
	bool was_encoded; /* what was written last is an encoded-word of the field's own */
};

/* The blanks before a run, with a fold where the line would grow long. */
static int
add_gap(struct words *w)
{
	bool is_folded = slice_find(w->gap, '\n') < w->gap.len;

	if (!is_folded && encode_column(w->out) + w->gap.len + WORD_MIN_OCTETS > ENCODE_LINE_MAX &&
	    str_add_text(w->out, w->gap.len > 0 ? "\r\n" : "\r\n ") == -1)
		return -1;
	if (str_add_slice(w->out, w->gap) == -1)
		return -1;
	if (w->out->len > 0 && strchr(" \t\n(", w->out->data[w->out->len - 1]) == NULL)
		return str_add_char(w->out, ' ');
	return 0;
}

/* Ends the run, if there is one: what is to come is NEXT_ENCODED, an encoded-word as it came. */
static int
end_run(struct words *w, bool next_encoded)
{
	if (!w->is_run)
		return 0;
	/* blanks between encoded-words are not shown (6.2), so they go into the one that is ours */
	if (next_encoded && str_add_char(&w->run, ' ') == -1)
		return -1;
	if (add_gap(w) == -1 || encode_words(w->out, str_slice(&w->run), w->charset) == -1)
		return -1;
	w->is_run = false;
	w->after_run = true;
	return 0;
}

/* Adds WORD to the run without its line ends, and with UNQUOTE without backslashes and quotes. */
static int
add_to_run(struct words *w, struct slice word, bool unquote)
{
	for (size_t i = 0; i < word.len; i++) {
		char c = word.data[i];

		if (c == '\r' || c == '\n' || (unquote && c == '"'))
			continue;
		if (unquote && c == '\\' && i + 1 < word.len)
			c = word.data[++i];
		if (str_add_char(&w->run, c) == -1)
			return -1;
	}
	return 0;
}

/* Takes a word that is to be encoded into the run; GAP stands before it. */
static int
take_run(struct words *w, struct slice gap, struct slice word, bool unquote)
{
	if (w->is_run)
		return add_to_run(w, gap, false) == -1 ? -1 : add_to_run(w, word, unquote);
	str_clear(&w->run);
	w->is_run = true;
	w->gap = gap;
	if (w->was_encoded && gap.len > 0 && str_add_char(&w->run, ' ') == -1)
		return -1;
	return add_to_run(w, word, unquote);
}

/* Writes what stays as it is. */
static int
take_plain(struct words *w, struct slice gap, struct slice word)
{
	bool is_encoded = lexical_is_encoded(word);

	if (end_run(w, is_encoded && gap.len > 0) == -1)
		return -1;
	if (gap.len == 0 && w->after_run && word.len > 0 && strchr(",;:>)", word.data[0]) == NULL &&
	    str_add_char(w->out, ' ') == -1)
		return -1;
	if (str_add_slice(w->out, gap) == -1 || str_add_slice(w->out, word) == -1)
		return -1;
	w->was_encoded = is_encoded;
	w->after_run = false;
	return 0;
}

static int
take_word(struct words *w, struct slice gap, struct slice word, bool unquote)
{
	return slice_is_ascii(word) ? take_plain(w, gap, word) : take_run(w, gap, word, unquote);
}

static struct slice
take_blanks(struct slice *text)
{
	struct slice gap = slice_make(text->data, lexical_blanks(*text));

	*text = slice_skip(*text, gap.len);
	return gap;
}

static int
take_text(struct words *w, struct slice text)
{
	while (text.len > 0) {
		struct slice gap = take_blanks(&text), word;
		size_t len = 0;

		while (len < text.len && !lexical_is_blank(text.data[len]))
			len++;
		word = slice_make(text.data, len);
		/* what no fold would make short enough is encoded, too */
		if ((len < FOLD_LINE_MAX ? take_word : take_run)(w, gap, word, false) == -1)
			return -1;
		text = slice_skip(text, len);
	}
	return end_run(w, false);
}

/* A comment, whose end is there: nested ones and the words between. */
static int
take_comment(struct words *w, struct slice gap, struct slice text)
{
	while (text.len > 0) {
		size_t len = 0;

		while (len < text.len && !lexical_is_blank(text.data[len]) &&
		       strchr("()", text.data[len]) == NULL)
			len += text.data[len] == '\\' && len + 1 < text.len ? 2 : 1;
		if (len == 0 && !lexical_is_blank(text.data[0]))
			len = 1; /* a parenthesis */
		if (take_word(w, gap, slice_make(text.data, len), true) == -1)
			return -1;
		text = slice_skip(text, len);
		gap = take_blanks(&text);
	}
	return 0;
}

/* The words of a phrase that stand together without a blank, quoted strings among them. */
static size_t
phrase_word(struct slice text)
{
	size_t len = 0;

	while (len < text.len && !lexical_is_blank(text.data[len]) &&
	       strchr("()<>,:;", text.data[len]) == NULL) {
		size_t quoted = 1;

		if (text.data[len] == '"')
			quoted = lexical_enclosed(slice_skip(text, len), '"');
		if (quoted == 0)
			return text.len; /* without end: all that is left */
		len += quoted;
	}
	return len;
}

static size_t
angle_length(struct slice text)
{
	size_t len = 1;

	while (len < text.len && text.data[len] != '>') {
		size_t quoted = 1;

		if (text.data[len] == '"')
			quoted = lexical_enclosed(slice_skip(text, len), '"');
		if (quoted == 0)
			return text.len;
		len += quoted;
	}
	return len < text.len ? len + 1 : len;
}

static bool
has_open_quote(struct slice word)
{
	size_t quotes = 0;

	for (size_t i = 0; i < word.len; i++) {
		if (word.data[i] == '\\')
			i++;
		else
			quotes += word.data[i] == '"';
	}
	return quotes % 2 == 1;
}

/* The next piece of TEXT, which does not begin with a blank. */
static int
take_piece(struct words *w, struct slice gap, struct slice *text)
{
	char c = text->data[0];
	size_t len = 1;
	int result;

	if (c == '(')
		len = lexical_comment(*text);
	else if (c == '<')
		len = angle_length(*text);
	else if (strchr(">,:;)", c) == NULL)
		len = phrase_word(*text);
	if (len == 0) /* a comment without end */
		len = text->len;
	if (c == '(' && lexical_comment(*text) != 0)
		result = take_comment(w, gap, slice_make(text->data, len));
	else if (c == '(' || c == '<' || has_open_quote(slice_make(text->data, len)))
		result = take_plain(w, gap, slice_make(text->data, len));
	else
		result = take_word(w, gap, slice_make(text->data, len), true);
	*text = slice_skip(*text, len);
	return result;
}

static int
take_structured(struct words *w, struct slice text)
{
	while (text.len > 0) {
		struct slice gap = take_blanks(&text);

		if (text.len == 0)
			return end_run(w, false) == -1 ? -1 : str_add_slice(w->out, gap);
		if (take_piece(w, gap, &text) == -1)
			return -1;
	}
	return end_run(w, false);
}

static int
make(struct str *out, struct slice text, const char *charset,
    int (*take)(struct words *, struct slice))
{
	struct words w = {.out = out, .charset = charset};
	size_t before = out->len;
	int result;

	str_init(&w.run, out->cap);
	result = take(&w, text);
	str_free(&w.run);
	if (result == -1)
		str_truncate(out, before);
	return result;
}

int
words_add_text(struct str *out, struct slice text, const char *charset)
{
	return make(out, text, charset, take_text);
}

int
words_add_structured(struct str *out, struct slice text, const char *charset)
{
	return make(out, text, charset, take_structured);
}
