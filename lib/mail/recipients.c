/* SPDX-License-Identifier: ISC */
#include "mail/recipients.h"

#include <string.h>

#include "mail/lexical.h"

enum piece { PIECE_OK, PIECE_BAD, PIECE_FAILED };

/* What is known of one element of the list while it is read. */
struct element {
	struct str *out;
	struct slice place; /* of what is in out */
	bool in_angle;
	bool had_angle;
	bool broken; /* out is no address: words beside each other, or text behind the brackets */
	bool has_at; /* outside quotes: no group's name */
	bool gap;    /* white space or a comment since the last piece of out */
};

static size_t
word_length(struct slice s)
{
	size_t i = 1;

	while (i < s.len && memchr(" \t\r\n()<>[]:;,\"", s.data[i], 14) == NULL)
		i++;
	return i;
}

/* Adds PIECE without its line ends (RFC 5322, 2.2.3). */
static int
add_unfolded(struct str *out, struct slice piece)
{
	for (size_t i = 0; i < piece.len; i++)
		if (piece.data[i] != '\r' && piece.data[i] != '\n' &&
		    str_add_char(out, piece.data[i]) == -1)
			return -1;
	return 0;
}

/*
 * A word, quoted string or literal. White space is allowed around "." and "@" alone (4.4), so any
 * other gap means that these are the words of a display name.
 */
static enum piece
add_piece(struct element *e, struct slice piece)
{
	const struct str *out = e->out;
	char first = piece.data[0];

	if (e->had_angle && !e->in_angle)
		e->broken = true;
	if (out->len > 0 && e->gap && first != '.' && first != '@' &&
	    strchr(".@", out->data[out->len - 1]) == NULL)
		e->broken = true;
	e->gap = false;
	if (e->out->len == 0)
		e->place.data = piece.data;
	e->place.len = (size_t)(piece.data + piece.len - e->place.data);
	if (first != '"' && slice_find(piece, '@') < piece.len)
		e->has_at = true;
	return add_unfolded(e->out, piece) == -1 ? PIECE_FAILED : PIECE_OK;
}

/* Takes something that has a start and an end off *REST; what has no end spoils all that is left.
 */
static enum piece
take_enclosed(struct element *e, struct slice *rest)
{
	char c = rest->data[0];
	size_t len = c == '(' ? lexical_comment(*rest)
			      : lexical_enclosed(*rest, (char)(c == '"' ? '"' : ']'));
	struct slice piece = slice_make(rest->data, len);

	*rest = slice_skip(*rest, len > 0 ? len : rest->len);
	if (len == 0)
		return PIECE_BAD;
	if (c != '(')
		return add_piece(e, piece);
	e->gap = true;
	return PIECE_OK;
}

static enum piece
open_angle(struct element *e)
{
	if (e->had_angle)
		return PIECE_BAD;
	/* what stood before it was the display name, whatever it looked like */
	str_clear(e->out);
	e->had_angle = e->in_angle = true;
	e->broken = e->has_at = e->gap = false;
	return PIECE_OK;
}

/* A colon ends a group's name or, in brackets, an obsolete route (4.4); neither counts. */
static enum piece
take_colon(struct element *e)
{
	bool route = e->in_angle && e->out->len > 0 && e->out->data[0] == '@';
	bool group = !e->had_angle && !e->has_at;

	if (!route && !group)
		return PIECE_BAD;
	str_clear(e->out);
	e->broken = e->has_at = e->gap = false;
	return PIECE_OK;
}

static enum piece
take_piece(struct element *e, struct slice *rest)
{
	char c = rest->data[0];
	size_t len = 1;
	enum piece result = PIECE_OK;

	switch (c) {
	case ' ':
	case '\t':
	case '\r':
	case '\n':
		e->gap = true;
		break;
	case '(':
	case '"':
	case '[':
		return take_enclosed(e, rest);
	case '<':
		result = open_angle(e);
		break;
	case '>':
		result = e->in_angle ? PIECE_OK : PIECE_BAD;
		e->in_angle = false;
		break;
	case ':':
		result = take_colon(e);
		break;
	case ',': /* here in brackets: between the domains of a route */
		break;
	default:
		len = word_length(*rest);
		result = add_piece(e, slice_make(rest->data, len));
	}
	*rest = slice_skip(*rest, len);
	return result;
}

/* True if C ends the element; a route in angle brackets has commas of its own. */
static bool
is_separator(const struct element *e, char c)
{
	bool in_route = e->in_angle && e->out->len > 0 && e->out->data[0] == '@';

	return c == ';' || (c == ',' && !in_route);
}

static enum recipients_result
take_element(struct slice *rest, struct str *address, struct slice *place)
{
	struct element e = {.out = address};
	struct slice start = *rest;
	enum piece worst = PIECE_OK;

	while (rest->len > 0 && !is_separator(&e, rest->data[0])) {
		enum piece result = take_piece(&e, rest);

		if (result > worst)
			worst = result;
	}
	start.len -= rest->len;
	*rest = slice_skip(*rest, 1);
	*place = address->len > 0 ? e.place : slice_make(start.data, 0);
	if (worst == PIECE_FAILED)
		return RECIPIENTS_FAILED;
	if (worst == PIECE_OK && !e.broken && !e.in_angle)
		return e.had_angle || address->len > 0 ? RECIPIENTS_ONE : RECIPIENTS_END;
	str_clear(address);
	return str_add_slice(address, slice_trim(start)) == -1 ? RECIPIENTS_FAILED : RECIPIENTS_BAD;
}

enum recipients_result
recipients_next_place(struct slice *rest, struct str *address, struct slice *place)
{
	while (rest->len > 0) {
		enum recipients_result result;

		str_clear(address);
		result = take_element(rest, address, place);
		if (result != RECIPIENTS_END)
			return result;
	}
	return RECIPIENTS_END;
}

enum recipients_result
recipients_next(struct slice *rest, struct str *address)
{
	struct slice place;

	return recipients_next_place(rest, address, &place);
}
