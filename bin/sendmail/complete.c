/* SPDX-License-Identifier: ISC */
#include "complete.h"

#include <stdint.h>
#include <sysexits.h>

#include "base/clock.h"
#include "base/die.h"
#include "mail/address.h"
#include "mail/encode.h"
#include "mail/header.h"
#include "mail/repair.h"

#define NAME_MAX_OCTETS 200 /* of a full name; what is not encoded stays on one line */

void
completed_init(struct completed *c)
{
	*c = (struct completed){.is_signed = false};
	str_init(&c->text, SIZE_MAX / 4);
}

void
completed_free(struct completed *c)
{
	str_free(&c->text);
}

/* Whom the fields that are made are about. */
struct author {
	const struct options *options;
	struct slice sender;
	struct identity *who;
};

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

/* The login name of the caller at this host, as others are to see it. */
static int
add_caller(struct identity *who, struct str *out)
{
	struct slice user = identity_user(who);

	return identity_rewrite(who, REWRITING_SENDER, user, out) == 1 ? 0
								       : str_add_slice(out, user);
}

/* The caller is the author, unless somebody else was named as the sender. */
static int
add_author(void *context, struct str *out)
{
	const struct author *a = context;
	const struct options *o = a->options;
	bool named = o->sender != NULL && a->sender.len > 0;
	struct slice name = slice_of(o->full_name);
	struct str address;
	int result;

	if (o->full_name == NULL && !named)
		name = identity_full_name(a->who);
	str_init(&address, 2 * (ADDRESS_LOCAL_MAX + 1 + ADDRESS_DOMAIN_MAX));
	result = named ? str_add_slice(&address, a->sender) : add_caller(a->who, &address);
	if (result == 0)
		result = encode_mailbox(out, shorten(slice_trim(name)), str_slice(&address));
	str_free(&address);
	return result;
}

static int
add_host(void *context, struct str *out)
{
	const struct author *a = context;

	return str_add_slice(out, identity_host(a->who));
}

static int
rewrite(void *context, enum repair_role role, struct slice address, struct str *out)
{
	const struct author *a = context;

	return identity_rewrite(a->who, role == REPAIR_SENDER, address, out);
}

static int
repair(struct completed *c, struct slice header, bool body_is_utf8, struct author *author)
{
	static const struct repair_asked asked = {add_author, add_host, rewrite};
	struct repair r = {.asked = &asked,
	    .context = author,
	    .now = clock_wall_seconds(),
	    .is_body_utf8 = body_is_utf8,
	    .keeps_utf8 = author->options->is_utf8};
	int result = repair_header(&r, header, &c->text);

	c->is_signed = r.is_signed;
	c->has_utf8_address = r.has_utf8_address;
	return result;
}

/* Blind copies stay blind, if it is we who read them. */
static int
keep(struct completed *c, struct slice header, const struct options *o)
{
	struct header_field field;

	while (header_next(&header, &field)) {
		bool blind =
		    slice_is_nocase(field.name, "Bcc") || slice_is_nocase(field.name, "Resent-Bcc");

		if (!(blind && o->from_header) && str_add_slice(&c->text, field.whole) == -1)
			return -1;
	}
	return 0;
}

void
complete_header(struct completed *c, struct slice header, bool body_is_utf8,
    const struct options *o, struct slice sender, struct identity *who)
{
	struct author author = {o, sender, who};

	if ((o->gateway ? keep(c, header, o) : repair(c, header, body_is_utf8, &author)) == -1 ||
	    str_add_text(&c->text, "\r\n") == -1)
		die_errno(PROGRAM, EX_OSERR, "unable to hold the header of the message");
}
