/* SPDX-License-Identifier: ISC */
#include "smtp/reply.h"

#include <string.h>

#define CODE_LEN 3
#define DETAIL_DIGITS_MAX 3 /* of subject and detail; RFC 3463, 2 */

void
reply_init(struct reply *r)
{
	*r = (struct reply){.code = 0};
	str_init(&r->text, REPLY_TEXT_MAX);
}

void
reply_free(struct reply *r)
{
	str_free(&r->text);
}

static void
clear(struct reply *r)
{
	struct str text = r->text;

	*r = (struct reply){.text = text};
	str_clear(&r->text);
}

int
reply_class(const struct reply *r)
{
	return r->code / 100;
}

/* The length of a number of one to three digits at AT, 0 if there is none. */
static size_t
number_at(struct slice text, size_t at)
{
	size_t n = 0;

	while (at + n < text.len && ascii_is_digit(text.data[at + n]))
		n++;
	return n <= DETAIL_DIGITS_MAX ? n : 0;
}

bool
reply_take_status(struct slice *text, int class, char *out)
{
	size_t subject, detail, len;

	if (text->len < 5 || text->data[0] != '0' + class || text->data[1] != '.')
		return false;
	subject = number_at(*text, 2);
	if (subject == 0 || 2 + subject >= text->len || text->data[2 + subject] != '.')
		return false;
	detail = number_at(*text, 3 + subject);
	len = 3 + subject + detail;
	if (detail == 0 || (len < text->len && text->data[len] != ' '))
		return false;
	memcpy(out, text->data, len);
	out[len] = '\0';
	*text = slice_skip(*text, len + 1);
	return true;
}

/* "250-text", "250 text" or "250": -1 if it is none of them. */
static int
split_line(struct slice line, int *code, bool *last, struct slice *text)
{
	if (line.len < CODE_LEN || line.data[0] < '2' || line.data[0] > '5' ||
	    !ascii_is_digit(line.data[1]) || !ascii_is_digit(line.data[2]))
		return -1;
	if (line.len > CODE_LEN && line.data[CODE_LEN] != ' ' && line.data[CODE_LEN] != '-')
		return -1;
	*code = (line.data[0] - '0') * 100 + (line.data[1] - '0') * 10 + (line.data[2] - '0');
	*last = line.len == CODE_LEN || line.data[CODE_LEN] == ' ';
	*text = slice_skip(line, CODE_LEN + 1);
	return 0;
}

/* Keeps what fits. Only for want of memory is it -1. */
static int
keep(struct reply *r, struct slice text)
{
	size_t separator = r->lines > 0 ? 1 : 0;
	size_t room = r->text.cap - r->text.len;

	if (room < separator + text.len) {
		r->is_cut = true;
		if (room <= separator)
			return 0;
		text.len = room - separator;
	}
	if (separator > 0 && str_add_char(&r->text, '\n') == -1)
		return -1;
	return str_add_slice(&r->text, text);
}

static enum reply_result
malformed(struct reply *r, struct slice line)
{
	clear(r);
	return keep(r, line) == -1 ? REPLY_ERROR : REPLY_MALFORMED;
}

static enum reply_result
take_line(struct reply *r, struct slice line, bool *last)
{
	char status[REPLY_STATUS_MAX];
	struct slice text;
	int code;

	if (split_line(line, &code, last, &text) == -1 || (r->lines > 0 && code != r->code) ||
	    (!*last && r->lines + 1 >= REPLY_LINES_MAX))
		return malformed(r, line);
	r->code = code;
	if (reply_take_status(&text, reply_class(r), status) && r->status[0] == '\0')
		memcpy(r->status, status, sizeof status);
	if (keep(r, text) == -1)
		return REPLY_ERROR;
	r->lines++;
	return REPLY_OK;
}

enum reply_result
reply_read(struct reply *r, struct reader *reader)
{
	bool last = false;

	clear(r);
	while (!last) {
		struct slice line;
		enum reply_result result;

		switch (reader_line(reader, &line, REPLY_LINE_MAX)) {
		case READER_LINE:
			break;
		case READER_BARE_LF:
		case READER_BARE_CR:
		case READER_NUL:
			r->has_bare = true;
			line = slice_trim(line);
			break;
		case READER_TOO_LONG:
			return malformed(r, slice_of("(a line too long)"));
		case READER_EOF:
			return REPLY_CLOSED;
		case READER_TIMEOUT:
			return REPLY_TIMEOUT;
		case READER_ERROR:
		default:
			return REPLY_ERROR;
		}
		result = take_line(r, line, &last);
		if (result != REPLY_OK)
			return result;
	}
	return REPLY_OK;
}

int
reply_add_line(struct str *out, const struct reply *r)
{
	struct slice rest = str_slice(&r->text), line;

	if (str_format(out, "%d", r->code) == -1 ||
	    (r->status[0] != '\0' && str_format(out, " %s", r->status) == -1))
		return -1;
	while (slice_take(&rest, '\n', &line)) {
		line = slice_trim(line);
		if (line.len > 0 &&
		    (str_add_char(out, ' ') == -1 || str_add_slice(out, line) == -1))
			return -1;
	}
	return 0;
}
