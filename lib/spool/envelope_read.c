/* SPDX-License-Identifier: ISC */
#include "base/fields.h"
#include "mail/date.h"
#include "spool/envelope.h"

bool
envelope_read_hold(struct slice value, struct envelope_hold *hold)
{
	size_t semicolon = slice_find(value, ';');
	uint64_t seconds, interval;
	int64_t time;

	if (!slice_number(slice_make(value.data, semicolon), ENVELOPE_TIME_MAX, &seconds))
		return false;
	*hold = (struct envelope_hold){
	    .until = (int64_t)seconds, .request = slice_skip(value, semicolon + 1)};
	if (semicolon == value.len)
		return true;
	if (slice_starts(hold->request, "for;"))
		return slice_number(slice_skip(hold->request, 4), ENVELOPE_TIME_MAX, &interval);
	return slice_starts(hold->request, "until;") &&
	       date_read_utc(slice_skip(hold->request, 6), &time);
}

bool
envelope_read_deliver_by(struct slice value, struct envelope_deliver_by *by)
{
	size_t semicolon = slice_find(value, ';');
	struct slice mode = slice_skip(value, semicolon + 1);
	uint64_t seconds;

	if (!slice_number(slice_make(value.data, semicolon), ENVELOPE_TIME_MAX, &seconds) ||
	    mode.len == 0 || mode.len > 2 || (mode.data[0] != 'R' && mode.data[0] != 'N') ||
	    (mode.len == 2 && mode.data[1] != 'T'))
		return false;
	*by = (struct envelope_deliver_by){
	    .time = (int64_t)seconds, .returns = mode.data[0] == 'R', .trace = mode.len == 2};
	return true;
}

bool
envelope_read_expires(struct slice value, int64_t *expires)
{
	uint64_t seconds;

	if (!slice_number(value, ENVELOPE_TIME_MAX, &seconds) || seconds == 0)
		return false;
	*expires = (int64_t)seconds;
	return true;
}

bool
envelope_read_priority(struct slice value, int *priority)
{
	bool low = slice_starts(value, "-");

	if (low)
		value = slice_skip(value, 1);
	if (value.len != 1 || !ascii_is_digit(value.data[0]))
		return false;
	*priority = low ? '0' - value.data[0] : value.data[0] - '0';
	return true;
}

/* The file is our own, and its checksum was right: what is malformed counts as not given. */
static void
take_message_field(struct envelope *e, const struct field *field)
{
	switch (field->letter) {
	case 'B':
		e->body = field->value;
		break;
	case 'V':
		e->envelope_id = field->value;
		break;
	case 'R':
		e->return_part = field->value;
		break;
	case 'S':
		e->source = field->value;
		break;
	case 'A':
		e->submitter = field->value;
		break;
	case 'D':
		e->forwarder = field->value;
		break;
	case 'H':
		if (!envelope_read_hold(field->value, &e->hold))
			e->hold = (struct envelope_hold){.until = 0};
		break;
	case 'Y':
		if (envelope_read_deliver_by(field->value, &e->by))
			e->deliver_by = field->value;
		break;
	case 'X':
		(void)envelope_read_expires(field->value, &e->expires);
		break;
	case 'K':
		e->record = field->value;
		break;
	case 'P':
		(void)envelope_read_priority(field->value, &e->priority);
		break;
	case 'U':
		e->is_utf8 = true;
		break;
	case 'Q':
		e->requires_tls = true;
		break;
	default:
		break;
	}
}

static bool
is_message_field(const struct field *field)
{
	static const char letters[] = "BVRSADHYXKPUQ";

	return slice_find(slice_of(letters), field->letter) < sizeof letters - 1;
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
		if (!is_message_field(&field))
			return field.letter == 'T';
		take_message_field(e, &field);
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
