/* SPDX-License-Identifier: ISC */
#include "spool/host_name.h"

#include <errno.h>
#include <string.h>

static bool
is_plain(char c, bool is_first)
{
	return ascii_is_alpha(c) || ascii_is_digit(c) || c == '-' || c == ':' || c == '_' ||
	       (c == '.' && !is_first);
}

int
host_name_add(struct str *name, const char *destination)
{
	for (const char *c = destination; *c != '\0'; c++)
		if ((is_plain(*c, c == destination)
			    ? str_add_char(name, *c)
			    : str_format(name, "=%02X", (unsigned)(unsigned char)*c)) == -1)
			return -1;
	return 0;
}

static int
digit(char c)
{
	static const char digits[] = "0123456789ABCDEF";
	const char *at = c == '\0' ? NULL : strchr(digits, c);

	return at == NULL ? -1 : (int)(at - digits);
}

int
host_name_read(struct str *destination, const char *name)
{
	for (const char *c = name; *c != '\0'; c++) {
		char one = *c;

		if (one == '=') {
			if (digit(c[1]) == -1 || digit(c[2]) == -1) {
				errno = EINVAL;
				return -1;
			}
			one = (char)(digit(c[1]) * 16 + digit(c[2]));
			c += 2;
		} else if (!is_plain(one, c == name)) {
			errno = EINVAL;
			return -1;
		}
		if (str_add_char(destination, one) == -1)
			return -1;
	}
	return 0;
}
