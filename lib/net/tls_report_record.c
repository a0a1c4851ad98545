/* SPDX-License-Identifier: ISC */
#include "net/tls_report_record.h"

#include <string.h>

#include "mail/address.h"

#define URI_MAX ((size_t)1000)

static bool
is_uri(struct slice text)
{
	if (text.len == 0 || text.len > URI_MAX)
		return false;
	/* RFC 8460, 3: "," ";" and "!" are encoded; the first two have ended it already */
	for (size_t i = 0; i < text.len; i++)
		if (text.data[i] <= ' ' || text.data[i] > '~' || text.data[i] == '!')
			return false;
	return slice_starts_nocase(text, "mailto:") || slice_starts_nocase(text, "https:");
}

/* A scheme that nobody knows yet does not count, and is no error. */
static void
take_places(struct slice rest, struct tls_report_places *places)
{
	struct slice uri;

	while (slice_take(&rest, ',', &uri)) {
		uri = slice_trim(uri);
		if (is_uri(uri) && places->count < TLS_REPORT_PLACES_MAX)
			places->list[places->count++] = uri;
	}
}

int
tls_report_record_parse(struct slice text, struct tls_report_places *places)
{
	static const char version[] = "v=TLSRPTv1;";
	struct slice rest, field;
	bool has_rua = false;

	places->count = 0;
	if (!slice_starts(text, version))
		return 0;
	rest = slice_skip(text, sizeof version - 1);
	while (slice_take(&rest, ';', &field)) {
		field = slice_trim(field);
		if (!slice_starts(field, "rua=") || has_rua)
			continue;
		has_rua = true;
		take_places(slice_skip(field, 4), places);
	}
	return places->count > 0 ? 1 : -1;
}

static int
hex_digit(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = c == '\0' ? NULL : strchr(digits, ascii_lower(c));

	return at == NULL ? -1 : (int)(at - digits);
}

static bool
decode(struct slice text, struct str *out)
{
	while (text.len > 0) {
		char c = text.data[0];
		size_t taken = 1;

		if (c == '%') {
			int high = text.len < 3 ? -1 : hex_digit(text.data[1]);
			int low = text.len < 3 ? -1 : hex_digit(text.data[2]);

			if (high == -1 || low == -1)
				return false;
			c = (char)(high << 4 | low);
			taken = 3;
		}
		if (str_add_char(out, c) == -1)
			return false;
		text = slice_skip(text, taken);
	}
	return true;
}

bool
tls_report_mailto(struct slice uri, struct str *address)
{
	struct address parsed;

	str_clear(address);
	if (!slice_starts_nocase(uri, "mailto:"))
		return false;
	uri = slice_skip(uri, 7);
	uri.len = slice_find(uri, '?');
	return decode(uri, address) && !slice_has_control(str_slice(address)) &&
	       address_parse(str_slice(address), 0, &parsed) == ADDRESS_OK;
}
