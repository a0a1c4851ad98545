/* SPDX-License-Identifier: ISC */
#include "smtp/parameter.h"

#include <string.h>

#include "base/fields.h"
#include "mail/encode.h"

#define SIZE_DIGITS_MAX 20  /* RFC 1870, 5 */
#define ENVELOPE_ID_MAX 100 /* RFC 3461, 5.4 */
#define ORIGINAL_MAX 500    /* RFC 3461, 5.4 */

static bool
check_size(struct slice value, struct parameters *parameters)
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

static bool
check_body(struct slice value, struct parameters *parameters)
{
	if (slice_is_nocase(value, "7BIT"))
		parameters->body = slice_of("7BIT");
	else if (slice_is_nocase(value, "8BITMIME"))
		parameters->body = slice_of("8BITMIME");
	return parameters->body.len > 0;
}

static bool
check_return_part(struct slice value, struct parameters *parameters)
{
	if (slice_is_nocase(value, "FULL"))
		parameters->return_part = slice_of("FULL");
	else if (slice_is_nocase(value, "HDRS"))
		parameters->return_part = slice_of("HDRS");
	return parameters->return_part.len > 0;
}

static bool
check_envelope_id(struct slice value, struct parameters *parameters)
{
	parameters->envelope_id = value;
	return value.len > 0 && value.len <= ENVELOPE_ID_MAX && encode_is_xtext(value);
}

/* An address in xtext, or <> for nobody in particular (RFC 4954, 5). */
static bool
check_submitter(struct slice value, struct parameters *parameters)
{
	parameters->submitter = value;
	return value.len > 0 && value.len <= ORIGINAL_MAX &&
	       (slice_is(value, "<>") || encode_is_xtext(value));
}

/* NEVER alone, or a list of the others (RFC 3461, 4.1). */
static bool
check_notify(struct slice value, struct parameters *parameters)
{
	struct slice rest = value, word;

	parameters->notify = value;
	if (slice_is_nocase(value, "NEVER"))
		return true;
	if (value.len == 0 || value.data[value.len - 1] == ',')
		return false;
	while (slice_take(&rest, ',', &word))
		if (!slice_is_nocase(word, "SUCCESS") && !slice_is_nocase(word, "FAILURE") &&
		    !slice_is_nocase(word, "DELAY"))
			return false;
	return true;
}

/* addr-type ";" xtext (RFC 3461, 4.2); the type is an atom. */
static bool
check_original(struct slice value, struct parameters *parameters)
{
	size_t semicolon = slice_find(value, ';');

	parameters->original = value;
	if (semicolon == 0 || semicolon + 1 >= value.len || value.len > ORIGINAL_MAX)
		return false;
	for (size_t i = 0; i < semicolon; i++)
		if (!ascii_is_alpha(value.data[i]) && !ascii_is_digit(value.data[i]) &&
		    value.data[i] != '-')
			return false;
	return encode_is_xtext(slice_skip(value, semicolon + 1));
}

struct parameter {
	const char *keyword;
	unsigned extension;
	bool (*check)(struct slice value, struct parameters *parameters);
};

static const struct parameter mail_table[] = {
    {"SIZE", EXTENSION_SIZE, check_size},
    {"BODY", EXTENSION_8BITMIME, check_body},
    {"RET", EXTENSION_DSN, check_return_part},
    {"ENVID", EXTENSION_DSN, check_envelope_id},
    {"AUTH", EXTENSION_AUTH, check_submitter},
    {NULL, 0, NULL},
};

static const struct parameter rcpt_table[] = {
    {"NOTIFY", EXTENSION_DSN, check_notify},
    {"ORCPT", EXTENSION_DSN, check_original},
    {NULL, 0, NULL},
};

/* esmtp-value: printable ASCII but "=". An empty one is left to the check. */
static bool
is_esmtp_value(struct slice value)
{
	for (size_t i = 0; i < value.len; i++) {
		unsigned char c = (unsigned char)value.data[i];

		if (c <= 0x20 || c >= 0x7f || c == '=')
			return false;
	}
	return true;
}

static enum command_result
parse(struct slice text, const struct parameter *table, unsigned offered,
    struct parameters *parameters)
{
	struct slice word;
	unsigned seen = 0;

	*parameters = (struct parameters){0};
	while (slice_word(&text, &word)) {
		size_t equals = slice_find(word, '=');
		struct slice keyword = slice_make(word.data, equals);
		struct slice value = slice_skip(word, equals + 1);
		unsigned row = 0;

		while (table[row].keyword != NULL && !slice_is_nocase(keyword, table[row].keyword))
			row++;
		if (table[row].keyword == NULL || !(table[row].extension & offered))
			return COMMAND_UNKNOWN_PARAMETER;
		if (seen & 1U << row || !is_esmtp_value(value) ||
		    !table[row].check(value, parameters))
			return COMMAND_SYNTAX;
		seen |= 1U << row;
	}
	return COMMAND_OK;
}

enum command_result
parameter_parse_mail(struct slice text, unsigned offered, struct parameters *parameters)
{
	return parse(text, mail_table, offered, parameters);
}

enum command_result
parameter_parse_rcpt(struct slice text, unsigned offered, struct parameters *parameters)
{
	return parse(text, rcpt_table, offered, parameters);
}

static int
add_given(struct str *envelope, char letter, struct slice value)
{
	return value.len == 0 ? 0 : fields_add(envelope, letter, value, '\0');
}

int
parameter_add_mail_fields(const struct parameters *parameters, struct str *envelope)
{
	if (add_given(envelope, 'B', parameters->body) == -1 ||
	    add_given(envelope, 'V', parameters->envelope_id) == -1)
		return -1;
	if (add_given(envelope, 'A', parameters->submitter) == -1)
		return -1;
	return add_given(envelope, 'R', parameters->return_part);
}

int
parameter_add_rcpt_fields(const struct parameters *parameters, struct str *envelope)
{
	if (add_given(envelope, 'N', parameters->notify) == -1)
		return -1;
	return add_given(envelope, 'O', parameters->original);
}
