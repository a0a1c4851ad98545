/* SPDX-License-Identifier: ISC */
#include "mail/dsn.h"

#include <stdio.h>

#include "base/random.h"
#include "mail/date.h"
#include "mail/encode.h"

#define TEXT_WIDTH 76
#define WORD_MAX 500
#define QUOTED_MAX 600 /* octets of a reply in the text for people */

struct words {
	const char *subject, *opening, *closing, *action;
};

static const struct words words_of[] = {
    [DSN_FAILED] = {"Undelivered mail returned to sender",
	"Your message could not be delivered to everyone it was meant for. It will not be\r\n"
	"tried again for these addresses:\r\n",
	"Often an address is misspelt or no longer in use. If the reason above does not\r\n"
	"tell you what to do, show it to the postmaster of the recipient's domain.\r\n"
	"Your message is attached.\r\n",
	"failed"},
    [DSN_DELAYED] = {"Delayed mail (still being tried)",
	"Your message has not been delivered yet to these addresses. You need not do\r\n"
	"anything: it is still being tried.\r\n",
	"You will hear again only if it fails for good. The header of your message is\r\n"
	"attached.\r\n",
	"delayed"},
    [DSN_DELIVERED] = {"Mail delivered",
	"Your message has been delivered to these addresses, as you wanted to know:\r\n",
	"That says nothing of whether somebody has read it. The header of your message is\r\n"
	"attached.\r\n",
	"delivered"},
    [DSN_RELAYED] = {"Mail passed on",
	"Your message has been passed on for these addresses, to hosts that do not report\r\n"
	"whether they deliver it:\r\n",
	"You may hear again if it fails, but not if it is delivered. The header of your\r\n"
	"message is attached.\r\n",
	"relayed"},
};

static int
add_date_field(struct str *out, const char *name, int64_t when)
{
	if (str_format(out, "%s: ", name) == -1 || date_add(out, when) == -1)
		return -1;
	return str_add_text(out, "\r\n");
}

/* True if the text for people is not ASCII: a reply, or an address of RFC 6531. */
static bool
is_text_8bit(const struct dsn *d)
{
	for (size_t i = 0; i < d->count; i++) {
		const struct dsn_recipient *r = &d->recipients[i];

		if (!slice_is_ascii(r->address) || !slice_is_ascii(r->relay) ||
		    !slice_is_ascii(r->reply))
			return true;
	}
	return false;
}

static const char *
encoding(bool is_8bit)
{
	return is_8bit ? "Content-Transfer-Encoding: 8bit\r\n" : "";
}

/* What is not ASCII has no place among the fields for programs (RFC 3464, 2.1). */
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
add_ascii_field(struct str *out, const char *name, struct slice value)
{
	if (str_add_text(out, name) == -1 || add_ascii(out, value) == -1)
		return -1;
	return str_add_text(out, "\r\n");
}

/* As add_ascii_field, with VALUE taken out of its xtext (RFC 3461, 6.3). */
static int
add_decoded_field(struct str *out, const char *name, struct slice value)
{
	struct str text;
	int result;

	str_init(&text, value.len);
	result = encode_undo_xtext(&text, value);
	if (result == 0)
		result = add_ascii_field(out, name, str_slice(&text));
	str_free(&text);
	return result;
}

/* RFC 6533, 3 and 4: in the 7-bit form, as the field stands among others that are ASCII. */
static int
add_unitext_field(struct str *out, const char *name, struct slice value, bool plain)
{
	struct str text;
	int result;

	str_init(&text, 10 * value.len);
	result = encode_unitext(&text, value, plain);
	if (result == 0)
		result = add_ascii_field(out, name, str_slice(&text));
	str_free(&text);
	return result;
}

static int
add_original_recipient(struct str *out, struct slice original)
{
	static const char name[] = "Original-Recipient: ";

	if (original.len == 0)
		return 0;
	if (slice_starts_nocase(original, "utf-8;"))
		return add_unitext_field(out, name, original, false);
	return add_decoded_field(out, name, original);
}

static int
add_final_recipient(struct str *out, struct slice address)
{
	if (slice_is_ascii(address))
		return add_ascii_field(out, "Final-Recipient: rfc822; ", address);
	return add_unitext_field(out, "Final-Recipient: utf-8; ", address, true);
}

/* RFC 6533, 6; where the header is not ASCII, and not UTF-8 either, there is no right name. */
static const char *
type_of_original(const struct dsn *d)
{
	if (d->whole)
		return d->is_utf8 ? "message/global" : "message/rfc822";
	return d->is_utf8 ? "message/global-headers" : "text/rfc822-headers";
}

static int
add_header(struct dsn *d, struct str *out, const struct words *words)
{
	unsigned char random[16];

	random_bytes(random, sizeof random);
	for (size_t i = 0; i < sizeof random; i++)
		snprintf(d->boundary + 2 * i, 3, "%02x", random[i]);
	if (add_date_field(out, "Date", d->now) == -1)
		return -1;
	return str_format(out,
	    "From: Mail Delivery System <MAILER-DAEMON@%.*s>\r\n"
	    "To: <%.*s>\r\n"
	    "Subject: %s\r\n"
	    "Message-ID: <%s.%.*s@%.*s>\r\n"
	    "Auto-Submitted: auto-replied\r\n"
	    "MIME-Version: 1.0\r\n"
	    "Content-Type: multipart/report; report-type=delivery-status;\r\n"
	    "\tboundary=\"%s\"\r\n"
	    "%s"
	    "\r\n",
	    (int)d->me.len, d->me.data, (int)d->sender.len, d->sender.data, words->subject,
	    d->boundary, (int)d->id.len, d->id.data, (int)d->me.len, d->me.data, d->boundary,
	    encoding(d->is_8bit || is_text_8bit(d)));
}

/* TEXT without what is behind MAX octets and without half a character at its end. */
static struct slice
cut(struct slice text, size_t max)
{
	if (text.len <= max)
		return text;
	while (max > 0 && ((unsigned char)text.data[max] & 0xc0) == 0x80)
		max--;
	text.len = max;
	return text;
}

/*
 * Folds at blanks, so that no line passes TEXT_WIDTH unless one word does; and in the midst of a
 * word that no line could hold (RFC 5322, 2.1.1).
 */
static int
add_folded(struct str *out, struct slice text, const char *indent)
{
	struct slice word, piece;
	size_t width = 0;

	while (slice_word(&text, &word))
		while (word.len > 0) {
			piece = cut(word, WORD_MAX);
			if (piece.len == 0) /* continuation octets alone: no UTF-8 */
				piece = slice_make(word.data, WORD_MAX);
			word = slice_skip(word, piece.len);
			if (width > 0 && width + 1 + piece.len > TEXT_WIDTH) {
				if (str_add_text(out, "\r\n") == -1)
					return -1;
				width = 0;
			}
			if (str_add_text(out, width == 0 ? indent : " ") == -1 ||
			    str_add_slice(out, piece) == -1)
				return -1;
			width += piece.len + 1;
		}
	return str_add_text(out, "\r\n");
}

/* A host, not a place where it was to be put. */
static bool
is_host(struct slice relay)
{
	size_t bracket = slice_find(relay, '[');

	return bracket > 0 && bracket < relay.len && slice_find(relay, '/') == relay.len;
}

static int
add_text_of_recipient(const struct dsn *d, const struct dsn_recipient *r, struct str *out)
{
	struct slice reply = slice_trim(cut(r->reply, QUOTED_MAX));

	if (str_format(out, "\r\n  <%.*s>\r\n", (int)r->address.len, r->address.data) == -1 ||
	    (is_host(r->relay) && reply.len > 0 &&
		str_format(out, "    %.*s said:\r\n", (int)r->relay.len, r->relay.data) == -1) ||
	    (reply.len > 0 && add_folded(out, reply, "    ") == -1))
		return -1;
	if (d->kind == DSN_FAILED && r->expired)
		return str_add_text(out, "    (tried for a long time and given up)\r\n");
	return 0;
}

static int
add_text(const struct dsn *d, const struct words *words, struct str *out)
{
	if (str_format(out,
		"--%s\r\n"
		"Content-Type: text/plain; charset=utf-8\r\n"
		"%s"
		"\r\n"
		"%s",
		d->boundary, encoding(is_text_8bit(d)), words->opening) == -1)
		return -1;
	for (size_t i = 0; i < d->count; i++)
		if (add_text_of_recipient(d, &d->recipients[i], out) == -1)
			return -1;
	if (d->kind == DSN_DELAYED &&
	    (str_add_text(out, "\r\nIt will be tried until ") == -1 ||
		date_add(out, d->retry_until) == -1 || str_add_text(out, ".\r\n") == -1))
		return -1;
	return str_format(
	    out, "\r\n%s\r\n%.*s (satchel)\r\n\r\n", words->closing, (int)d->me.len, d->me.data);
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
add_diagnostic(const struct dsn_recipient *r, struct str *out)
{
	const char *type = is_smtp_reply(r->reply) ? "smtp" : "x-satchel";
	struct str reply;
	int result;

	str_init(&reply, 4 * r->reply.len);
	result = str_format(out, "Diagnostic-Code: %s;\r\n", type);
	if (result == 0)
		result = add_ascii(&reply, r->reply);
	if (result == 0)
		result = add_folded(out, str_slice(&reply), "\t");
	str_free(&reply);
	return result;
}

static int
add_status_of_recipient(const struct dsn *d, const struct dsn_recipient *r, struct str *out)
{
	struct slice host = slice_make(r->relay.data, slice_find(r->relay, '['));

	if (str_add_text(out, "\r\n") == -1 || add_original_recipient(out, r->original) == -1 ||
	    add_final_recipient(out, r->address) == -1 ||
	    str_format(out, "Action: %s\r\n", words_of[d->kind].action) == -1 ||
	    add_ascii_field(out, "Status: ", r->code) == -1)
		return -1;
	if (is_host(r->relay) && add_ascii_field(out, "Remote-MTA: dns; ", host) == -1)
		return -1;
	/* RFC 3464, 2.3.6: for what went wrong */
	if ((d->kind == DSN_FAILED || d->kind == DSN_DELAYED) && slice_trim(r->reply).len > 0 &&
	    add_diagnostic(r, out) == -1)
		return -1;
	if (d->kind == DSN_DELAYED)
		return add_date_field(out, "Will-Retry-Until", d->retry_until);
	return 0;
}

static int
add_status(const struct dsn *d, struct str *out)
{
	if (str_format(out,
		"--%s\r\n"
		"Content-Type: message/delivery-status\r\n"
		"\r\n"
		"Reporting-MTA: dns; %.*s\r\n"
		"X-Satchel-Queue-ID: %.*s\r\n",
		d->boundary, (int)d->me.len, d->me.data, (int)d->id.len, d->id.data) == -1)
		return -1;
	if (d->envelope_id.len > 0 &&
	    add_decoded_field(out, "Original-Envelope-Id: ", d->envelope_id) == -1)
		return -1;
	if (add_date_field(out, "Arrival-Date", d->arrival) == -1)
		return -1;
	if (d->hold.len > 0 && str_format(out, "Future-Release-Request: %.*s\r\n", (int)d->hold.len,
				   d->hold.data) == -1)
		return -1;
	if (d->deliver_by != 0 && add_date_field(out, "Deliver-By-Date", d->deliver_by) == -1)
		return -1;
	for (size_t i = 0; i < d->count; i++)
		if (add_status_of_recipient(d, &d->recipients[i], out) == -1)
			return -1;
	return str_add_text(out, "\r\n");
}

int
dsn_begin(struct dsn *d, struct str *out)
{
	const struct words *words = &words_of[d->kind];

	if (add_header(d, out, words) == -1 || add_text(d, words, out) == -1 ||
	    add_status(d, out) == -1)
		return -1;
	return str_format(out,
	    "--%s\r\n"
	    "Content-Type: %s\r\n"
	    "%s"
	    "\r\n",
	    d->boundary, type_of_original(d), encoding(d->is_8bit));
}

int
dsn_end(const struct dsn *d, struct str *out)
{
	return str_format(out, "\r\n--%s--\r\n", d->boundary);
}
