/* SPDX-License-Identifier: ISC */
#include "mail/entity.h"

#include <string.h>

#include "mail/header.h"

/* The value of Content-Type: type, subtype and the parameters that matter. */
struct type {
	struct slice type, subtype, boundary;
	bool has_boundary, has_charset, is_doubtful;
};

static const struct {
	const char *name;
	enum entity_encoding encoding;
} encodings[] = {
    {"7bit", ENTITY_7BIT},
    {"8bit", ENTITY_8BIT},
    {"binary", ENTITY_BINARY},
    {"quoted-printable", ENTITY_QUOTED_PRINTABLE},
    {"base64", ENTITY_BASE64},
};

/* Blanks, line ends and comments (RFC 5322, 3.2.2). False if a comment does not end. */
static bool
skip_blanks(struct slice *s)
{
	size_t depth = 0;

	while (s->len > 0) {
		char c = s->data[0];

		if (c == '(')
			depth++;
		else if (depth == 0 && c != ' ' && c != '\t' && c != '\r' && c != '\n')
			return true;
		else if (c == ')' && depth > 0)
			depth--;
		else if (c == '\\' && depth > 0)
			*s = slice_skip(*s, 1);
		*s = slice_skip(*s, 1);
	}
	return depth == 0;
}

/* A token, more widely than RFC 2045, 5.1 has it: many boundaries in use hold what it forbids. */
static bool
take_token(struct slice *s, struct slice *token)
{
	size_t len = 0;

	while (len < s->len && s->data[len] > ' ' && s->data[len] != 0x7f &&
	       strchr("\"(),;=\\", s->data[len]) == NULL)
		len++;
	*token = slice_make(s->data, len);
	*s = slice_skip(*s, len);
	return len > 0;
}

/* A quoted string (RFC 5322, 3.2.4), as it stands between the quotes. */
static bool
take_quoted(struct slice *s, struct slice *value)
{
	size_t len = 1;

	while (len < s->len && s->data[len] != '"')
		len += s->data[len] == '\\' ? 2 : 1;
	if (len >= s->len)
		return false;
	*value = slice_make(s->data + 1, len - 1);
	*s = slice_skip(*s, len + 1);
	return true;
}

/* A quoted string, or a token that may hold more than it should. */
static bool
take_value(struct slice *s, struct slice *value)
{
	size_t len = 0;

	if (s->len > 0 && s->data[0] == '"')
		return take_quoted(s, value);
	while (len < s->len && (unsigned char)s->data[len] > ' ' && s->data[len] != 0x7f &&
	       strchr("\"(;\\", s->data[len]) == NULL)
		len++;
	*value = slice_make(s->data, len);
	*s = slice_skip(*s, len);
	return len > 0;
}

static void
note_parameter(struct type *t, struct slice name, struct slice value)
{
	if (slice_is_nocase(name, "boundary")) {
		t->is_doubtful = t->is_doubtful || t->has_boundary;
		t->has_boundary = true;
		t->boundary = value;
	} else if (slice_is_nocase(name, "charset"))
		t->has_charset = true;
	else if (slice_starts_nocase(name, "boundary*")) /* in pieces: RFC 2231, 3 */
		t->is_doubtful = true;
	else if (slice_starts_nocase(name, "charset*"))
		t->has_charset = true;
}

static bool
take_parameter(struct slice *s, struct type *t)
{
	struct slice name, value;

	if (!take_token(s, &name) || !skip_blanks(s) || s->len == 0 || s->data[0] != '=')
		return false;
	*s = slice_skip(*s, 1);
	if (!skip_blanks(s) || !take_value(s, &value))
		return false;
	note_parameter(t, name, value);
	return skip_blanks(s);
}

static bool
parse_type(struct slice s, struct type *t)
{
	struct slice word;
	size_t slash;

	*t = (struct type){.is_doubtful = false};
	if (!skip_blanks(&s) || !take_token(&s, &word) || !skip_blanks(&s))
		return false;
	slash = slice_find(word, '/');
	t->type = slice_make(word.data, slash);
	t->subtype = slice_skip(word, slash + 1);
	if (slash == word.len) /* "text" of old programs: RFC 2045, 5.2 */
		return slice_is_nocase(word, "text") && s.len == 0;
	while (s.len > 0) {
		if (s.data[0] != ';')
			return false;
		s = slice_skip(s, 1);
		if (!skip_blanks(&s))
			return false;
		if (s.len > 0 && s.data[0] != ';' && !take_parameter(&s, t))
			return false;
	}
	return t->type.len > 0 && t->subtype.len > 0;
}

static bool
is_boundary(struct slice b)
{
	return b.len > 0 && b.len <= ENTITY_BOUNDARY_MAX && !slice_has_control(b) &&
	       slice_is_ascii(b) && slice_find(b, '\\') == b.len && b.data[b.len - 1] != ' ';
}

static void
be_multipart(struct entity *e, const struct type *t)
{
	bool is_good = t->has_boundary && !t->is_doubtful && is_boundary(t->boundary);

	if (slice_is_nocase(t->subtype, "signed") || slice_is_nocase(t->subtype, "encrypted"))
		e->kind = ENTITY_PROTECTED;
	else
		e->kind = is_good ? ENTITY_MULTIPART : ENTITY_OPAQUE;
	e->boundary = t->boundary;
	e->is_digest = slice_is_nocase(t->subtype, "digest");
}

/* RFC 6532, 3.7 and RFC 6533, 6 let these, and no other messages, have any encoding. */
static void
be_message(struct entity *e, struct slice subtype)
{
	if (slice_is_nocase(subtype, "rfc822") || slice_is_nocase(subtype, "news"))
		e->kind = ENTITY_MESSAGE;
	else
		e->kind = slice_starts_nocase(subtype, "global") ? ENTITY_LEAF : ENTITY_OPAQUE;
	e->is_text = true;
}

static void
take_type(struct entity *e, struct slice body)
{
	struct type t;

	e->has_type = true;
	e->is_text = e->wants_charset = false;
	if (!parse_type(body, &t))
		e->kind = ENTITY_OPAQUE;
	else if (slice_is_nocase(t.type, "multipart"))
		be_multipart(e, &t);
	else if (slice_is_nocase(t.type, "message"))
		be_message(e, t.subtype);
	else {
		e->kind = ENTITY_LEAF;
		e->is_text = slice_is_nocase(t.type, "text");
		e->wants_charset = e->is_text && !t.has_charset &&
				   (t.subtype.len == 0 || slice_is_nocase(t.subtype, "plain"));
	}
}

static void
take_encoding(struct entity *e, struct slice body)
{
	struct slice word;

	e->encoding = ENTITY_OTHER;
	if (!skip_blanks(&body) || !take_token(&body, &word) || !skip_blanks(&body) || body.len > 0)
		return;
	for (size_t i = 0; i < sizeof encodings / sizeof encodings[0]; i++)
		if (slice_is_nocase(word, encodings[i].name))
			e->encoding = encodings[i].encoding;
}

bool
entity_is_identity(enum entity_encoding encoding)
{
	return encoding <= ENTITY_BINARY;
}

/* Every line ends with CRLF, and there is no other CR or LF, and no NUL. */
static bool
is_clean(struct slice header)
{
	for (size_t i = 0; i < header.len; i++) {
		char c = header.data[i];

		if (c == '\0' || (c == '\n' && (i == 0 || header.data[i - 1] != '\r')) ||
		    (c == '\r' && (i + 1 == header.len || header.data[i + 1] != '\n')))
			return false;
	}
	return true;
}

/* Reads all fields; false if one comes twice, or what stands there is no header section. */
static bool
read_fields(struct entity *e, struct slice header)
{
	struct header_field field;
	size_t types = 0, given = 0;

	while (header_next(&header, &field)) {
		if (slice_is_nocase(field.name, "Content-Type")) {
			types++;
			take_type(e, field.body);
		} else if (slice_is_nocase(field.name, "Content-Transfer-Encoding")) {
			given++;
			take_encoding(e, field.body);
		} else if (slice_is_nocase(field.name, "MIME-Version"))
			e->has_version = true;
	}
	return types <= 1 && given <= 1 && (header.len == 0 || slice_is(header, "\r\n"));
}

void
entity_read(struct entity *e, struct slice header, bool in_digest)
{
	bool is_good;

	*e = (struct entity){.kind = in_digest ? ENTITY_MESSAGE : ENTITY_LEAF,
	    .is_text = true,
	    .wants_charset = true};
	is_good = read_fields(e, header);
	e->is_8bit = !slice_is_ascii(header);
	e->is_clean = is_clean(header);
	if (!is_good || !e->is_clean)
		e->kind = ENTITY_OPAQUE;
	/* RFC 2045, 6.4: an encoded multipart is read in as many ways as there are programs */
	if ((e->kind == ENTITY_MULTIPART || e->kind == ENTITY_MESSAGE) &&
	    !entity_is_identity(e->encoding))
		e->kind = ENTITY_OPAQUE;
}
