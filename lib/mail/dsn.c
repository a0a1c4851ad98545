/* SPDX-License-Identifier: ISC */
#include "mail/dsn.h"

#include <stdio.h>

#include "base/random.h"
#include "mail/date.h"
#include "mail/dsn_parts.h"

#define DOUBLE_SUBJECT "Mail without a sender could not be delivered"

const struct dsn_words *
dsn_words_of(enum dsn_kind kind)
{
	static const struct dsn_words words[] = {
	    [DSN_FAILED] = {"Undelivered mail returned to sender", "failed"},
	    [DSN_DELAYED] = {"Delayed mail (still being tried)", "delayed"},
	    [DSN_DELIVERED] = {"Mail delivered", "delivered"},
	    [DSN_RELAYED] = {"Mail passed on", "relayed"},
	    [DSN_EXPANDED] = {"Mail forwarded to several addresses", "expanded"},
	};

	return &words[kind];
}

int
dsn_add_date_field(struct str *out, const char *name, int64_t when)
{
	if (str_format(out, "%s: ", name) == -1 || date_add(out, when) == -1)
		return -1;
	return str_add_text(out, "\r\n");
}

const char *
dsn_encoding(bool is_8bit)
{
	return is_8bit ? "Content-Transfer-Encoding: 8bit\r\n" : "";
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
add_header(struct dsn *d, struct str *out)
{
	unsigned char random[16];

	random_bytes(random, sizeof random);
	for (size_t i = 0; i < sizeof random; i++)
		snprintf(d->boundary + 2 * i, 3, "%02x", random[i]);
	if (dsn_add_date_field(out, "Date", d->now) == -1)
		return -1;
	return str_format(out,
	    "From: Mail Delivery System <MAILER-DAEMON@%.*s>\r\n"
	    "To: <%.*s>\r\n"
	    "Subject: %s\r\n"
	    "Message-ID: <%s.%.*s@%.*s>\r\n"
	    "Auto-Submitted: auto-replied\r\n"
	    "%s"
	    "MIME-Version: 1.0\r\n"
	    "Content-Type: multipart/report; report-type=delivery-status;\r\n"
	    "\tboundary=\"%s\"\r\n"
	    "%s"
	    "\r\n",
	    (int)d->me.len, d->me.data, (int)d->sender.len, d->sender.data,
	    d->is_double ? DOUBLE_SUBJECT : dsn_words_of(d->kind)->subject, d->boundary,
	    (int)d->id.len, d->id.data, (int)d->me.len, d->me.data,
	    d->is_double ? DSN_DOUBLE_FIELD ": yes\r\n" : "", d->boundary,
	    dsn_encoding(d->is_8bit || d->is_international || dsn_is_text_8bit(d)));
}

int
dsn_begin(struct dsn *d, struct str *out)
{
	if (add_header(d, out) == -1 || dsn_add_text(d, out) == -1 || dsn_add_status(d, out) == -1)
		return -1;
	return str_format(out,
	    "--%s\r\n"
	    "Content-Type: %s\r\n"
	    "%s"
	    "\r\n",
	    d->boundary, type_of_original(d), dsn_encoding(d->is_8bit));
}

int
dsn_end(const struct dsn *d, struct str *out)
{
	return str_format(out, "\r\n--%s--\r\n", d->boundary);
}
