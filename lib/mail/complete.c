/* SPDX-License-Identifier: ISC */
#include "mail/complete.h"

#include "mail/date.h"
#include "mail/message_id.h"

#define NAME_MAX_OCTETS ((size_t)128)

void
complete_init(struct complete *c, struct slice host, int64_t date)
{
	*c = (struct complete){.host = host, .date = date};
	str_init(&c->from, COMPLETE_FROM_MAX);
	str_init(&c->name, NAME_MAX_OCTETS);
}

void
complete_free(struct complete *c)
{
	str_wipe(&c->from);
	str_free(&c->name);
}

static int
add_missing(struct complete *c, struct str *out)
{
	c->is_over = true;
	if (!c->has_date && (str_add_text(out, "Date: ") == -1 || date_add(out, c->date) == -1 ||
				str_add_text(out, "\r\n") == -1))
		return -1;
	if (!c->has_message_id &&
	    (str_add_text(out, "Message-ID: ") == -1 ||
		message_id_add(out, c->date, c->host) == -1 || str_add_text(out, "\r\n") == -1))
		return -1;
	return 0;
}

/* The line that has begun is no field: the body begins with it, and the empty line is missing. */
static int
end_without_line(struct complete *c, struct str *out)
{
	if (add_missing(c, out) == -1 || str_add_text(out, "\r\n") == -1)
		return -1;
	return str_add_slice(out, str_slice(&c->name));
}

/* The name is there as far as its colon. */
static int
begin_field(struct complete *c, struct str *out)
{
	struct slice name = slice_trim(str_slice(&c->name));
	int result = str_add_slice(out, str_slice(&c->name));

	c->has_date = c->has_date || slice_is_nocase(name, "Date");
	c->has_message_id = c->has_message_id || slice_is_nocase(name, "Message-ID");
	c->is_from = slice_is_nocase(name, "From");
	c->is_in_body = c->has_field = true;
	if (result == 0 && c->is_from)
		result = str_add_char(&c->from, ',');
	str_clear(&c->name);
	return result == 0 ? str_add_char(out, ':') : -1;
}

/* ftext of RFC 5322, 3.6.8; blanks may stand between it and the colon (4.5). */
static bool
may_be_in_name(const struct complete *c, char octet)
{
	bool blank = octet == ' ' || octet == '\t';
	char last = c->name.len == 0 ? '\0' : c->name.data[c->name.len - 1];

	if (c->name.len == c->name.cap || (blank && last == '\0'))
		return false;
	return blank || (octet > ' ' && octet < '\x7f' && last != ' ' && last != '\t');
}

static int
take_name(struct complete *c, struct slice *piece, struct str *out)
{
	char octet = piece->data[0];
	bool at_start = c->name.len == 0;

	if (at_start && octet == '\r') /* the empty line: no CR comes alone this far */
		return add_missing(c, out);
	if (at_start && c->has_field && (octet == ' ' || octet == '\t')) {
		c->is_in_body = true; /* folded */
		return 0;
	}
	if (octet != ':' && !may_be_in_name(c, octet))
		return end_without_line(c, out);
	*piece = slice_skip(*piece, 1);
	if (octet != ':')
		return str_add_char(&c->name, octet);
	return begin_field(c, out);
}

static int
take_body(struct complete *c, struct slice *piece, struct str *out)
{
	size_t end = slice_find(*piece, '\n');
	struct slice part = slice_make(piece->data, end < piece->len ? end + 1 : end);

	c->is_in_body = end == piece->len;
	*piece = slice_skip(*piece, part.len);
	if (c->is_from && str_add_slice(&c->from, part) == -1)
		return -1;
	return str_add_slice(out, part);
}

int
complete_take(struct complete *c, struct slice *piece, struct str *out)
{
	while (!c->is_over && piece->len > 0)
		if ((c->is_in_body ? take_body : take_name)(c, piece, out) == -1)
			return -1;
	return 0;
}

int
complete_end(struct complete *c, struct str *out)
{
	if (c->is_over)
		return 0;
	return c->name.len > 0 ? end_without_line(c, out) : add_missing(c, out);
}
