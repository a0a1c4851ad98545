/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/die.h"
#include "base/io.h"
#include "send_parts.h"

#define PIECE_OCTETS ((size_t)65536)

/* A pipe may stay open as long as it likes: who is at its other end is the user's. */
void
send_read_file(const char *name, struct str *out)
{
	bool is_input = strcmp(name, "-") == 0;
	int fd = is_input ? STDIN_FILENO : open(name, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	ssize_t n = fd == -1 ? -1 : 0;

	while (fd != -1) {
		if (str_reserve(out, PIECE_OCTETS) == -1)
			die(PROGRAM, PROBE_USAGE,
			    "%s is too large: a message has at most %zu octets", name,
			    SEND_MESSAGE_MAX);
		n = io_read(fd, out->data + out->len, PIECE_OCTETS, DEADLINE_NEVER);
		if (n <= 0)
			break;
		out->len += (size_t)n;
		out->data[out->len] = '\0';
	}
	if (n == -1)
		die_errno(
		    PROGRAM, PROBE_USAGE, "unable to read %s", is_input ? "standard input" : name);
	if (!is_input)
		io_close(fd);
}
