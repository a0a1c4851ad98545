/* SPDX-License-Identifier: ISC */
#include "spool/envelope.h"

#include <errno.h>

#include "base/fields.h"
#include "mail/address.h"
#include "mail/encode.h"

#define ENVELOPE_ID_MAX 100 /* RFC 3461, 4.4 */
#define ORIGINAL_MAX 500    /* RFC 3461, 4.2 */

struct check {
	struct slice source;
	size_t recipients, recipients_max;
	bool has_sender;
	const char *reason;
};

static enum envelope_result
malformed(struct check *c, const char *reason)
{
	c->reason = reason;
	return ENVELOPE_MALFORMED;
}

static enum envelope_result
check_address(struct check *c, struct slice address)
{
	struct address parsed;

	switch (address_parse(address, ADDRESS_UTF8 | ADDRESS_BARE, &parsed)) {
	case ADDRESS_OK:
		return ENVELOPE_GOOD;
	case ADDRESS_TOO_LONG:
		c->reason = "an address is too long";
		return ENVELOPE_TOO_LONG;
	default:
		return malformed(c, "an address is malformed");
	}
}

static enum envelope_result
check_sender(struct check *c, struct slice value)
{
	if (c->has_sender)
		return malformed(c, "there are two senders");
	c->has_sender = true;
	return value.len == 0 ? ENVELOPE_GOOD : check_address(c, value);
}

static enum envelope_result
check_recipient(struct check *c, struct slice value)
{
	if (c->recipients == c->recipients_max) {
		c->reason = "there are too many recipients";
		return ENVELOPE_TOO_MANY;
	}
	c->recipients++;
	return check_address(c, value);
}

static enum envelope_result
check_body(struct check *c, struct slice value)
{
	if (slice_is(value, "7BIT") || slice_is(value, "8BITMIME"))
		return ENVELOPE_GOOD;
	return malformed(c, "the body type is neither 7BIT nor 8BITMIME");
}

static enum envelope_result
check_return(struct check *c, struct slice value)
{
	if (slice_is(value, "FULL") || slice_is(value, "HDRS"))
		return ENVELOPE_GOOD;
	return malformed(c, "RET is neither FULL nor HDRS");
}

static enum envelope_result
check_notify(struct check *c, struct slice value)
{
	struct slice one;
	bool never = false;
	size_t count = 0;

	for (; slice_take(&value, ',', &one); count++) {
		never = never || slice_is(one, "NEVER");
		if (!slice_is(one, "NEVER") && !slice_is(one, "SUCCESS") &&
		    !slice_is(one, "FAILURE") && !slice_is(one, "DELAY"))
			return malformed(c, "NOTIFY has an unknown value");
	}
	if (count == 0 || (never && count > 1))
		return malformed(c, "NOTIFY has an unknown value");
	return ENVELOPE_GOOD;
}

static enum envelope_result
check_envelope_id(struct check *c, struct slice value)
{
	if (value.len <= ENVELOPE_ID_MAX && encode_is_xtext(value))
		return ENVELOPE_GOOD;
	return malformed(c, "ENVID is no xtext, or too long");
}

static enum envelope_result
check_original(struct check *c, struct slice value)
{
	size_t semicolon = slice_find(value, ';');

	if (value.len <= ORIGINAL_MAX && semicolon < value.len &&
	    encode_is_xtext(slice_make(value.data, semicolon)) &&
	    encode_is_xtext(slice_skip(value, semicolon + 1)))
		return ENVELOPE_GOOD;
	return malformed(c, "ORCPT is malformed");
}

/* Which fields there are, where each may stand, and what it may hold. */
enum place { FIRST, OF_MESSAGE, RECIPIENT, OF_RECIPIENT };

static const struct rule {
	char letter;
	enum place place;
	enum envelope_result (*check)(struct check *, struct slice);
} rules[] = {
    {'F', FIRST, check_sender},
    {'B', OF_MESSAGE, check_body},
    {'V', OF_MESSAGE, check_envelope_id},
    {'R', OF_MESSAGE, check_return},
    {'T', RECIPIENT, check_recipient},
    {'N', OF_RECIPIENT, check_notify},
    {'O', OF_RECIPIENT, check_original},
};

static enum envelope_result
check_place(struct check *c, enum place place)
{
	if (place == FIRST)
		return ENVELOPE_GOOD; /* check_sender knows */
	if (!c->has_sender)
		return malformed(c, "the sender does not come first");
	if (place == OF_MESSAGE && c->recipients > 0)
		return malformed(c, "a field of the message stands behind a recipient");
	if (place == OF_RECIPIENT && c->recipients == 0)
		return malformed(c, "a field of a recipient stands before any");
	return ENVELOPE_GOOD;
}

static enum envelope_result
check_field(struct check *c, const struct field *field)
{
	for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++)
		if (rules[i].letter == field->letter) {
			enum envelope_result result = check_place(c, rules[i].place);

			return result == ENVELOPE_GOOD ? rules[i].check(c, field->value) : result;
		}
	return malformed(c, "there is an unknown field");
}

static enum envelope_result
convert(struct check *c, struct slice fields, struct str *out)
{
	enum fields_result taken;
	struct field field;

	while ((taken = fields_next(&fields, '\0', &field)) == FIELDS_ONE) {
		enum envelope_result result = check_field(c, &field);

		if (result != ENVELOPE_GOOD)
			return result;
		if (fields_add(out, field.letter, field.value, '\n') == -1 ||
		    (field.letter == 'F' && fields_add(out, 'S', c->source, '\n') == -1)) {
			c->reason = "out of memory";
			return ENVELOPE_NO_MEMORY;
		}
	}
	if (taken == FIELDS_BAD)
		return malformed(c, "a field is malformed or holds a control character");
	if (c->recipients == 0)
		return malformed(c, "there is no recipient");
	return ENVELOPE_GOOD;
}

enum envelope_result
envelope_convert(struct slice fields, struct slice source, size_t recipients_max, struct str *out,
    size_t *recipients, const char **reason)
{
	struct check check = {.source = source, .recipients_max = recipients_max};
	size_t before = out->len;
	enum envelope_result result = convert(&check, fields, out);

	if (result != ENVELOPE_GOOD)
		str_truncate(out, before);
	*recipients = check.recipients;
	*reason = check.reason;
	return result;
}

bool
envelope_parse(struct slice text, struct envelope *e)
{
	struct field field;

	*e = (struct envelope){.recipients = text};
	if (fields_next(&text, '\n', &field) != FIELDS_ONE || field.letter != 'F')
		return false;
	e->reverse_path = field.value;
	for (;;) {
		e->recipients = text;
		if (fields_next(&text, '\n', &field) != FIELDS_ONE)
			return false;
		switch (field.letter) {
		case 'B':
			e->body = field.value;
			break;
		case 'V':
			e->envelope_id = field.value;
			break;
		case 'R':
			e->return_part = field.value;
			break;
		case 'S':
			e->source = field.value;
			break;
		default:
			return field.letter == 'T';
		}
	}
}

bool
envelope_next(struct slice *rest, struct envelope_recipient *recipient)
{
	struct field field;

	*recipient = (struct envelope_recipient){.notify = slice_of("")};
	if (fields_next(rest, '\n', &field) != FIELDS_ONE || field.letter != 'T')
		return false;
	recipient->address = field.value;
	for (;;) {
		struct slice ahead = *rest;

		if (fields_next(&ahead, '\n', &field) != FIELDS_ONE || field.letter == 'T')
			return true;
		if (field.letter == 'N')
			recipient->notify = field.value;
		else if (field.letter == 'O')
			recipient->original = field.value;
		*rest = ahead;
	}
}
