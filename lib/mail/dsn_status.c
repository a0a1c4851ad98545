/* SPDX-License-Identifier: ISC */
/*
 * The part of a report that programs read (RFC 3464, 2), in its international form where the
 * message was one of RFC 6531: then the sender's side reads UTF-8 (RFC 6533, 4.1).
 */
#include "base/utf8.h"
#include "mail/dsn_parts.h"
#include "mail/encode.h"

/* What is not ASCII has no place among the fields of the older form (RFC 3464, 2.1). */
static int
add_ascii(struct str *out, struct slice text)
{
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.data[i];

		if ((c < 0x80 ? str_add_char(out, (char)c) : str_format(out, "\\x%02x", c)) == -1)
			return -1;
	}
	return 0;
}

static int
add_text(const struct dsn *d, struct str *out, struct slice text)
{
	return d->is_international && utf8_is_text(text) ? str_add_slice(out, text)
							 : add_ascii(out, text);
}

static int
add_field(const struct dsn *d, struct str *out, const char *name, struct slice value)
{
	if (str_add_text(out, name) == -1 || add_text(d, out, value) == -1)
		return -1;
	return str_add_text(out, "\r\n");
}

/* As add_field, with VALUE taken out of its xtext (RFC 3461, 6.3). */
static int
add_decoded_field(const struct dsn *d, struct str *out, const char *name, struct slice value)
{
	struct str text;
	int result;

	str_init(&text, value.len);
	result = encode_undo_xtext(&text, value);
	if (result == 0)
		result = add_field(d, out, name, str_slice(&text));
	str_free(&text);
	return result;
}

/*
 * RFC 6533, 3: TEXT is in unitext, or PLAIN, an address as it is. In the older form it stays, or
 * becomes, unitext of 7 bits.
 */
static int
add_unitext_field(
    const struct dsn *d, struct str *out, const char *name, struct slice value, bool plain)
{
	struct str text;
	int result;

	str_init(&text, 10 * value.len);
	if (!d->is_international)
		result = encode_unitext(&text, value, plain);
	else if (plain)
		result = str_add_slice(&text, value);
	else
		result = encode_undo_unitext(&text, value);
	if (result == 0)
		result = add_field(d, out, name, str_slice(&text));
	str_free(&text);
	return result;
}

static int
add_original_recipient(const struct dsn *d, struct str *out, struct slice original)
{
	static const char name[] = "Original-Recipient: ";

	if (original.len == 0)
		return 0;
	if (slice_starts_nocase(original, "utf-8;"))
		return add_unitext_field(d, out, name, original, false);
	return add_decoded_field(d, out, name, original);
}

static int
add_final_recipient(const struct dsn *d, struct str *out, struct slice address)
{
	if (slice_is_ascii(address))
		return add_field(d, out, "Final-Recipient: rfc822; ", address);
	return add_unitext_field(d, out, "Final-Recipient: utf-8; ", address, true);
}

/* A reply of SMTP begins with its code; all else are words of ours (RFC 3464, 2.3.6). */
static bool
is_smtp_reply(struct slice reply)
{
	for (size_t i = 0; i < 3; i++)
		if (i >= reply.len || !ascii_is_digit(reply.data[i]))
			return false;
	return reply.len == 3 || reply.data[3] == ' ' || reply.data[3] == '-';
}

static int
add_diagnostic(const struct dsn *d, const struct dsn_recipient *r, struct str *out)
{
	const char *type = is_smtp_reply(r->reply) ? "smtp" : "x-satchel";
	struct str reply;
	int result;

	str_init(&reply, 4 * r->reply.len);
	result = str_format(out, "Diagnostic-Code: %s;\r\n", type);
	if (result == 0)
		result = add_text(d, &reply, r->reply);
	if (result == 0)
		result = dsn_add_folded(out, str_slice(&reply), "\t");
	str_free(&reply);
	return result;
}

static int
add_status_of_recipient(const struct dsn *d, const struct dsn_recipient *r, struct str *out)
{
	struct slice host = slice_make(r->relay.data, slice_find(r->relay, '['));

	if (str_add_text(out, "\r\n") == -1 || add_original_recipient(d, out, r->original) == -1 ||
	    add_final_recipient(d, out, r->address) == -1 ||
	    str_format(out, "Action: %s\r\n", dsn_words_of(d->kind)->action) == -1 ||
	    add_field(d, out, "Status: ", r->code) == -1)
		return -1;
	if (dsn_is_host(r->relay) && add_field(d, out, "Remote-MTA: dns; ", host) == -1)
		return -1;
	/* RFC 3464, 2.3.6: for what went wrong */
	if ((d->kind == DSN_FAILED || d->kind == DSN_DELAYED) && slice_trim(r->reply).len > 0 &&
	    add_diagnostic(d, r, out) == -1)
		return -1;
	if (r->last_attempt != 0 &&
	    dsn_add_date_field(out, "Last-Attempt-Date", r->last_attempt) == -1)
		return -1;
	if (d->kind == DSN_DELAYED)
		return dsn_add_date_field(out, "Will-Retry-Until", d->retry_until);
	return 0;
}

int
dsn_add_status(const struct dsn *d, struct str *out)
{
	if (str_format(out,
		"--%s\r\n"
		"Content-Type: message/%sdelivery-status\r\n"
		"%s"
		"\r\n"
		"Reporting-MTA: dns; %.*s\r\n"
		"X-Satchel-Queue-ID: %.*s\r\n",
		d->boundary, d->is_international ? "global-" : "",
		dsn_encoding(d->is_international), (int)d->me.len, d->me.data, (int)d->id.len,
		d->id.data) == -1)
		return -1;
	if (d->envelope_id.len > 0 &&
	    add_decoded_field(d, out, "Original-Envelope-Id: ", d->envelope_id) == -1)
		return -1;
	if (dsn_add_date_field(out, "Arrival-Date", d->arrival) == -1)
		return -1;
	if (d->hold.len > 0 && str_format(out, "Future-Release-Request: %.*s\r\n", (int)d->hold.len,
				   d->hold.data) == -1)
		return -1;
	if (d->deliver_by != 0 && dsn_add_date_field(out, "Deliver-By-Date", d->deliver_by) == -1)
		return -1;
	for (size_t i = 0; i < d->count; i++)
		if (add_status_of_recipient(d, &d->recipients[i], out) == -1)
			return -1;
	return str_add_text(out, "\r\n");
}
