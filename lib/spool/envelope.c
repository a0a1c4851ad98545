/* SPDX-License-Identifier: ISC */
#include "spool/envelope.h"

#include <errno.h>

#include "base/fields.h"
#include "mail/address.h"
#include "mail/encode.h"
#include "mail/verp.h"

#define ENVELOPE_ID_MAX 100 /* RFC 3461, 4.4 */
#define ORIGINAL_MAX 500    /* RFC 3461, 4.2 */
#define SUBMITTER_MAX 500   /* RFC 4954, 3 */

struct check {
	const struct envelope_origin *origin;
	size_t recipients, recipients_max;
	unsigned seen; /* bits of rules: fields of the message, or of the recipient at hand */
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
	return value.len == 0 || verp_is(value) ? ENVELOPE_GOOD : check_address(c, value);
}

static enum envelope_result
check_recipient(struct check *c, struct slice value)
{
	if (c->recipients == c->recipients_max) {
		c->reason = "there are too many recipients";
		return ENVELOPE_TOO_MANY;
	}
	c->recipients++;
	c->seen = 0;
	return check_address(c, value);
}

static enum envelope_result
check_body(struct check *c, struct slice value)
{
	if (slice_is(value, "7BIT") || slice_is(value, "8BITMIME") || slice_is(value, "BINARYMIME"))
		return ENVELOPE_GOOD;
	return malformed(c, "the body type is neither 7BIT, 8BITMIME nor BINARYMIME");
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

/* The address type, an atom, a semicolon, and xtext, or what RFC 6533 has in its place. */
static enum envelope_result
check_original(struct check *c, struct slice value)
{
	size_t semicolon = slice_find(value, ';');
	struct slice type = slice_make(value.data, semicolon);
	struct slice address = slice_skip(value, semicolon + 1);

	if (value.len <= ORIGINAL_MAX && semicolon < value.len && encode_is_xtext(type) &&
	    (encode_is_xtext(address) ||
		(slice_is_nocase(type, "utf-8") && encode_is_unitext(address, true))))
		return ENVELOPE_GOOD;
	return malformed(c, "ORCPT is malformed");
}

static enum envelope_result
check_hold(struct check *c, struct slice value)
{
	struct envelope_hold hold;

	if (envelope_read_hold(value, &hold))
		return ENVELOPE_GOOD;
	return malformed(c, "the time to hold until is malformed");
}

static enum envelope_result
check_deliver_by(struct check *c, struct slice value)
{
	struct envelope_deliver_by by;

	return envelope_read_deliver_by(value, &by)
		   ? ENVELOPE_GOOD
		   : malformed(c, "the time to deliver by is malformed");
}

static enum envelope_result
check_priority(struct check *c, struct slice value)
{
	int priority;

	return envelope_read_priority(value, &priority) ? ENVELOPE_GOOD
							: malformed(c, "the priority is malformed");
}

static enum envelope_result
check_expires(struct check *c, struct slice value)
{
	int64_t expires;

	return envelope_read_expires(value, &expires)
		   ? ENVELOPE_GOOD
		   : malformed(c, "the time at which it expires is malformed");
}

static enum envelope_result
check_key(struct check *c, struct slice value)
{
	if (value.len == 0)
		return malformed(c, "the key is empty");
	return value.len <= ENVELOPE_KEY_MAX ? ENVELOPE_GOOD
					     : malformed(c, "the key is longer than 1000 octets");
}

static enum envelope_result
check_flag(struct check *c, struct slice value)
{
	return slice_is(value, "1") ? ENVELOPE_GOOD : malformed(c, "a flag is not 1");
}

static enum envelope_result
check_submitter(struct check *c, struct slice value)
{
	if (value.len > 0 && value.len <= SUBMITTER_MAX &&
	    (encode_is_xtext(value) || encode_is_unitext(value, true)))
		return ENVELOPE_GOOD;
	return malformed(c, "AUTH is no xtext, or too long");
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
    {'H', OF_MESSAGE, check_hold},
    {'Y', OF_MESSAGE, check_deliver_by},
    {'X', OF_MESSAGE, check_expires},
    {'K', OF_MESSAGE, check_key},
    {'P', OF_MESSAGE, check_priority},
    {'U', OF_MESSAGE, check_flag},
    {'Q', OF_MESSAGE, check_flag},
    {'A', OF_MESSAGE, check_submitter},
    {'D', OF_MESSAGE, check_address},
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
	enum envelope_result result;
	size_t row = 0;

	while (row < sizeof rules / sizeof rules[0] && rules[row].letter != field->letter)
		row++;
	if (row == sizeof rules / sizeof rules[0])
		return malformed(c, "there is an unknown field");
	result = check_place(c, rules[row].place);
	if (result != ENVELOPE_GOOD)
		return result;
	if (rules[row].place != RECIPIENT && c->seen & 1U << row)
		return malformed(c, "a field stands twice");
	c->seen |= 1U << row;
	return rules[row].check(c, field->value);
}

/* A key may tell of what is no concern of others; the name of its record does not. */
static struct slice
value_to_keep(const struct check *c, const struct field *field)
{
	return field->letter == 'K' ? c->origin->record : field->value;
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
		if (fields_add(out, field.letter, value_to_keep(c, &field), '\n') == -1 ||
		    (field.letter == 'F' && fields_add(out, 'S', c->origin->source, '\n') == -1)) {
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
envelope_convert(struct slice fields, const struct envelope_origin *origin, size_t recipients_max,
    struct str *out, size_t *recipients, const char **reason)
{
	struct check check = {.origin = origin, .recipients_max = recipients_max};
	size_t before = out->len;
	enum envelope_result result = convert(&check, fields, out);

	if (result != ENVELOPE_GOOD)
		str_truncate(out, before);
	*recipients = check.recipients;
	*reason = check.reason;
	return result;
}

struct slice
envelope_find_key(struct slice fields)
{
	struct field field;

	while (fields_next(&fields, '\0', &field) == FIELDS_ONE && field.letter != 'T')
		if (field.letter == 'K')
			return field.value;
	return slice_of("");
}
