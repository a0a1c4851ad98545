/* SPDX-License-Identifier: ISC */
/* The part of a report that people read. */
#include "mail/date.h"
#include "mail/dsn_advice.h"
#include "mail/dsn_parts.h"

#define TEXT_WIDTH 76
#define WORD_MAX 500
#define QUOTED_MAX 600 /* octets of a reply */

struct frame {
	const char *opening, *closing;
};

static const struct frame frames[] = {
    [DSN_FAILED] =
	{"Your message could not be delivered to the addresses below. It will not be tried\r\n"
	 "again for them.\r\n",
	    "Your message is attached.\r\n"},
    [DSN_DELAYED] =
	{"Your message has not been delivered yet to these addresses. You need not do\r\n"
	 "anything: it is still being tried.\r\n",
	    "You will hear again only if it fails for good. The header of your message is\r\n"
	    "attached.\r\n"},
    [DSN_DELIVERED] =
	{"Your message has been delivered to these addresses, as you wanted to know:\r\n",
	    "That says nothing of whether somebody has read it. The header of your message is\r\n"
	    "attached.\r\n"},
    [DSN_RELAYED] =
	{"Your message has been passed on for these addresses, to hosts that do not report\r\n"
	 "whether they deliver it:\r\n",
	    "You may hear again if it fails, but not if it is delivered. The header of your\r\n"
	    "message is attached.\r\n"},
    [DSN_EXPANDED] =
	{"Your message has been forwarded. Each of these addresses stands for several others:\r\n",
	    "You may hear again if it fails for one of them, but not if it is delivered. The\r\n"
	    "header of your message is attached.\r\n"},
};

/* RFC 5321, 6.1: nobody is told of what came from nobody, but whoever looks after this host. */
static const struct frame double_frame = {
    "A message without a sender, such as a report or an automatic reply, could not be\r\n"
    "delivered to the addresses below. Nobody else can be told, so you are: perhaps\r\n"
    "somebody sends mail with an address that does not exist.\r\n",
    "The message is attached.\r\n"};

bool
dsn_is_text_8bit(const struct dsn *d)
{
	for (size_t i = 0; i < d->count; i++) {
		const struct dsn_recipient *r = &d->recipients[i];

		if (!slice_is_ascii(r->address) || !slice_is_ascii(r->relay) ||
		    !slice_is_ascii(r->reply))
			return true;
	}
	return false;
}

struct slice
dsn_cut(struct slice text, size_t max)
{
	if (text.len <= max)
		return text;
	while (max > 0 && ((unsigned char)text.data[max] & 0xc0) == 0x80)
		max--;
	text.len = max;
	return text;
}

int
dsn_add_folded(struct str *out, struct slice text, const char *indent)
{
	struct slice word, piece;
	size_t width = 0;

	while (slice_word(&text, &word))
		while (word.len > 0) {
			piece = dsn_cut(word, WORD_MAX);
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

bool
dsn_is_host(struct slice relay)
{
	size_t bracket = slice_find(relay, '[');

	return bracket > 0 && bracket < relay.len && slice_find(relay, '/') == relay.len;
}

static int
add_advice(const struct dsn_recipient *r, struct str *out)
{
	const struct dsn_advice *a = dsn_advice_find(r->code, r->reply, dsn_is_host(r->relay));

	if (dsn_add_folded(out, slice_of(a->happened), "    ") == -1)
		return -1;
	return dsn_add_folded(out, slice_of(a->advice), "    ");
}

static int
add_recipient(const struct dsn *d, const struct dsn_recipient *r, struct str *out)
{
	struct slice reply = slice_trim(dsn_cut(r->reply, QUOTED_MAX));

	if (str_format(out, "\r\n  <%.*s>\r\n", (int)r->address.len, r->address.data) == -1 ||
	    (d->kind == DSN_FAILED && add_advice(r, out) == -1) ||
	    (d->kind == DSN_FAILED && r->expired &&
		str_add_text(out,
		    "    It was tried for a long time and is given up. The last answer:\r\n") ==
		    -1) ||
	    (dsn_is_host(r->relay) && reply.len > 0 &&
		str_format(out, "    %.*s said:\r\n", (int)r->relay.len, r->relay.data) == -1))
		return -1;
	return reply.len == 0 ? 0 : dsn_add_folded(out, reply, "      ");
}

static const struct frame *
frame_of(const struct dsn *d)
{
	return d->is_double ? &double_frame : &frames[d->kind];
}

int
dsn_add_text(const struct dsn *d, struct str *out)
{
	if (str_format(out,
		"--%s\r\n"
		"Content-Type: text/plain; charset=utf-8\r\n"
		"%s"
		"\r\n"
		"%s",
		d->boundary, dsn_encoding(dsn_is_text_8bit(d)), frame_of(d)->opening) == -1)
		return -1;
	for (size_t i = 0; i < d->count; i++)
		if (add_recipient(d, &d->recipients[i], out) == -1)
			return -1;
	if (d->kind == DSN_DELAYED &&
	    (str_add_text(out, "\r\nIt will be tried until ") == -1 ||
		date_add(out, d->retry_until) == -1 || str_add_text(out, ".\r\n") == -1))
		return -1;
	return str_format(out, "\r\n%s\r\n%.*s (satchel)\r\n\r\n", frame_of(d)->closing,
	    (int)d->me.len, d->me.data);
}
