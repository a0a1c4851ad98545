/* SPDX-License-Identifier: ISC */
/* The parts of a message: text, and files (RFC 2045, 2046, 2183, 2231). */
#include <string.h>

#include "mail/body.h"
#include "mail/transfer.h"
#include "send_message.h"

#define PIECE_OCTETS ((size_t)20) /* of a parameter value in one line of RFC 2231, 3 */
#define SHORT_OCTETS ((size_t)60)

static bool
is_token(char c)
{
	return c > ' ' && c < 0x7f && strchr("()<>@,;:\\\"/[]?=", c) == NULL;
}

/* attribute-char of RFC 2231, 7. */
static int
add_extended(struct str *out, struct slice octets)
{
	for (size_t i = 0; i < octets.len; i++) {
		char c = octets.data[i];
		bool is_plain = is_token(c) && strchr("*'%", c) == NULL;

		if ((is_plain ? str_add_char(out, c)
			      : str_format(out, "%%%02X", (unsigned)(unsigned char)c)) == -1)
			return -1;
	}
	return 0;
}

/* NAME*0*, NAME*1* …, a line each. */
static int
add_continued(struct str *out, const char *name, struct slice value)
{
	for (unsigned i = 0; i == 0 || value.len > 0; i++) {
		struct slice piece =
		    slice_make(value.data, value.len < PIECE_OCTETS ? value.len : PIECE_OCTETS);

		if (str_format(out, ";\r\n %s*%u*=%s", name, i, i == 0 ? "utf-8''" : "") == -1 ||
		    add_extended(out, piece) == -1)
			return -1;
		value = slice_skip(value, piece.len);
	}
	return 0;
}

int
send_add_parameter(struct str *out, const char *name, struct slice value)
{
	if (!slice_is_ascii(value) || slice_has_control(value) || value.len > SHORT_OCTETS)
		return add_continued(out, name, value);
	if (str_format(out, ";\r\n %s=\"", name) == -1)
		return -1;
	for (size_t i = 0; i < value.len; i++) {
		if ((value.data[i] == '"' || value.data[i] == '\\') &&
		    str_add_char(out, '\\') == -1)
			return -1;
		if (str_add_char(out, value.data[i]) == -1)
			return -1;
	}
	return str_add_char(out, '"');
}

static int
add_transfer(struct str *out, struct slice octets, enum transfer_encoding encoding)
{
	struct transfer t;

	transfer_init(&t, encoding);
	if (transfer_take(&t, octets, out) == -1 || transfer_end(&t, true, out) == -1)
		return -1;
	if (octets.len > 0 && out->data[out->len - 1] == '\n')
		return 0;
	return str_add_text(out, "\r\n");
}

static int
add_octets(struct str *out, struct slice octets, enum send_encoding encoding)
{
	static const char *const names[] = {[SEND_7BIT] = "7bit",
	    [SEND_8BIT] = "8bit",
	    [SEND_QUOTED_PRINTABLE] = "quoted-printable",
	    [SEND_BASE64] = "base64",
	    [SEND_BINARY] = "binary"};

	if (str_format(out, "Content-Transfer-Encoding: %s\r\n\r\n", names[encoding]) == -1)
		return -1;
	if (encoding == SEND_BASE64)
		return add_transfer(out, octets, TRANSFER_BASE64);
	if (encoding == SEND_QUOTED_PRINTABLE)
		return add_transfer(out, octets, TRANSFER_QUOTED_PRINTABLE);
	return str_add_slice(out, octets);
}

/* The encoding that TEXT, in wire format, goes by; it must not be one that it has no room in. */
static enum send_encoding
choose(const struct body *b, enum send_encoding wanted, const char **problem)
{
	if (wanted == SEND_AS_NEEDED)
		return b->has_8bit || b->has_long ? SEND_QUOTED_PRINTABLE : SEND_7BIT;
	if (wanted == SEND_7BIT && b->has_8bit)
		*problem = "the text has octets above 127, so that it is not 7bit";
	if ((wanted == SEND_7BIT || wanted == SEND_8BIT) && b->has_long)
		*problem = "the text has a line over 998 octets, so that it must be encoded";
	return wanted;
}

int
send_add_text(struct str *out, struct slice text, enum send_encoding encoding, const char **problem)
{
	struct body b = {.line = 0};
	const char *charset = "us-ascii";

	body_look(&b, text);
	if (b.has_8bit)
		charset = body_is_utf8(&b) ? "utf-8" : "unknown-8bit";
	encoding = choose(&b, encoding, problem);
	if (*problem != NULL ||
	    str_format(out, "Content-Type: text/plain; charset=%s\r\n", charset) == -1)
		return -1;
	return add_octets(out, text, encoding);
}

/* A message must not be encoded (RFC 2046, 5.2.1): it goes as it is, in wire format. */
static int
add_message(struct str *out, struct slice octets, const char **problem)
{
	struct body b = {.line = 0};
	struct str wire;
	int result = -1;

	str_init(&wire, SEND_MESSAGE_MAX);
	if (send_message_wire(octets, &wire) == 0) {
		body_look(&b, str_slice(&wire));
		if (b.has_long)
			*problem = "a message that is attached has a line over 998 octets; attach "
				   "it as FILE:application/octet-stream";
		else
			result =
			    add_octets(out, str_slice(&wire), b.has_8bit ? SEND_8BIT : SEND_7BIT);
	}
	str_free(&wire);
	return result;
}

int
send_add_attachment(struct str *out, const struct send_attachment *a, enum send_encoding encoding,
    const char **problem)
{
	if (str_format(out, "Content-Type: %.*s", (int)a->type.len, a->type.data) == -1 ||
	    str_add_text(out, "\r\nContent-Disposition: attachment") == -1 ||
	    send_add_parameter(out, "filename", a->name) == -1 || str_add_text(out, "\r\n") == -1)
		return -1;
	if (slice_starts_nocase(a->type, "message/rfc822"))
		return add_message(out, a->octets, problem);
	if (encoding != SEND_BINARY)
		return add_octets(out, a->octets, SEND_BASE64);
	return add_octets(out, a->octets, SEND_BINARY) == -1 ? -1 : str_add_text(out, "\r\n");
}

struct slice
send_type_of(struct slice name)
{
	static const char *const types[][2] = {{".txt", "text/plain"}, {".log", "text/plain"},
	    {".html", "text/html"}, {".csv", "text/csv"}, {".eml", "message/rfc822"},
	    {".pdf", "application/pdf"}, {".zip", "application/zip"}, {".gz", "application/gzip"},
	    {".json", "application/json"}, {".xml", "application/xml"}, {".png", "image/png"},
	    {".jpg", "image/jpeg"}, {".jpeg", "image/jpeg"}, {".gif", "image/gif"},
	    {".ics", "text/calendar"}};

	for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
		if (slice_ends_nocase(name, slice_of(types[i][0])))
			return slice_of(types[i][1]);
	return slice_of("application/octet-stream");
}
