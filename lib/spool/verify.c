/* SPDX-License-Identifier: ISC */
#include "spool/verify.h"

#include <string.h>

#include "base/crc32c.h"
#include "base/fields.h"
#include "spool/envelope.h"

/* Where each part of the header stands, and what is wrong where it is not of that kind. */
enum kind { WORD, ID, DIGITS, HEXADECIMAL, BLANK };

static const struct column {
	size_t offset, len;
	enum kind kind;
	const char *problem;
} columns[] = {
    {0, 9, WORD, "the header does not begin with \"satchel1 \""},
    {9, 20, ID, "the id in the header is none"},
    {30, 10, DIGITS, "the length of the envelope in the header is no number"},
    {41, 7, DIGITS, "the number of recipients in the header is none"},
    {49, 15, DIGITS, "the length of the message in the header is no number"},
    {65, 8, HEXADECIMAL, "the checksum of the envelope in the header is none"},
    {74, 8, HEXADECIMAL, "the checksum of the message in the header is none"},
    {83, 8, HEXADECIMAL, "the checksum of the header is none"},
    {29, 1, BLANK, "there is no space behind the id in the header"},
    {40, 1, BLANK, "there is no space behind the length of the envelope in the header"},
    {48, 1, BLANK, "there is no space behind the number of recipients in the header"},
    {64, 1, BLANK, "there is no space behind the length of the message in the header"},
    {73, 1, BLANK, "there is no space behind the checksum of the envelope in the header"},
    {82, 1, BLANK, "there is no space behind the checksum of the message in the header"},
    {91, 4, BLANK, "the header is not padded with spaces"},
};

static bool
is_of_kind(const struct column *c, const char *bytes)
{
	struct slice text = slice_make(bytes + c->offset, c->len);
	size_t i = 0;

	if (c->kind == WORD)
		return slice_is(text, "satchel1 ");
	if (c->kind == ID)
		return id_is_valid(text);
	for (; i < text.len; i++) {
		char octet = text.data[i];
		bool is_good = c->kind == BLANK ? octet == ' ' : ascii_is_digit(octet);

		if (!is_good && !(c->kind == HEXADECIMAL && octet >= 'a' && octet <= 'f'))
			return false;
	}
	return true;
}

const char *
verify_header_problem(const char bytes[MESSAGE_HEADER_SIZE])
{
	for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++)
		if (!is_of_kind(&columns[i], bytes))
			return columns[i].problem;
	if (bytes[MESSAGE_HEADER_SIZE - 1] != '\n')
		return "the header does not end with a line feed";
	return "the checksum of the header does not fit, or a number in it is too large";
}

static bool
are_digits(const char *bytes, size_t first, size_t end)
{
	while (first < end && ascii_is_digit(bytes[first]))
		first++;
	return first == end;
}

bool
verify_is_state(const char bytes[MESSAGE_STATE_SIZE])
{
	return memchr(".DSRXFB", bytes[0], 7) != NULL && (bytes[1] == 'd' || bytes[1] == '-') &&
	       (bytes[2] == 'r' || bytes[2] == ' ') && are_digits(bytes, 3, 7) && bytes[7] == ' ' &&
	       are_digits(bytes, 8, 20) && bytes[20] == ' ' &&
	       !slice_has_control(slice_make(bytes + 21, MESSAGE_REPLY_MAX)) &&
	       bytes[MESSAGE_STATE_SIZE - 1] == '\n';
}

/* DAY/UID-SUM (spool(5), KEYS): it becomes part of a path. */
static bool
is_key_record(struct slice value)
{
	struct slice day, uid;
	uint64_t number;

	if (!slice_take(&value, '/', &day) || !slice_take(&value, '-', &uid) ||
	    !slice_number(day, INT64_MAX, &number) || !slice_number(uid, UINT32_MAX, &number) ||
	    value.len != 64)
		return false;
	for (size_t i = 0; i < value.len; i++)
		if (!ascii_is_digit(value.data[i]) && (value.data[i] < 'a' || value.data[i] > 'f'))
			return false;
	return true;
}

/* The fields as submitters write them: each ends with NUL, and none says where it came from. */
static const char *
undo(struct slice text, struct str *fields)
{
	struct field field;
	enum fields_result result;
	bool has_source = false;

	while ((result = fields_next(&text, '\n', &field)) == FIELDS_ONE) {
		if (field.letter == 'S') {
			if (has_source)
				return "the envelope has two fields S";
			has_source = true;
		} else if (field.letter == 'K' && !is_key_record(field.value)) {
			return "the field K is no record of a key";
		} else if (fields_add(fields, field.letter, field.value, '\0') == -1)
			return "there is no memory for the envelope";
	}
	if (result == FIELDS_BAD)
		return "the envelope has a malformed line";
	return has_source ? NULL : "the envelope has no field S";
}

const char *
verify_envelope_problem(struct slice text, size_t recipients)
{
	static const struct envelope_origin origin = {{"verify", 6}, {"record", 6}};
	struct str fields, again;
	const char *problem;
	size_t count;

	str_init(&fields, MESSAGE_ENVELOPE_MAX);
	str_init(&again, MESSAGE_ENVELOPE_MAX);
	problem = undo(text, &fields);
	if (problem == NULL && envelope_convert(str_slice(&fields), &origin, MESSAGE_RECIPIENTS_MAX,
				   &again, &count, &problem) == ENVELOPE_GOOD) {
		problem = NULL;
		if (count != recipients)
			problem = "the envelope has another number of recipients than the header";
	}
	str_free(&fields);
	str_free(&again);
	return problem;
}

void
verify_init(struct verify *v)
{
	*v = (struct verify){.part = VERIFY_HEADER};
	str_init(&v->envelope, MESSAGE_ENVELOPE_MAX);
}

void
verify_free(struct verify *v)
{
	str_free(&v->envelope);
}

static void
fail(struct verify *v, const char *problem)
{
	if (v->problem == NULL)
		v->problem = problem;
}

/* Gathers WANTED octets in piece. True once they are there. */
static bool
gather(struct verify *v, struct slice *rest, size_t wanted)
{
	size_t len = wanted - v->have < rest->len ? wanted - v->have : rest->len;

	memcpy(v->piece + v->have, rest->data, len);
	v->have += len;
	*rest = slice_skip(*rest, len);
	if (v->have < wanted)
		return false;
	v->have = 0;
	return true;
}

static void
take_header(struct verify *v, struct slice *rest)
{
	if (!gather(v, rest, MESSAGE_HEADER_SIZE))
		return;
	switch (message_header_decode(&v->header, v->piece)) {
	case MESSAGE_GOOD:
		v->part = VERIFY_ENVELOPE;
		v->left = v->header.length;
		break;
	case MESSAGE_INCOMPLETE:
		v->is_empty = true;
		break;
	case MESSAGE_CORRUPT:
		fail(v, verify_header_problem(v->piece));
		break;
	}
}

static void
take_envelope(struct verify *v, struct slice *rest)
{
	size_t wanted = v->header.envelope_length - v->envelope.len;
	size_t len = wanted < rest->len ? wanted : rest->len;
	struct envelope e;

	if (str_add(&v->envelope, rest->data, len) == -1) {
		fail(v, "there is no memory for the envelope");
		return;
	}
	*rest = slice_skip(*rest, len);
	if (len < wanted)
		return;
	v->part = VERIFY_STATES;
	if (crc32c(0, v->envelope.data, v->envelope.len) != v->header.envelope_sum)
		fail(v, "the checksum of the envelope does not fit");
	else
		fail(v, verify_envelope_problem(str_slice(&v->envelope), v->header.recipients));
	if (v->problem == NULL && envelope_parse(str_slice(&v->envelope), &e))
		v->is_binary = slice_is(e.body, "BINARYMIME");
}

static void
take_state(struct verify *v, struct slice *rest)
{
	struct recipient_state state;

	if (!gather(v, rest, MESSAGE_STATE_SIZE))
		return;
	if (!verify_is_state(v->piece) && v->bad_states++ == 0)
		v->first_bad = v->states;
	message_state_decode(&state, v->piece);
	v->waiting += state.status == RECIPIENT_WAITING;
	v->untold += state.status != RECIPIENT_WAITING && state.status != RECIPIENT_DELIVERED &&
		     state.status != RECIPIENT_BOUNCED;
	if (++v->states == v->header.recipients)
		v->part = VERIFY_LINE;
}

static void
take_line(struct verify *v, struct slice *rest)
{
	if (rest->data[0] != '\n')
		fail(v, "there is no empty line before the message");
	*rest = slice_skip(*rest, 1);
	v->part = v->left > 0 ? VERIFY_MESSAGE : VERIFY_BEHIND;
}

/* CR and LF come together, but for the body of BINARYMIME. */
static void
check_octet(struct verify *v, char octet)
{
	if ((octet == '\n') != (v->last == '\r'))
		fail(v,
		    v->last == '\r' ? "the message has a CR alone" : "the message has an LF alone");
	if (octet == '\n') {
		v->is_past_lines = v->is_binary && v->line == 1;
		v->line = 0;
	} else
		v->line++;
	v->last = octet;
}

static void
take_message(struct verify *v, struct slice *rest)
{
	size_t len = v->left < rest->len ? (size_t)v->left : rest->len;

	v->sum = crc32c(v->sum, rest->data, len);
	v->left -= len;
	for (size_t i = 0; i < len && !v->is_past_lines; i++)
		check_octet(v, rest->data[i]);
	*rest = slice_skip(*rest, len);
	if (v->left > 0)
		return;
	v->part = VERIFY_BEHIND;
	/* what a disk or a power cut did shows here; a line end alone is worth less to know */
	if (v->sum != v->header.sum)
		v->problem = "the checksum of the message does not fit";
	else if (!v->is_past_lines && v->line > 0)
		fail(v, "the message ends within a line");
}

bool
verify_feed(struct verify *v, struct slice *rest)
{
	static void (*const take[])(struct verify *, struct slice *) = {
	    [VERIFY_HEADER] = take_header,
	    [VERIFY_ENVELOPE] = take_envelope,
	    [VERIFY_STATES] = take_state,
	    [VERIFY_LINE] = take_line,
	    [VERIFY_MESSAGE] = take_message};

	while (rest->len > 0 && v->part != VERIFY_BEHIND && !v->is_empty &&
	       (v->problem == NULL || v->part == VERIFY_MESSAGE))
		take[v->part](v, rest);
	return v->problem == NULL && !v->is_empty;
}

bool
verify_end(struct verify *v)
{
	static const char *const problems[] = {[VERIFY_HEADER] = "the file ends within the header",
	    [VERIFY_ENVELOPE] = "the file ends within the envelope",
	    [VERIFY_STATES] = "the file ends within the states",
	    [VERIFY_LINE] = "the file ends behind the states",
	    [VERIFY_MESSAGE] = "the file ends within the message"};

	if (v->part != VERIFY_BEHIND && !v->is_empty)
		fail(v, problems[v->part]);
	return v->problem == NULL && !v->is_empty;
}
