/* SPDX-License-Identifier: ISC */
#include "smtp/parameter.h"

#include "base/fields.h"
#include "smtp/parameter_check.h"

enum shape { WITH_VALUE, ALONE };

struct parameter {
	const char *keyword;
	unsigned extension;
	enum shape shape;
	parameter_check *check;
};

static const struct parameter mail_table[] = {
    {"SIZE", EXTENSION_SIZE, WITH_VALUE, parameter_check_size},
    {"BODY", EXTENSION_8BITMIME, WITH_VALUE, parameter_check_body},
    {"SMTPUTF8", EXTENSION_SMTPUTF8, ALONE, parameter_check_utf8},
    {"RET", EXTENSION_DSN, WITH_VALUE, parameter_check_return_part},
    {"ENVID", EXTENSION_DSN, WITH_VALUE, parameter_check_envelope_id},
    {"AUTH", EXTENSION_AUTH, WITH_VALUE, parameter_check_submitter},
    {"REQUIRETLS", EXTENSION_REQUIRETLS, ALONE, parameter_check_requires_tls},
    {"BY", EXTENSION_DELIVERBY, WITH_VALUE, parameter_check_deliver_by},
    {"HOLDFOR", EXTENSION_FUTURERELEASE, WITH_VALUE, parameter_check_hold_for},
    {"HOLDUNTIL", EXTENSION_FUTURERELEASE, WITH_VALUE, parameter_check_hold_until},
    {"MT-PRIORITY", EXTENSION_MT_PRIORITY, WITH_VALUE, parameter_check_priority},
    {NULL, 0, ALONE, NULL},
};

static const struct parameter rcpt_table[] = {
    {"NOTIFY", EXTENSION_DSN, WITH_VALUE, parameter_check_notify},
    {"ORCPT", EXTENSION_DSN, WITH_VALUE, parameter_check_original},
    {NULL, 0, ALONE, NULL},
};

/*
 * esmtp-value: printable ASCII but "=", and with SMTPUTF8 what is not ASCII (RFC 6531, 3.3). An
 * empty one is left to the check.
 */
static bool
is_esmtp_value(struct slice value, unsigned offered)
{
	for (size_t i = 0; i < value.len; i++) {
		unsigned char c = (unsigned char)value.data[i];

		if (c <= 0x20 || c == 0x7f || c == '=' ||
		    (c >= 0x80 && !(offered & EXTENSION_SMTPUTF8)))
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

	*parameters = (struct parameters){.offered = offered};
	while (slice_word(&text, &word)) {
		size_t equals = slice_find(word, '=');
		struct slice keyword = slice_make(word.data, equals);
		struct slice value = slice_skip(word, equals + 1);
		unsigned row = 0;

		while (table[row].keyword != NULL && !slice_is_nocase(keyword, table[row].keyword))
			row++;
		if (table[row].keyword == NULL || !(table[row].extension & offered))
			return COMMAND_UNKNOWN_PARAMETER;
		if (seen & 1U << row || (equals < word.len) != (table[row].shape == WITH_VALUE) ||
		    !is_esmtp_value(value, offered) || !table[row].check(value, parameters))
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

static int
add_deliver_by(const struct parameters *parameters, int64_t now, struct str *envelope)
{
	int64_t time = now + parameters->by_seconds;

	if (parameters->by_mode == NULL)
		return 0;
	return str_format(
	    envelope, "Y%lld;%s%c", (long long)(time < 0 ? 0 : time), parameters->by_mode, '\0');
}

/* The moment, and what was said, as reports repeat it (RFC 4865, 5.1.2). */
static int
add_hold(const struct parameters *parameters, int64_t now, struct str *envelope)
{
	bool is_interval = parameters->hold_seconds > 0;
	int64_t until = is_interval ? now + parameters->hold_seconds : parameters->hold_until;

	if (until == 0)
		return 0;
	return str_format(envelope, "H%lld;%s;%.*s%c", (long long)until,
	    is_interval ? "for" : "until", (int)parameters->hold.len, parameters->hold.data, '\0');
}

/* What a message seldom asks for. */
static int
add_times(const struct parameters *parameters, int64_t now, struct str *envelope)
{
	if (add_hold(parameters, now, envelope) == -1)
		return -1;
	if (parameters->priority != 0 &&
	    fields_add_number(envelope, 'P', parameters->priority, '\0') == -1)
		return -1;
	return add_deliver_by(parameters, now, envelope);
}

int
parameter_add_mail_fields(const struct parameters *parameters, int64_t now, struct str *envelope)
{
	if (add_given(envelope, 'B', parameters->body) == -1 ||
	    add_given(envelope, 'V', parameters->envelope_id) == -1 ||
	    add_given(envelope, 'R', parameters->return_part) == -1 ||
	    add_given(envelope, 'A', parameters->submitter) == -1 ||
	    add_given(envelope, 'U', slice_of(parameters->is_utf8 ? "1" : "")) == -1 ||
	    add_given(envelope, 'Q', slice_of(parameters->requires_tls ? "1" : "")) == -1)
		return -1;
	return add_times(parameters, now, envelope);
}

int
parameter_add_rcpt_fields(const struct parameters *parameters, struct str *envelope)
{
	if (add_given(envelope, 'N', parameters->notify) == -1)
		return -1;
	return add_given(envelope, 'O', parameters->original);
}
