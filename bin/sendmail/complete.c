/* SPDX-License-Identifier: ISC */
#include "complete.h"

#include <sysexits.h>

#include "base/clock.h"
#include "base/die.h"
#include "mail/address.h"
#include "mail/date.h"
#include "mail/encode.h"
#include "mail/header.h"
#include "mail/message_id.h"

#define NAME_MAX_OCTETS 200 /* of a full name; what is not encoded stays on one line */

struct seen {
	bool from, date, message_id;
};

/* Blind copies stay blind, and the final delivery writes Return-Path (RFC 5321, 4.4). */
static bool
is_left_out(struct slice name, const struct options *o)
{
	bool blind = slice_is_nocase(name, "Bcc") || slice_is_nocase(name, "Resent-Bcc");

	if (o->gateway)
		return blind && o->from_header;
	return blind || slice_is_nocase(name, "Return-Path");
}

static int
copy_fields(struct slice header, const struct options *o, struct seen *seen, struct str *out)
{
	struct header_field field;

	while (header_next(&header, &field)) {
		seen->from = seen->from || slice_is_nocase(field.name, "From");
		seen->date = seen->date || slice_is_nocase(field.name, "Date");
		seen->message_id = seen->message_id || slice_is_nocase(field.name, "Message-ID");
		if (!is_left_out(field.name, o) && str_add_slice(out, field.whole) == -1)
			return -1;
	}
	return 0;
}

/* NAME at the length it may have, with no UTF-8 sequence cut in two. */
static struct slice
shorten(struct slice name)
{
	if (name.len <= NAME_MAX_OCTETS)
		return name;
	name.len = NAME_MAX_OCTETS;
	while (name.len > 0 && ((unsigned char)name.data[name.len] & 0xc0) == 0x80)
		name.len--;
	return name;
}

/* The caller is the author, unless somebody else was named as the sender. */
static int
add_from(const struct options *o, struct slice sender, struct identity *who, struct str *out)
{
	bool named = o->sender != NULL && sender.len > 0;
	struct slice name = slice_of(o->full_name);
	struct str address;
	int result;

	if (o->full_name == NULL && !named)
		name = identity_full_name(who);
	str_init(&address, ADDRESS_LOCAL_MAX + 1 + ADDRESS_DOMAIN_MAX);
	if (named) {
		result = str_add_slice(&address, sender);
	} else {
		struct slice user = identity_user(who), host = identity_host(who);

		result = str_format(
		    &address, "%.*s@%.*s", (int)user.len, user.data, (int)host.len, host.data);
	}
	if (result == 0)
		result = str_add_text(out, "From: ");
	if (result == 0)
		result = encode_mailbox(out, shorten(slice_trim(name)), str_slice(&address));
	str_free(&address);
	return result == 0 ? str_add_text(out, "\r\n") : -1;
}

static int
add_date(struct str *out)
{
	if (str_add_text(out, "Date: ") == -1 || date_add(out, clock_wall_seconds()) == -1)
		return -1;
	return str_add_text(out, "\r\n");
}

static int
add_message_id(struct identity *who, struct str *out)
{
	if (str_add_text(out, "Message-ID: ") == -1 ||
	    message_id_add(out, clock_wall_seconds(), identity_host(who)) == -1)
		return -1;
	return str_add_text(out, "\r\n");
}

void
complete_header(struct slice header, const struct options *o, struct slice sender,
    struct identity *who, struct str *out)
{
	struct seen seen = {0};
	int result = copy_fields(header, o, &seen, out);

	if (!o->gateway) {
		if (result == 0 && !seen.from)
			result = add_from(o, sender, who, out);
		if (result == 0 && !seen.date)
			result = add_date(out);
		if (result == 0 && !seen.message_id)
			result = add_message_id(who, out);
	}
	if (result == -1 || str_add_text(out, "\r\n") == -1)
		die_errno(PROGRAM, EX_OSERR, "unable to hold the header of the message");
}
