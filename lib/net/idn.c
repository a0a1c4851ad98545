/* SPDX-License-Identifier: ISC */
#include "net/idn.h"

#include <idn2.h>
#include <stdio.h>
#include <string.h>

#define UNICODE_MAX 1020 /* octets of a name with U-labels that is looked at */

/* A copy with a NUL. False if it is too long or holds one. */
static bool
copy(char out[UNICODE_MAX + 1], struct slice domain)
{
	if (domain.len == 0 || domain.len > UNICODE_MAX || slice_find(domain, '\0') < domain.len)
		return false;
	memcpy(out, domain.data, domain.len);
	out[domain.len] = '\0';
	return true;
}

bool
idn_to_ascii(struct slice domain, char ascii[IDN_NAME_SIZE])
{
	char text[UNICODE_MAX + 1];
	uint8_t *found = NULL;
	bool good;

	if (!copy(text, domain))
		return false;
	if (slice_is_ascii(domain))
		return snprintf(ascii, IDN_NAME_SIZE, "%s", text) < IDN_NAME_SIZE;
	/* what the mapping leaves out may have been all of a label */
	good = idn2_lookup_u8((const uint8_t *)text, &found,
		   IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL) == IDN2_OK &&
	       found[0] != '.' && strstr((const char *)found, "..") == NULL &&
	       snprintf(ascii, IDN_NAME_SIZE, "%s", (const char *)found) < IDN_NAME_SIZE;
	idn2_free(found);
	return good;
}

int
idn_to_unicode(struct slice domain, struct str *text)
{
	char name[UNICODE_MAX + 1];
	char *found = NULL;
	int result = -1;

	str_clear(text);
	if (copy(name, domain) && idn2_to_unicode_8z8z(name, &found, 0) == IDN2_OK)
		result = str_add_text(text, found);
	idn2_free(found);
	return result;
}

struct slice
idn_address(struct slice address, struct str *room)
{
	size_t at = slice_find_last(address, '@');
	struct slice local = slice_make(address.data, at), domain = slice_skip(address, at + 1);
	char ascii[IDN_NAME_SIZE];

	if (at == address.len || slice_is_ascii(domain) || !slice_is_ascii(local) ||
	    !idn_to_ascii(domain, ascii))
		return address;
	str_clear(room);
	if (str_add_slice(room, local) == -1 || str_add_char(room, '@') == -1 ||
	    str_add_text(room, ascii) == -1)
		return address;
	return str_slice(room);
}
