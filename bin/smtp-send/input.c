/* SPDX-License-Identifier: ISC */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/die.h"
#include "base/io.h"
#include "base/slice.h"
#include "send.h"

#define CHUNK 65536

struct wire {
	int fd;
	uint64_t length, size_max; /* octets; 0: no limit */
	char out[2 * CHUNK + 2];
	size_t used;
	char last; /* the octet that came last */
};

static int
open_nameless(void)
{
	const char *folder = getenv("TMPDIR");
	char name[] = "/tmp/smtp-send.XXXXXX";
	int fd = open(folder == NULL || *folder == '\0' ? "/tmp" : folder,
	    O_RDWR | O_TMPFILE | O_CLOEXEC, 0600);

	if (fd != -1)
		return fd;
	fd = mkostemp(name, O_CLOEXEC);
	if (fd == -1 || unlink(name) == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to make a temporary file");
	return fd;
}

static void
flush(struct wire *w)
{
	if (io_pwrite(w->fd, w->out, w->used, (off_t)w->length) == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to keep the message");
	w->length += w->used;
	w->used = 0;
	if (w->size_max > 0 && w->length > w->size_max)
		die(PROGRAM, EXIT_PERMANENT, "message is larger than the limit message-size");
}

/* LF becomes CRLF; CRLF stays; a CR that no LF follows must not go out (RFC 5321, 2.3.8). */
static void
add(struct wire *w, char c)
{
	if (w->last == '\r' && c != '\n')
		die(PROGRAM, EXIT_PERMANENT, "message has a CR that no LF follows");
	if (c == '\n' && w->last != '\r')
		w->out[w->used++] = '\r';
	w->out[w->used++] = c;
	w->last = c;
}

int
input_read(uint64_t size_max, uint64_t *length)
{
	static struct wire w;
	static char in[CHUNK];
	ssize_t n;

	w = (struct wire){.fd = open_nameless(), .size_max = size_max, .last = '\n'};
	while ((n = io_read(STDIN_FILENO, in, sizeof in, DEADLINE_NEVER)) > 0) {
		for (ssize_t i = 0; i < n; i++)
			add(&w, in[i]);
		flush(&w);
	}
	if (n == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to read the message");
	if (w.last != '\n')
		add(&w, '\n');
	flush(&w);
	*length = w.length;
	return w.fd;
}
