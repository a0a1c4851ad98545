/* SPDX-License-Identifier: ISC */
/* MAIL and RCPT with their parameters, and what a server must offer for them. */
#include <string.h>

#include "mail/encode.h"
#include "send_parts.h"

static bool
offers(const struct sending *s, enum client_extension extension)
{
	return s->settings->is_forced || (s->link.client.extensions & extension) != 0;
}

static bool
wants_utf8(const struct sending *s)
{
	const struct send_settings *o = s->settings;
	bool is_utf8 = o->is_utf8 || s->needs.is_utf8 || !slice_is_ascii(str_slice(&s->from));

	for (size_t i = 0; i < o->to_count && !is_utf8; i++)
		is_utf8 = !slice_is_ascii(slice_of(o->to[i]));
	return is_utf8;
}

/* BODY (RFC 6152, RFC 3030); null for none. */
static const char *
body_of(const struct sending *s)
{
	if (s->settings->declared != NULL)
		return s->settings->declared;
	if (s->needs.is_binary)
		return "BINARYMIME";
	return s->needs.has_8bit ? "8BITMIME" : NULL;
}

static bool
has_body(const struct sending *s, const char *body)
{
	return body_of(s) != NULL && strcasecmp(body_of(s), body) == 0;
}

/* One extension and what becomes of a message for a server that does not offer it. */
struct want {
	const char *name;
	enum client_extension extension;
	bool is_wanted, is_needed;
	const char *source, *why;
};

/* False if the message cannot go without. */
static bool
check(struct sending *s, const struct want *want)
{
	struct result *res;

	if (!want->is_wanted || offers(s, want->extension))
		return true;
	res = send_add_no(s, "offered", want->is_needed ? PROBLEM : WARNING);
	result_about(res, "%s", want->name);
	result_text(res, "It does not offer %s%s: %s.", want->name,
	    want->is_needed ? ", and the message cannot go without" : "", want->why);
	result_source(res, want->source);
	return !want->is_needed;
}

bool
send_is_possible(struct sending *s)
{
	const struct send_settings *o = s->settings;
	bool is_binary = has_body(s, "binarymime");
	const struct want wants[] = {
	    {"CHUNKING", CLIENT_CHUNKING, o->uses_bdat, true, "RFC 3030, 2", "--bdat wants it"},
	    {"BINARYMIME", CLIENT_BINARYMIME, is_binary, true, "RFC 3030, 3",
		"--declare says so, or its octets are no lines of text"},
	    {"8BITMIME", CLIENT_8BITMIME, has_body(s, "8bitmime"), true, "RFC 6152, 3",
		"it has octets above 127"},
	    {"SMTPUTF8", CLIENT_SMTPUTF8, wants_utf8(s), true, "RFC 6531, 3.2",
		"an address or its header is UTF-8"},
	    {"REQUIRETLS", CLIENT_REQUIRETLS, o->requires_tls, true, "RFC 8689, 4.2",
		"--requiretls"},
	    {"DSN", CLIENT_DSN,
		o->notify != NULL || o->return_part != NULL || o->envelope_id != NULL ||
		    o->original != NULL,
		false, "RFC 3461, 5.2.3", "what was asked for of notifications is left out"},
	    {"DELIVERBY", CLIENT_DELIVERBY, o->by != NULL, false, "RFC 2852, 4",
		"--by is left out"},
	    {"MT-PRIORITY", CLIENT_PRIORITY, o->priority != NULL, false, "RFC 6710, 4",
		"--priority is left out"},
	};

	for (size_t i = 0; i < sizeof wants / sizeof wants[0]; i++)
		if (!check(s, &wants[i]))
			return false;
	return true;
}

static void
put(struct str *out, const char *name, const char *value)
{
	if (str_format(
		out, " %s%s%s", name, value == NULL ? "" : "=", value == NULL ? "" : value) == -1)
		probe_no_memory();
}

static void
put_notifications(const struct sending *s, struct str *out)
{
	const struct send_settings *o = s->settings;

	if (!offers(s, CLIENT_DSN))
		return;
	if (o->return_part != NULL)
		put(out, "RET", o->return_part);
	if (o->envelope_id == NULL)
		return;
	put(out, "ENVID=", NULL);
	if (encode_xtext(out, slice_of(o->envelope_id)) == -1)
		probe_no_memory();
}

void
send_put_mail(const struct sending *s, struct str *out)
{
	const struct send_settings *o = s->settings;
	uint64_t size = o->has_size ? o->size : s->message.len;

	if (str_format(out, "MAIL FROM:<%s>", s->from.data) == -1 ||
	    ((offers(s, CLIENT_SIZE) || o->has_size) &&
		str_format(out, " SIZE=%llu", (unsigned long long)size) == -1))
		probe_no_memory();
	if (body_of(s) != NULL)
		put(out, "BODY", body_of(s));
	if (wants_utf8(s))
		put(out, "SMTPUTF8", NULL);
	put_notifications(s, out);
	if (o->by != NULL && offers(s, CLIENT_DELIVERBY))
		put(out, "BY", o->by);
	if (o->priority != NULL && offers(s, CLIENT_PRIORITY))
		put(out, "MT-PRIORITY", o->priority);
	if (o->requires_tls)
		put(out, "REQUIRETLS", NULL);
	if (str_add_text(out, "\r\n") == -1)
		probe_no_memory();
}

/* RFC 3461, 4.2; RFC 6533, 3 for addresses that are not ASCII. */
static void
put_original(const struct sending *s, struct str *out)
{
	struct slice text = slice_of(s->settings->original), type;
	bool is_ascii = slice_is_ascii(text);

	type = slice_of(is_ascii ? "rfc822" : "utf-8");
	if (slice_find(text, ';') < text.len)
		(void)slice_take(&text, ';', &type);
	if (str_format(out, " ORCPT=%.*s;", (int)type.len, type.data) == -1 ||
	    (is_ascii ? encode_xtext(out, text) : encode_unitext(out, text, true)) == -1)
		probe_no_memory();
}

void
send_put_rcpt(const struct sending *s, size_t recipient, struct str *out)
{
	const struct send_settings *o = s->settings;

	if (str_format(out, "RCPT TO:<%s>", o->to[recipient]) == -1)
		probe_no_memory();
	if (o->notify != NULL && offers(s, CLIENT_DSN))
		put(out, "NOTIFY", o->notify);
	if (o->original != NULL && offers(s, CLIENT_DSN))
		put_original(s, out);
	if (str_add_text(out, "\r\n") == -1)
		probe_no_memory();
}
