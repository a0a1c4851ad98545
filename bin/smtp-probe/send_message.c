/* SPDX-License-Identifier: ISC */
#include "send_message.h"

#include "base/utf8.h"
#include "mail/date.h"
#include "mail/encode.h"
#include "mail/fold.h"
#include "mail/header.h"
#include "mail/wire.h"
#include "mail/words.h"

#define LINE_WIDTH ((size_t)76)
#define FIELD_MAX ((size_t)64 << 10)

int
send_message_wire(struct slice text, struct str *out)
{
	struct wire_convert convert = {.mid_line = false};

	return wire_convert_piece(&convert, text, out) == -1 ? -1 : wire_convert_end(&convert, out);
}

/* field-name of RFC 5322, 2.2. */
static struct slice
name_of(struct slice field)
{
	return slice_trim(slice_make(field.data, slice_find(field, ':')));
}

const char *
send_field_problem(struct slice field)
{
	struct slice name = name_of(field);

	if (slice_find(field, ':') == field.len || name.len == 0)
		return "a header field is NAME: VALUE";
	for (size_t i = 0; i < name.len; i++)
		if (name.data[i] <= ' ' || name.data[i] > '~')
			return "the name of a header field is printable ASCII without blanks";
	for (size_t i = 0; i < field.len; i++)
		if ((unsigned char)field.data[i] < ' ' && field.data[i] != '\t')
			return "the value of a header field is one line";
	return NULL;
}

/* The place of NAME among the fields of the command line, or field_count. */
static size_t
find_field(const struct send_content *c, const char *name)
{
	size_t i = 0;

	while (i < c->field_count && !slice_is_nocase(name_of(c->fields[i]), name))
		i++;
	return i;
}

static bool
holds_addresses(struct slice name)
{
	static const char *const names[] = {"From", "To", "Cc", "Bcc", "Sender", "Reply-To",
	    "Resent-From", "Resent-To", "Resent-Cc"};

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (slice_is_nocase(name, names[i]))
			return true;
	return false;
}

/* Adds the value of a field, encoded unless the header is UTF-8. */
static int
add_value(const struct send_content *c, struct slice name, struct slice value, struct str *field)
{
	if (c->is_utf8 && utf8_is_text(value))
		return str_add_slice(field, value);
	if (holds_addresses(name))
		return words_add_structured(field, value, ENCODE_UNKNOWN);
	return words_add_text(field, value, ENCODE_UNKNOWN);
}

static int
add_field(const struct send_content *c, struct str *out, struct slice name, struct slice value)
{
	struct str field;
	int result = -1;

	str_init(&field, FIELD_MAX);
	if (str_format(&field, "%.*s: ", (int)name.len, name.data) == 0 &&
	    add_value(c, name, value, &field) == 0 && str_add_text(&field, "\r\n") == 0)
		result = fold_is_needed(str_slice(&field))
			     ? fold_add(out, str_slice(&field), holds_addresses(name))
			     : str_add_slice(out, str_slice(&field));
	str_free(&field);
	return result;
}

/* The field that the command line has; one with nothing behind its name is left out. */
static int
add_own_field(const struct send_content *c, struct str *out, struct slice field)
{
	struct slice value = slice_trim(slice_skip(field, slice_find(field, ':') + 1));

	return value.len == 0 ? 0 : add_field(c, out, name_of(field), value);
}

static int
add_recipients(const struct send_content *c, struct str *out)
{
	size_t column = 4;

	if (c->to_count == 0)
		return str_add_text(out, "undisclosed-recipients:;");
	for (size_t i = 0; i < c->to_count; i++) {
		bool is_long = i > 0 && column + c->to[i].len + 2 > LINE_WIDTH;

		if (i > 0 && str_add_text(out, is_long ? ",\r\n " : ", ") == -1)
			return -1;
		column = (is_long ? 1 : column + 2) + c->to[i].len;
		if (str_add_slice(out, c->to[i]) == -1)
			return -1;
	}
	return 0;
}

/* A null reverse-path is a notification's, whose author is nobody (RFC 3464, 2). */
static int
add_author(const struct send_content *c, struct str *out)
{
	return c->from.len > 0
		   ? str_add_slice(out, c->from)
		   : str_format(out, "MAILER-DAEMON@%.*s", (int)c->helo.len, c->helo.data);
}

static int
add_date(const struct send_content *c, struct str *out)
{
	return date_add(out, c->now);
}

static int
add_subject(const struct send_content *c, struct str *out)
{
	return add_value(c, slice_of("Subject"), c->subject, out);
}

static int
add_id(const struct send_content *c, struct str *out)
{
	return str_add_slice(out, c->message_id);
}

static int
add_one(const struct send_content *c, struct str *out)
{
	(void)c;
	return str_add_text(out, "1.0");
}

/* The fields that every message of ours has, unless the command line has another. */
static int
add_header(const struct send_content *c, struct str *out)
{
	static const struct {
		const char *name;
		int (*add)(const struct send_content *c, struct str *out);
	} rows[] = {{"Date", add_date}, {"From", add_author}, {"To", add_recipients},
	    {"Subject", add_subject}, {"Message-ID", add_id}, {"MIME-Version", add_one}};
	size_t count = sizeof rows / sizeof rows[0];

	for (size_t i = 0; i < count; i++)
		if (find_field(c, rows[i].name) == c->field_count &&
		    (str_format(out, "%s: ", rows[i].name) == -1 || rows[i].add(c, out) == -1 ||
			str_add_text(out, "\r\n") == -1))
			return -1;
	for (size_t i = 0; i < c->field_count; i++)
		if (add_own_field(c, out, c->fields[i]) == -1)
			return -1;
	return 0;
}

/* What encloses 8-bit data says so, too (RFC 2045, 6.4). */
static enum send_encoding
encoding_around(const struct send_content *c)
{
	for (size_t i = 0; i < c->attachment_count && c->encoding != SEND_BINARY; i++)
		if (slice_starts_nocase(c->attachments[i].type, "message/rfc822") &&
		    !slice_is_ascii(c->attachments[i].octets))
			return SEND_8BIT;
	return c->encoding;
}

static int
add_parts(const struct send_content *c, struct slice text, struct str *out, const char **problem)
{
	enum send_encoding around = encoding_around(c);

	if (str_add_text(out, "Content-Type: multipart/mixed") == -1 ||
	    send_add_parameter(out, "boundary", slice_of(c->boundary)) == -1 ||
	    (around == SEND_8BIT &&
		str_add_text(out, "\r\nContent-Transfer-Encoding: 8bit") == -1) ||
	    (around == SEND_BINARY &&
		str_add_text(out, "\r\nContent-Transfer-Encoding: binary") == -1) ||
	    str_format(out, "\r\n\r\n--%s\r\n", c->boundary) == -1 ||
	    send_add_text(out, text, c->encoding, problem) == -1)
		return -1;
	for (size_t i = 0; i < c->attachment_count; i++)
		if (str_format(out, "\r\n--%s\r\n", c->boundary) == -1 ||
		    send_add_attachment(out, &c->attachments[i], c->encoding, problem) == -1)
			return -1;
	return str_format(out, "\r\n--%s--\r\n", c->boundary);
}

int
send_message_compose(const struct send_content *c, struct str *out, const char **problem)
{
	struct str text;
	int result = -1;

	*problem = NULL;
	if (find_field(c, "Content-Type") < c->field_count ||
	    find_field(c, "Content-Transfer-Encoding") < c->field_count) {
		*problem =
		    "Content-Type and Content-Transfer-Encoding are made of --body, --attach "
		    "and --encoding; --raw and --template take any";
		return -1;
	}
	str_init(&text, SEND_MESSAGE_MAX);
	if (send_message_wire(c->body, &text) == 0 && add_header(c, out) == 0)
		result = c->attachment_count > 0
			     ? add_parts(c, str_slice(&text), out, problem)
			     : send_add_text(out, str_slice(&text), c->encoding, problem);
	str_free(&text);
	return result;
}
