/* SPDX-License-Identifier: ISC */
#include "smtp/respond.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define STATUS_MAX 11	   /* octets of class.subject.detail; RFC 2034, 4 */
#define REPLY_LINE_MAX 512 /* octets with CRLF; RFC 5321, 4.5.3.1.5 */

/* "250-2.1.0 ", or "250-" without STATUS. How long it is. */
static int
write_codes(char *line, int code, char separator, const char *status)
{
	size_t len = status == NULL ? 0 : strlen(status);

	line[0] = (char)('0' + code / 100);
	line[1] = (char)('0' + code / 10 % 10);
	line[2] = (char)('0' + code % 10);
	line[3] = separator;
	if (len == 0 || len > STATUS_MAX)
		return 4;
	memcpy(line + 4, status, len);
	line[4 + len] = ' ';
	return (int)len + 5;
}

/* What may not stand in a reply becomes a question mark. */
static void
clean(char *line, bool is_utf8)
{
	for (char *c = line; *c != '\0'; c++) {
		unsigned char octet = (unsigned char)*c;

		if (octet < 0x20 || octet == 0x7f || (octet >= 0x80 && !is_utf8))
			*c = '?';
	}
}

static int
write_line(struct writer *w, int code, char separator, const char *status, bool is_utf8,
    const char *format, va_list args)
{
	char line[REPLY_LINE_MAX - 1]; /* vsnprintf's NUL is where CR will be */
	int start, len;

	start = write_codes(line, code, separator, status);
	len = vsnprintf(line + start, sizeof line - (size_t)start, format, args);
	if (len < 0)
		line[start] = '\0';
	clean(line, is_utf8);
	/* the writer's error sticks, so one look at the last piece is enough */
	(void)writer_text(w, line);
	return writer_text(w, "\r\n");
}

int
respond(struct writer *w, int code, const char *status, const char *format, ...)
{
	va_list args;
	int result;

	va_start(args, format);
	result = write_line(w, code, ' ', status, false, format, args);
	va_end(args);
	return result;
}

int
respond_continue(struct writer *w, int code, const char *status, const char *format, ...)
{
	va_list args;
	int result;

	va_start(args, format);
	result = write_line(w, code, '-', status, false, format, args);
	va_end(args);
	return result;
}

int
respond_utf8(
    struct writer *w, int code, bool continues, const char *status, const char *format, ...)
{
	va_list args;
	int result;

	va_start(args, format);
	result = write_line(w, code, continues ? '-' : ' ', status, true, format, args);
	va_end(args);
	return result;
}
