/* SPDX-License-Identifier: ISC */
#include "mail/convert.h"

#include "mail/convert_step.h"

enum convert_step
convert_choose_label(enum convert_domain domain, enum entity_encoding encoding)
{
	if (domain == CONVERT_TO_7BIT)
		return encoding == ENTITY_8BIT || encoding == ENTITY_BINARY ? CONVERT_LABEL_7BIT
									    : CONVERT_KEEP;
	return encoding == ENTITY_BINARY ? CONVERT_LABEL_8BIT : CONVERT_KEEP;
}

static bool
refuse(struct convert *c, enum convert_result result)
{
	if (c->result == CONVERT_POSSIBLE)
		c->result = result;
	return false;
}

static int
stop(struct convert *c, enum convert_result result)
{
	(void)refuse(c, result);
	return -1;
}

static int
look_at_header(void *context, const struct entity *e, struct slice header)
{
	struct convert *c = context;

	(void)header;
	c->section = (struct convert_section){
	    .entity = *e, .is_filling = e->kind == ENTITY_MULTIPART, .last = '\n'};
	if (!e->is_clean)
		(void)refuse(c, CONVERT_MALFORMED);
	if (e->is_8bit) {
		c->needs |= CONVERT_UTF8;
		c->leaves_8bit = true;
	}
	return 0;
}

static int
look_at_epilogue(void *context)
{
	struct convert *c = context;

	c->section = (struct convert_section){.is_filling = true, .last = '\n'};
	return 0;
}

static void
look_at_octet(struct convert_section *s, unsigned char octet)
{
	bool after_cr = s->last == '\r' && s->octets > 0;

	if (octet == '\n' && after_cr) {
		s->escapes--;
		s->line = 0;
	} else {
		s->has_bare = s->has_bare || octet == '\n' || octet == '\0' || after_cr;
		s->has_8bit = s->has_8bit || octet > 127;
		s->escapes += (octet < ' ' && octet != '\t') || octet > '~' || octet == '=';
		/* the CR of a line end is not counted */
		s->has_long = s->has_long || ++s->line > MIME_LINE_MAX + (octet == '\r');
	}
	s->octets++;
	s->last = octet;
}

static int
look_at_data(void *context, struct slice data)
{
	struct convert *c = context;

	for (size_t i = 0; i < data.len; i++)
		look_at_octet(&c->section, (unsigned char)data.data[i]);
	return 0;
}

static uint64_t
base64_length(uint64_t octets)
{
	return (octets + 2) / 3 * 4 + octets / 57 * 2;
}

static enum convert_step
choose_leaf(struct convert *c)
{
	const struct convert_section *s = &c->section;
	bool is_unfit = s->has_bare || (s->has_8bit && c->domain == CONVERT_TO_7BIT);
	enum entity_encoding encoding = s->entity.encoding;

	if (!entity_is_identity(encoding)) {
		if (is_unfit)
			(void)refuse(c, CONVERT_MALFORMED);
		return s->has_long && encoding == ENTITY_BASE64 ? CONVERT_ENCODE_AGAIN
								: CONVERT_KEEP;
	}
	if (is_unfit || s->has_long)
		return s->entity.is_text && s->octets + 2 * s->escapes <= base64_length(s->octets)
			   ? CONVERT_QUOTE
			   : CONVERT_ENCODE;
	if (encoding == ENTITY_BINARY || (encoding == ENTITY_8BIT && c->domain == CONVERT_TO_7BIT))
		return s->has_8bit ? CONVERT_LABEL_8BIT : CONVERT_LABEL_7BIT;
	return CONVERT_KEEP;
}

/* What may not be changed must be fit as it is. */
static enum convert_step
keep_protected(struct convert *c)
{
	const struct convert_section *s = &c->section;

	if (s->has_bare || (s->has_8bit && c->domain == CONVERT_TO_7BIT))
		(void)refuse(
		    c, s->entity.kind == ENTITY_PROTECTED ? CONVERT_PROTECTED : CONVERT_MALFORMED);
	if (s->entity.kind == ENTITY_PROTECTED && entity_is_identity(s->entity.encoding))
		return convert_choose_label(c->domain, s->entity.encoding);
	return CONVERT_KEEP;
}

static enum convert_step
choose_step(struct convert *c)
{
	const struct convert_section *s = &c->section;
	bool is_unfit = s->has_bare || s->has_long || (s->has_8bit && c->domain == CONVERT_TO_7BIT);

	if (s->is_filling && is_unfit)
		return CONVERT_DROP;
	switch (s->entity.kind) {
	case ENTITY_MULTIPART:
	case ENTITY_MESSAGE:
		return convert_choose_label(c->domain, s->entity.encoding);
	case ENTITY_PROTECTED:
	case ENTITY_OPAQUE:
		return keep_protected(c);
	case ENTITY_LEAF:
	default:
		return s->is_filling ? CONVERT_KEEP : choose_leaf(c);
	}
}

static int
look_at_end(void *context, bool is_last)
{
	struct convert *c = context;
	struct convert_section *s = &c->section;
	enum convert_step step;

	if ((s->octets > 0 && s->last == '\r') || (is_last && s->last != '\n'))
		s->has_bare = true;
	c->needs |= (s->has_8bit ? CONVERT_8BIT : 0U) | (s->has_bare ? CONVERT_BINARY : 0U) |
		    (s->has_long ? CONVERT_LONG : 0U);
	step = choose_step(c);
	c->is_needed = c->is_needed || step != CONVERT_KEEP;
	c->leaves_8bit =
	    c->leaves_8bit || (s->has_8bit && (step == CONVERT_KEEP || step == CONVERT_LABEL_8BIT));
	if (c->plan.len == CONVERT_PARTS_MAX)
		return stop(c, CONVERT_TOO_COMPLEX);
	return str_add_char(&c->plan, (char)(step | (s->has_8bit ? CONVERT_STEP_8BIT : 0U)));
}

static int
look_at_delimiter(void *context, struct slice text)
{
	(void)context;
	(void)text;
	return 0;
}

static const struct mime_visitor looking = {
    look_at_header, look_at_epilogue, look_at_data, look_at_end, look_at_delimiter};

void
convert_init(struct convert *c, enum convert_domain domain)
{
	c->domain = domain;
	c->result = CONVERT_POSSIBLE;
	c->needs = 0;
	c->is_needed = c->leaves_8bit = false;
	mime_init(&c->mime, &looking, c);
	c->section = (struct convert_section){.octets = 0};
	str_init(&c->plan, CONVERT_PARTS_MAX);
	c->next = 0;
	c->out = NULL;
	c->at_line_start = c->ends_with_cr = true;
	c->last = '\n';
}

void
convert_free(struct convert *c)
{
	mime_free(&c->mime);
	str_free(&c->plan);
}

static bool
has_walked(struct convert *c, int walked)
{
	static const enum convert_result results[] = {
	    [MIME_NONE] = CONVERT_NO_MEMORY,
	    [MIME_STOPPED] = CONVERT_NO_MEMORY,
	    [MIME_AMBIGUOUS] = CONVERT_MALFORMED,
	    [MIME_TOO_DEEP] = CONVERT_TOO_COMPLEX,
	    [MIME_TOO_LONG] = CONVERT_TOO_COMPLEX,
	};

	if (walked == -1)
		return refuse(c, results[c->mime.failure]);
	return c->result == CONVERT_POSSIBLE;
}

bool
convert_look(struct convert *c, struct slice piece)
{
	if (piece.len > 0) {
		c->ends_with_cr =
		    piece.len > 1 ? piece.data[piece.len - 2] == '\r' : c->last == '\r';
		c->last = piece.data[piece.len - 1];
	}
	/* after a refusal it goes on as far as it can: the needs are still to be known */
	return has_walked(c, mime_take(&c->mime, piece));
}

bool
convert_look_end(struct convert *c)
{
	bool is_good = has_walked(c, mime_end(&c->mime));

	if (c->last != '\n' || !c->ends_with_cr) {
		c->needs |= CONVERT_BINARY;
		c->is_needed = true;
	}
	if (is_good && c->domain == CONVERT_TO_7BIT && (c->needs & CONVERT_UTF8) != 0)
		is_good = refuse(c, CONVERT_HEADER);
	mime_free(&c->mime);
	mime_init(&c->mime, &convert_following, c);
	return is_good;
}

const char *
convert_reason(enum convert_result result)
{
	static const char *const reasons[] = {
	    [CONVERT_POSSIBLE] = "nothing is wrong",
	    [CONVERT_PROTECTED] = "a part is signed or encrypted and must not be changed",
	    [CONVERT_HEADER] = "header fields are not ASCII",
	    [CONVERT_MALFORMED] = "its MIME structure is malformed",
	    [CONVERT_TOO_COMPLEX] = "its MIME structure is too large or too deep",
	    [CONVERT_NO_MEMORY] = "out of memory",
	};

	return reasons[result];
}

const char *
convert_code(enum convert_result result)
{
	switch (result) {
	case CONVERT_HEADER: /* RFC 6531, 4.2 */
		return "5.6.9";
	case CONVERT_NO_MEMORY:
		return "4.3.0";
	default:
		return "5.6.3";
	}
}
