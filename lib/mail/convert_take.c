/* SPDX-License-Identifier: ISC */
/* The second half of a conversion: what comes out. */
#include <errno.h>

#include "mail/convert_step.h"
#include "mail/header.h"

static const struct {
	const char *label; /* null: as it was */
	bool is_encoded;
	enum transfer_encoding encoding;
} steps[] = {
    [CONVERT_KEEP] = {.label = NULL},
    [CONVERT_LABEL_7BIT] = {.label = "7bit"},
    [CONVERT_LABEL_8BIT] = {.label = "8bit"},
    [CONVERT_QUOTE] = {"quoted-printable", true, TRANSFER_QUOTED_PRINTABLE},
    [CONVERT_ENCODE] = {"base64", true, TRANSFER_BASE64},
    [CONVERT_ENCODE_AGAIN] = {NULL, true, TRANSFER_BASE64_AGAIN},
    [CONVERT_DROP] = {.label = NULL},
};

static int
add(struct convert *c, struct slice text)
{
	if (text.len == 0)
		return 0;
	c->at_line_start = text.data[text.len - 1] == '\n';
	return str_add_slice(c->out, text);
}

static int
add_text(struct convert *c, const char *text)
{
	return add(c, slice_of(text));
}

/* The field Content-Type of text whose charset nobody said (RFC 1428, 3). */
static int
add_type(struct convert *c, struct slice body)
{
	if (slice_find(body, ';') == body.len)
		return add_text(c, "Content-Type: text/plain; charset=unknown-8bit\r\n");
	body = slice_trim(body);
	while (body.len > 0 && body.data[body.len - 1] == ';')
		body = slice_trim(slice_make(body.data, body.len - 1));
	if (add_text(c, "Content-Type: ") == -1 || add(c, body) == -1)
		return -1;
	return add_text(c, ";\r\n\tcharset=unknown-8bit\r\n");
}

/* The fields but those that are said anew. */
static int
add_fields(struct convert *c, struct slice *rest, bool says_label, bool says_type)
{
	struct header_field field;

	while (header_next(rest, &field)) {
		if (says_label && slice_is_nocase(field.name, "Content-Transfer-Encoding"))
			continue;
		if ((says_type && slice_is_nocase(field.name, "Content-Type")
			    ? add_type(c, field.body)
			    : add(c, field.whole)) == -1)
			return -1;
	}
	return c->at_line_start ? 0 : add_text(c, "\r\n");
}

static int
add_header(struct convert *c, const struct entity *e, struct slice header, const char *label,
    bool is_first)
{
	bool says_type = c->has_8bit && e->wants_charset && steps[c->step].is_encoded;
	bool says_version = e->is_message && !e->has_version && (is_first || label != NULL);

	if (add_fields(c, &header, label != NULL, says_type) == -1 ||
	    (says_version && add_text(c, "MIME-Version: 1.0\r\n") == -1) ||
	    (says_type && !e->has_type && add_type(c, slice_of("")) == -1) ||
	    (label != NULL && (add_text(c, "Content-Transfer-Encoding: ") == -1 ||
				  add_text(c, label) == -1 || add_text(c, "\r\n") == -1)))
		return -1;
	return add(c, header);
}

/* Turns to the next section. */
static int
begin_section(struct convert *c)
{
	unsigned char planned;

	if (c->next == c->plan.len) {
		errno = EPROTO;
		return -1;
	}
	planned = (unsigned char)c->plan.data[c->next++];
	c->step = (enum convert_step)(planned & CONVERT_STEP_MASK);
	c->has_8bit = (planned & CONVERT_STEP_8BIT) != 0;
	if (steps[c->step].is_encoded)
		transfer_init(&c->transfer, steps[c->step].encoding);
	return 0;
}

static int
take_header(void *context, const struct entity *e, struct slice header)
{
	struct convert *c = context;
	bool is_first = c->next == 0;
	const char *label;

	if (begin_section(c) == -1)
		return -1;
	if (e->kind == ENTITY_OPAQUE)
		return add(c, header);
	label = e->kind == ENTITY_MULTIPART
		    ? steps[convert_choose_label(c->domain, e->encoding)].label
		    : steps[c->step].label;
	return add_header(c, e, header, label, is_first);
}

static int
take_epilogue(void *context)
{
	return begin_section(context);
}

static int
take_data(void *context, struct slice data)
{
	struct convert *c = context;

	if (c->step == CONVERT_DROP || data.len == 0)
		return 0;
	if (!steps[c->step].is_encoded)
		return add(c, data);
	c->at_line_start = false;
	return transfer_take(&c->transfer, data, c->out);
}

static int
take_end(void *context, bool is_last)
{
	struct convert *c = context;

	if (steps[c->step].is_encoded) {
		if (transfer_end(&c->transfer, is_last, c->out) == -1)
			return -1;
		c->at_line_start = is_last;
	}
	return is_last && !c->at_line_start ? add_text(c, "\r\n") : 0;
}

static int
take_delimiter(void *context, struct slice text)
{
	return add(context, text);
}

const struct mime_visitor convert_following = {
    take_header, take_epilogue, take_data, take_end, take_delimiter};

int
convert_take(struct convert *c, struct slice piece, struct str *out)
{
	c->out = out;
	return mime_take(&c->mime, piece);
}

int
convert_take_end(struct convert *c, struct str *out)
{
	c->out = out;
	return mime_end(&c->mime);
}
