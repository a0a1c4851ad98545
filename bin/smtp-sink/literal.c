/* SPDX-License-Identifier: ISC */
#include "literal.h"

#include <string.h>

static int
add_octet(struct str *out, char c, char quote)
{
	const char *escaped = "\r\n\t\\", *letters = "rnt\\";
	const char *found = c == '\0' ? NULL : strchr(escaped, c);

	if (found != NULL)
		return str_format(out, "\\%c", letters[found - escaped]);
	if (c == quote)
		return str_format(out, "\\%c", c);
	if ((unsigned char)c < 0x20 || (unsigned char)c >= 0x7f)
		return str_format(out, "\\x%02x", (unsigned)(unsigned char)c);
	return str_add_char(out, c);
}

int
literal_add(struct str *out, struct slice bytes)
{
	bool has_single = slice_find(bytes, '\'') < bytes.len;
	bool has_double = slice_find(bytes, '"') < bytes.len;
	char quote = has_single && !has_double ? '"' : '\'';
	int result = str_add_char(out, quote);

	for (size_t i = 0; result == 0 && i < bytes.len; i++)
		result = add_octet(out, bytes.data[i], quote);
	return result == 0 ? str_add_char(out, quote) : -1;
}

static int
digit(char c)
{
	const char *digits = "0123456789abcdef", *at = strchr(digits, ascii_lower(c));

	return c == '\0' || at == NULL ? -1 : (int)(at - digits);
}

int
literal_read(struct str *out, struct slice text)
{
	const char *letters = "rnt0\\", *octets = "\r\n\t\0\\";

	for (size_t i = 0; i < text.len; i++) {
		char next = i + 1 < text.len ? text.data[i + 1] : '\0', octet = text.data[i];
		const char *letter = next == '\0' ? NULL : strchr(letters, next);

		if (octet == '\\' && letter != NULL) {
			octet = octets[letter - letters];
			i++;
		} else if (octet == '\\' && next == 'x' && i + 3 < text.len &&
			   digit(text.data[i + 2]) >= 0 && digit(text.data[i + 3]) >= 0) {
			octet = (char)(digit(text.data[i + 2]) << 4 | digit(text.data[i + 3]));
			i += 3;
		}
		if (str_add_char(out, octet) == -1)
			return -1;
	}
	return 0;
}
