/* SPDX-License-Identifier: ISC */
#include "send_options.h"

#include <string.h>

#include "base/about.h"
#include "net/sasl_client.h"

#define DESCRIPTOR_MAX 1000000

/* The place of WORD in LIST, without regard to case; -1 for none. */
static int
place_in(const char *list, const char *word)
{
	struct slice rest = slice_of(list), one;

	for (int i = 0; slice_word(&rest, &one); i++)
		if (slice_is_nocase(one, word))
			return i;
	return -1;
}

int
send_take_word(const struct option_scan *scan, const char *option, const char *list)
{
	int place = place_in(list, scan->value);

	if (place == -1)
		about_wrong(scan, "%s takes one of: %s; not '%s'", option, list, scan->value);
	return place;
}

const char *
send_take_text(const struct option_scan *scan, const char *option)
{
	if (slice_has_control(slice_of(scan->value)))
		about_wrong(scan, "%s takes no control characters", option);
	return scan->value;
}

uint64_t
send_take_number(const struct option_scan *scan, const char *option, uint64_t most)
{
	uint64_t number = 0;

	if (!slice_number(slice_of(scan->value), most, &number))
		about_wrong(scan, "%s takes a number, 0 to %llu, not '%s'", option,
		    (unsigned long long)most, scan->value);
	return number;
}

static void
add(const struct option_scan *scan, const char **list, size_t *count, size_t most)
{
	if (*count == most)
		about_wrong(scan, "there are too many of one option: %zu at the most", most);
	list[(*count)++] = scan->value;
}

static void
take_message(struct send_settings *o, const struct option_scan *scan, int code)
{
	const char *problem;

	switch (code) {
	case SEND_OPTION_FROM:
		o->from = strcmp(scan->value, "<>") == 0 ? "" : send_take_text(scan, "--from");
		break;
	case SEND_OPTION_TO:
		if (*send_take_text(scan, "--to") == '\0')
			about_wrong(scan, "--to takes an address");
		add(scan, o->to, &o->to_count, SEND_RECIPIENTS_MAX);
		break;
	case SEND_OPTION_HEADER:
		problem = send_field_problem(slice_of(scan->value));
		if (problem != NULL)
			about_wrong(scan, "--header '%s': %s", scan->value, problem);
		add(scan, o->fields, &o->field_count, SEND_FIELDS_MAX);
		break;
	case SEND_OPTION_SUBJECT:
		o->subject = send_take_text(scan, "--subject");
		break;
	case SEND_OPTION_BODY:
		o->body = scan->value;
		break;
	case SEND_OPTION_ATTACH:
		add(scan, o->attachments, &o->attachment_count, SEND_ATTACHMENTS_MAX);
		break;
	case SEND_OPTION_TEMPLATE:
		o->template = scan->value;
		break;
	case SEND_OPTION_RAW:
		o->raw = scan->value;
		break;
	case SEND_OPTION_ENCODING:
		o->encoding = (enum send_encoding)(
		    SEND_7BIT + send_take_word(scan, "--encoding", SEND_ENCODINGS));
		break;
	default:
		o->is_utf8 = true;
	}
}

static void
take_mechanisms(struct send_settings *o, const struct option_scan *scan)
{
	struct slice list = slice_of(scan->value), name;

	while (slice_take(&list, ',', &name)) {
		unsigned bit = sasl_client_bit(name);

		if (bit == 0)
			about_wrong(scan,
			    "--mechanisms takes, with commas between, of: %s; not '%s'",
			    SEND_MECHANISMS, scan->value);
		o->mechanisms |= bit;
	}
}

/* One place is enough: two would leave it open which holds. */
static void
take_secret(struct send_settings *o, const struct option_scan *scan, int code)
{
	if (o->has_secret)
		about_wrong(scan, "a password comes from one place");
	o->has_secret = true;
	if (code == SEND_OPTION_PASSWORD_FD) {
		o->secret.has_descriptor = true;
		o->secret.fd = (int)send_take_number(scan, "--password-fd", DESCRIPTOR_MAX);
	} else if (code == SEND_OPTION_PASSWORD_ENV) {
		o->secret.variable = scan->value;
	} else {
		o->secret.file = scan->value;
	}
}

static void
take_access(struct send_settings *o, const struct option_scan *scan, int code)
{
	switch (code) {
	case SEND_OPTION_LOGIN:
		o->login = send_take_text(scan, "--login");
		break;
	case SEND_OPTION_PASSWORD_FD:
	case SEND_OPTION_PASSWORD_ENV:
	case SEND_OPTION_PASSWORD_FILE:
		take_secret(o, scan, code);
		break;
	case SEND_OPTION_MECHANISMS:
		take_mechanisms(o, scan);
		break;
	case SEND_OPTION_INSECURE:
		o->is_insecure = true;
		break;
	case SEND_OPTION_VERIFY:
		o->must_verify = true;
		break;
	case SEND_OPTION_TLS_NAME:
		o->tls_name = scan->value;
		break;
	case SEND_OPTION_CERT:
		o->certificate = scan->value;
		break;
	default:
		o->key = scan->value;
	}
}

void
send_take(struct probe *p, const struct option_scan *scan, int code)
{
	struct send_settings *o = &p->send;

	if (code <= SEND_OPTION_SMTPUTF8)
		take_message(o, scan, code);
	else if (code <= SEND_OPTION_KEY)
		take_access(o, scan, code);
	else if (code <= SEND_OPTION_REQUIRETLS)
		send_take_envelope(o, scan, code);
	else
		send_take_way(o, scan, code);
}
