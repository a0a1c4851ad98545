/* SPDX-License-Identifier: ISC */
/* The message: made up, or of a file, in wire format and cut into its header and its body. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/die.h"
#include "base/io.h"
#include "base/random.h"
#include "load.h"

#define MESSAGE_MAX ((size_t)64 << 20)
#define PIECE 65536
#define LINE "Thirty white horses on a red hill; first they champ, then they stamp.\r\n"

static _Noreturn void
fail(const char *what)
{
	die_errno(PROGRAM, EXIT_TEMPORARY, "unable to make the message: %s", what);
}

static void
make_up(struct load *l)
{
	size_t len = (size_t)l->settings.size_high;

	if (str_format(&l->header,
		"From: <%s>\r\nTo: undisclosed-recipients:;\r\nSubject: smtp-load %08x\r\n"
		"Date: Thu, 1 Jan 1970 00:00:00 +0000\r\n\r\n",
		l->settings.from, l->run) == -1)
		fail("header");
	while (l->plain.len + strlen(LINE) <= len)
		if (str_add_text(&l->plain, LINE) == -1)
			fail("body");
	while (l->plain.len + 2 < len)
		if (str_add_char(&l->plain, 'x') == -1)
			fail("body");
	if (l->plain.len + 2 == len && str_add_text(&l->plain, "\r\n") == -1)
		fail("body");
}

/* Each line end of either kind becomes CRLF, and so does the end. */
static void
add_wire(struct str *out, struct slice bytes)
{
	struct slice line;
	int result = 0;

	while (result == 0 && slice_take(&bytes, '\n', &line)) {
		if (line.len > 0 && line.data[line.len - 1] == '\r')
			line.len--;
		result = str_add_slice(out, line) == -1 || str_add_text(out, "\r\n") == -1 ? -1 : 0;
	}
	if (result == -1)
		fail("more than 64 MiB");
}

static void
read_file(struct load *l)
{
	struct str raw, wire;
	const char *end;
	ssize_t n = 1;
	int fd = open(l->settings.message, O_RDONLY | O_CLOEXEC);

	str_init(&raw, MESSAGE_MAX);
	str_init(&wire, MESSAGE_MAX);
	while (fd != -1 && n > 0 && str_reserve(&raw, PIECE) == 0) {
		n = read(fd, raw.data + raw.len, PIECE);
		raw.len += n > 0 ? (size_t)n : 0;
	}
	if (fd == -1 || n != 0)
		die_errno(PROGRAM, EXIT_PERMANENT, "unable to read %s", l->settings.message);
	io_close(fd);
	add_wire(&wire, str_slice(&raw));
	end = memmem(wire.data, wire.len, "\r\n\r\n", 4);
	if (end == NULL)
		die(PROGRAM, EXIT_PERMANENT, "%s has no empty line behind its header",
		    l->settings.message);
	if (str_add(&l->header, wire.data, (size_t)(end - wire.data) + 4) == -1 ||
	    str_add_slice(&l->plain, slice_skip(str_slice(&wire), l->header.len)) == -1)
		fail("body");
	str_free(&raw);
	str_free(&wire);
	l->settings.size_low = l->settings.size_high = l->plain.len;
}

/* RFC 5321, 4.5.2 */
static void
stuff(struct load *l)
{
	struct slice rest = str_slice(&l->plain);

	while (rest.len > 0) {
		size_t len = slice_find(rest, '\n') + 1;

		if ((rest.data[0] == '.' && str_add_char(&l->stuffed, '.') == -1) ||
		    str_add(&l->stuffed, rest.data, len < rest.len ? len : rest.len) == -1)
			fail("body");
		rest = slice_skip(rest, len);
	}
}

void
text_make(struct load *l)
{
	random_bytes(&l->run, sizeof l->run);
	str_init(&l->header, MESSAGE_MAX);
	str_init(&l->plain, MESSAGE_MAX);
	str_init(&l->stuffed, MESSAGE_MAX * 2);
	if (l->settings.message != NULL)
		read_file(l);
	else
		make_up(l);
	stuff(l);
}
