/* SPDX-License-Identifier: ISC */
#include "mail/fold.h"

#include "mail/lexical.h"

/* The line at the start of FIELD, without its end. */
static struct slice
line_of(struct slice field)
{
	size_t lf = slice_find(field, '\n');
	size_t len = lf > 0 && lf < field.len && field.data[lf - 1] == '\r' ? lf - 1 : lf;

	return slice_make(field.data, len);
}

bool
fold_is_needed(struct slice field)
{
	while (field.len > 0) {
		if (line_of(field).len > FOLD_LINE_MAX)
			return true;
		field = slice_skip(field, slice_find(field, '\n') + 1);
	}
	return false;
}

/* One line on its way. */
struct folding {
	struct slice line;
	struct slice rest; /* of the field, from the line on */
	bool is_structured;
	size_t start;	 /* of what is not written out yet */
	size_t room;	 /* the last place for a fold behind it; 0 for none */
	size_t enclosed; /* up to here no comma separates; it may be in a line further on */
	bool in_angle;	 /* nor does it in an address with a route */
};

/*
 * Where what is read as one thing ends (RFC 5322, 3.2.2 and 3.2.4), be it folded or not: behind its
 * first octet, if it is none. What has no end lasts for the field.
 */
static size_t
enclosed_until(const struct folding *f, size_t at)
{
	struct slice rest = slice_skip(f->rest, at);
	size_t len;

	switch (rest.data[0]) {
	case '"':
		len = lexical_enclosed(rest, '"');
		break;
	case '(':
		len = lexical_comment(rest);
		break;
	case '[':
		len = lexical_enclosed(rest, ']');
		break;
	default:
		len = 1;
	}
	return len > 0 ? at + len : f->rest.len;
}

/* Takes the octet before AT, and what it begins, into account. */
static void
look_behind(struct folding *f, size_t at)
{
	char before = f->line.data[at - 1];

	if (at <= f->enclosed)
		return;
	f->in_angle = (f->in_angle || before == '<') && before != '>';
	f->enclosed = enclosed_until(f, at - 1);
}

/* True if a fold may go before the octet AT: no line of blanks alone, which may end the header. */
static bool
is_room(const struct folding *f, size_t at)
{
	char before = f->line.data[at - 1];

	if (lexical_is_blank(before))
		return false;
	if (lexical_is_blank(f->line.data[at]))
		return lexical_blanks(slice_skip(f->line, at)) < f->line.len - at;
	if (!f->is_structured || at < f->enclosed || f->in_angle)
		return false;
	return before == ',' || before == ';' || (before == '>' && f->line.data[at] == '<');
}

static int
break_line(struct folding *f, struct str *out)
{
	struct slice part = slice_make(f->line.data + f->start, f->room - f->start);
	bool has_blank = lexical_is_blank(f->line.data[f->room]);

	if (str_add_slice(out, part) == -1 || str_add_text(out, has_blank ? "\r\n" : "\r\n ") == -1)
		return -1;
	f->start = f->room;
	f->room = 0;
	return 0;
}

/* IS_WITHIN: what is enclosed there goes on in the next line. */
static int
fold_line(struct folding f, bool is_within, struct str *out)
{
	/* blanks at the end mean nothing; a line of nothing else would end the header */
	if (!is_within && lexical_blanks(f.line) < f.line.len)
		while (lexical_is_blank(f.line.data[f.line.len - 1]))
			f.line.len--;
	for (size_t at = 1; at < f.line.len; at++) {
		bool may_fold;

		look_behind(&f, at);
		may_fold = is_room(&f, at);
		if (may_fold && f.room > 0 && at - f.start > FOLD_LINE_WANTED &&
		    break_line(&f, out) == -1)
			return -1;
		if (may_fold)
			f.room = at;
	}
	if (f.room > 0 && f.line.len - f.start > FOLD_LINE_WANTED && break_line(&f, out) == -1)
		return -1;
	return str_add(out, f.line.data + f.start, f.line.len - f.start);
}

int
fold_add(struct str *out, struct slice field, bool is_structured)
{
	struct folding f = {.rest = field, .is_structured = is_structured};
	size_t before = out->len;

	while (f.rest.len > 0) {
		struct folding begun = f;
		size_t len = slice_find(f.rest, '\n'), end;
		int result;

		len += len < f.rest.len;
		f.line = begun.line = line_of(f.rest);
		end = f.line.len;
		for (size_t at = 1; at <= end; at++)
			look_behind(&f, at);
		result = end > FOLD_LINE_MAX ? fold_line(begun, f.enclosed > end, out)
					     : str_add_slice(out, f.line);
		if (result == 0)
			result = str_add(out, f.rest.data + end, len - end);
		if (result == -1) {
			str_truncate(out, before);
			return -1;
		}
		f.enclosed = f.enclosed > len ? f.enclosed - len : 0;
		f.rest = slice_skip(f.rest, len);
	}
	return 0;
}
