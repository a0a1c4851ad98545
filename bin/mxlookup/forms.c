/* SPDX-License-Identifier: ISC */
/* --idn: a domain in both of its forms. */
#include "forms.h"

#include <stdio.h>

#include "base/escape.h"
#include "mail/address.h"
#include "net/idn.h"

#define TEXT_MAX ((size_t)1 << 20)

static const char *
escaped(struct slice text, struct str *room)
{
	str_clear(room);
	(void)escape_text(room, text); /* empty, if there is no memory */
	return room->data;
}

enum outcome
forms_show(struct slice domain)
{
	char ascii[IDN_NAME_SIZE];
	enum outcome outcome = NO_DOMAIN;
	struct str unicode;

	str_init(&unicode, TEXT_MAX);
	if (!idn_to_ascii(domain, ascii) || idn_to_unicode(slice_of(ascii), &unicode) == -1 ||
	    !address_is_domain(slice_of(ascii), 0))
		fprintf(
		    stderr, "%s: this is no domain name: %s\n", PROGRAM, escaped(domain, &unicode));
	else if (slice_is_ascii(str_slice(&unicode)))
		fprintf(stderr, "%s: has one form only: %s\n", PROGRAM, ascii);
	else if (printf("%s: %s\n", unicode.data, ascii) > 0)
		outcome = FOUND;
	str_free(&unicode);
	return outcome;
}
