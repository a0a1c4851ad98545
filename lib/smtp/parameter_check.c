/* SPDX-License-Identifier: ISC */
#include "smtp/parameter_check.h"

#include <string.h>

#include "mail/date.h"
#include "mail/encode.h"

#define SIZE_DIGITS_MAX 20   /* RFC 1870, 5 */
#define ENVELOPE_ID_MAX 100  /* RFC 3461, 5.4 */
#define ORIGINAL_MAX 500     /* RFC 3461, 5.4 */
#define SUBMITTER_MAX 500    /* RFC 4954, 3 */
#define SECONDS_DIGITS_MAX 9 /* RFC 2852, 4; RFC 4865, 3 */

bool
parameter_check_size(struct slice value, struct parameters *parameters)
{
	if (value.len == 0 || value.len > SIZE_DIGITS_MAX)
		return false;
	for (size_t i = 0; i < value.len; i++)
		if (!ascii_is_digit(value.data[i]))
			return false;
	if (!slice_number(value, UINT64_MAX, &parameters->size))
		parameters->size =
		    UINT64_MAX; /* twenty digits may pass 64 bits: too much, not wrong */
	return true;
}

bool
parameter_check_body(struct slice value, struct parameters *parameters)
{
	if (slice_is_nocase(value, "7BIT"))
		parameters->body = slice_of("7BIT");
	else if (slice_is_nocase(value, "8BITMIME"))
		parameters->body = slice_of("8BITMIME");
	else if (slice_is_nocase(value, "BINARYMIME") && parameters->offered & EXTENSION_BINARYMIME)
		parameters->body = slice_of("BINARYMIME");
	return parameters->body.len > 0;
}

bool
parameter_check_return_part(struct slice value, struct parameters *parameters)
{
	if (slice_is_nocase(value, "FULL"))
		parameters->return_part = slice_of("FULL");
	else if (slice_is_nocase(value, "HDRS"))
		parameters->return_part = slice_of("HDRS");
	return parameters->return_part.len > 0;
}

/* RFC 3461, 4.2 and 4.4: what the xtext stands for is printable, and so forges no line of a DSN. */
static bool
is_printable_xtext(struct slice value)
{
	if (value.len == 0 || !encode_is_xtext(value))
		return false;
	for (size_t at = 0; at < value.len; at++)
		if (value.data[at] == '+') {
			char high = value.data[at + 1], low = value.data[at + 2];

			if (high < '2' || high > '7' || (high == '7' && low == 'F'))
				return false;
		}
	return true;
}

bool
parameter_check_envelope_id(struct slice value, struct parameters *parameters)
{
	parameters->envelope_id = value;
	return value.len <= ENVELOPE_ID_MAX && is_printable_xtext(value);
}

/* A mailbox, or "<>" (RFC 4954, 5); an internationalized one as RFC 6531, 3.5, wants it. */
bool
parameter_check_submitter(struct slice value, struct parameters *parameters)
{
	parameters->submitter = value;
	return value.len > 0 && value.len <= SUBMITTER_MAX &&
	       (is_printable_xtext(value) || encode_is_unitext(value, false));
}

bool
parameter_check_utf8(struct slice value, struct parameters *parameters)
{
	(void)value;
	parameters->is_utf8 = true;
	return true;
}

bool
parameter_check_requires_tls(struct slice value, struct parameters *parameters)
{
	(void)value;
	parameters->requires_tls = true;
	return true;
}

/* RFC 6710, 7: "0", or a digit from 1 on with a minus or without. */
bool
parameter_check_priority(struct slice value, struct parameters *parameters)
{
	bool low = slice_starts(value, "-");
	struct slice digit = slice_skip(value, low);

	if (digit.len != 1 || digit.data[0] < (low ? '1' : '0') || digit.data[0] > '9')
		return false;
	parameters->priority = low ? '0' - digit.data[0] : digit.data[0] - '0';
	return true;
}

static bool
read_seconds(struct slice digits, int64_t *seconds)
{
	uint64_t number;

	if (digits.len > SECONDS_DIGITS_MAX || !slice_number(digits, 999999999, &number))
		return false;
	*seconds = (int64_t)number;
	return true;
}

/* RFC 2852, 4: what is returned when it is late must have some time left. */
bool
parameter_check_deliver_by(struct slice value, struct parameters *parameters)
{
	static const char *const modes[] = {"R", "N", "RT", "NT", NULL};
	size_t semicolon = slice_find(value, ';');
	struct slice time = slice_make(value.data, semicolon),
		     mode = slice_skip(value, semicolon + 1);
	bool negative = slice_starts(time, "-");
	size_t row = 0;

	if (negative || slice_starts(time, "+"))
		time = slice_skip(time, 1);
	if (!read_seconds(time, &parameters->by_seconds))
		return false;
	if (negative)
		parameters->by_seconds = -parameters->by_seconds;
	while (modes[row] != NULL && !slice_is_nocase(mode, modes[row]))
		row++;
	parameters->by_mode = modes[row];
	return modes[row] != NULL && (modes[row][0] == 'N' || parameters->by_seconds > 0);
}

/* RFC 4865, 3: 1 to 999999999, without zeros in front. */
bool
parameter_check_hold_for(struct slice value, struct parameters *parameters)
{
	parameters->hold = value;
	return parameters->hold_until == 0 && !slice_starts(value, "0") &&
	       read_seconds(value, &parameters->hold_seconds);
}

bool
parameter_check_hold_until(struct slice value, struct parameters *parameters)
{
	parameters->hold = value;
	return parameters->hold_seconds == 0 && date_read_utc(value, &parameters->hold_until);
}

static bool
take_notify_word(struct slice word, struct parameters *parameters)
{
	static const char *const words[] = {"NEVER", "SUCCESS", "FAILURE", "DELAY"};
	char *end = parameters->notify_words + parameters->notify.len;

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
		size_t len = strlen(words[i]), used = parameters->notify.len;

		if (!slice_is_nocase(word, words[i]))
			continue;
		if (used + 1 + len > sizeof parameters->notify_words)
			return false; /* one of them came twice */
		if (used > 0)
			*end++ = ',';
		memcpy(end, words[i], len);
		parameters->notify.len += (used > 0) + len;
		return true;
	}
	return false;
}

/* NEVER alone, or a list of the others (RFC 3461, 4.1). */
bool
parameter_check_notify(struct slice value, struct parameters *parameters)
{
	struct slice rest = value, word;

	parameters->notify = slice_make(parameters->notify_words, 0);
	if (value.len == 0 || value.data[value.len - 1] == ',')
		return false;
	while (slice_take(&rest, ',', &word))
		if (!take_notify_word(word, parameters) ||
		    (slice_is_nocase(word, "NEVER") && word.len != value.len))
			return false;
	return true;
}

/* addr-type ";" xtext (RFC 3461, 4.2), the type an atom; or utf-8 and what RFC 6533, 3, has. */
bool
parameter_check_original(struct slice value, struct parameters *parameters)
{
	size_t semicolon = slice_find(value, ';');
	struct slice type = slice_make(value.data, semicolon),
		     address = slice_skip(value, semicolon + 1);

	parameters->original = value;
	if (semicolon == 0 || address.len == 0 || value.len > ORIGINAL_MAX)
		return false;
	for (size_t i = 0; i < semicolon; i++)
		if (!ascii_is_alpha(value.data[i]) && !ascii_is_digit(value.data[i]) &&
		    value.data[i] != '-')
			return false;
	if (is_printable_xtext(address))
		return true;
	return slice_is_nocase(type, "utf-8") &&
	       encode_is_unitext(address, (parameters->offered & EXTENSION_SMTPUTF8) != 0);
}
