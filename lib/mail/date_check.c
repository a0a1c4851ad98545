/* SPDX-License-Identifier: ISC */
#include "mail/date.h"
#include "mail/lexical.h"

/* Blanks and comments. */
static void
skip(struct slice *s)
{
	for (;;) {
		size_t len = lexical_blanks(*s);

		if (len == 0 && s->len > 0 && s->data[0] == '(')
			len = lexical_comment(*s);
		if (len == 0)
			return;
		*s = slice_skip(*s, len);
	}
}

static bool
take_char(struct slice *s, char c)
{
	skip(s);
	if (s->len == 0 || s->data[0] != c)
		return false;
	*s = slice_skip(*s, 1);
	return true;
}

/* A number of SHORTEST to LONGEST digits, at most MAX. */
static bool
take_number(struct slice *s, size_t shortest, size_t longest, uint64_t max)
{
	size_t len = 0;
	uint64_t value;

	skip(s);
	while (len < s->len && ascii_is_digit(s->data[len]))
		len++;
	if (len < shortest || len > longest || !slice_number(slice_make(s->data, len), max, &value))
		return false;
	*s = slice_skip(*s, len);
	return true;
}

static struct slice
take_letters(struct slice *s)
{
	size_t len = 0;
	struct slice word;

	skip(s);
	while (len < s->len && ascii_is_alpha(s->data[len]))
		len++;
	word = slice_make(s->data, len);
	*s = slice_skip(*s, len);
	return word;
}

static bool
is_one_of(struct slice word, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (slice_is_nocase(word, names[i]))
			return true;
	return false;
}

static bool
take_day_name(struct slice *s)
{
	static const char *const days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
	struct slice word = take_letters(s);

	if (word.len == 0)
		return true;
	return is_one_of(word, days, 7) && take_char(s, ',');
}

static bool
take_month(struct slice *s)
{
	static const char *const months[] = {
	    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

	return is_one_of(take_letters(s), months, 12);
}

static bool
take_time(struct slice *s)
{
	if (!take_number(s, 1, 2, 23) || !take_char(s, ':') || !take_number(s, 1, 2, 59))
		return false;
	return !take_char(s, ':') || take_number(s, 1, 2, 60);
}

/* "+0100", "GMT" (4.3), or nothing. */
static bool
take_zone(struct slice *s)
{
	if (take_char(s, '+') || take_char(s, '-'))
		return take_number(s, 4, 4, 9959);
	(void)take_letters(s);
	return true;
}

bool
date_is_valid(struct slice text)
{
	if (!take_day_name(&text) || !take_number(&text, 1, 2, 31) || !take_month(&text) ||
	    !take_number(&text, 2, 4, 9999) || !take_time(&text) || !take_zone(&text))
		return false;
	skip(&text);
	return text.len == 0;
}
