/* SPDX-License-Identifier: ISC */
#include "input.h"

#include <sys/stat.h>

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"

#define BLOCK ((size_t)65536)
#define SILENCE_SECONDS 3600 /* that a script may take for its next bytes */

static int
copy_all(int from, int to)
{
	char buf[BLOCK];
	off_t at = 0;

	for (;;) {
		ssize_t n = io_read(from, buf, sizeof buf, deadline_in_seconds(SILENCE_SECONDS));

		if (n <= 0)
			return (int)n;
		if (io_pwrite(to, buf, (size_t)n, at) == -1)
			return -1;
		at += n;
	}
}

static int
copy_to_file(int from)
{
	FILE *file = tmpfile();
	int fd = file == NULL ? -1 : fcntl(fileno(file), F_DUPFD_CLOEXEC, 3);

	if (file != NULL && fclose(file) == EOF) {
		io_close(fd);
		return -1;
	}
	if (fd != -1 && copy_all(from, fd) == -1) {
		io_close(fd);
		return -1;
	}
	return fd;
}

/* The line of an mbox file that stands before the header (RFC 4155). */
static int
skip_separator(struct job *job)
{
	char buf[1000];
	size_t len = job->length < sizeof buf ? (size_t)job->length : sizeof buf;
	const char *end;

	if (io_pread(job->fd, buf, len, job->offset) == -1)
		return -1;
	end = memchr(buf, '\n', len);
	if (len > 5 && memcmp(buf, "From ", 5) == 0 && end != NULL) {
		job->offset += end + 1 - buf;
		job->length -= (uint64_t)(end + 1 - buf);
	}
	return 0;
}

int
input_open(struct job *job, int fd)
{
	struct stat st;

	if (fstat(fd, &st) == -1)
		return -1;
	if (S_ISREG(st.st_mode)) {
		job->fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
		job->offset = lseek(fd, 0, SEEK_CUR);
	} else {
		job->fd = copy_to_file(fd);
		job->offset = 0;
	}
	if (job->fd == -1 || job->offset == -1 || fstat(job->fd, &st) == -1)
		return -1;
	job->length = st.st_size > job->offset ? (uint64_t)(st.st_size - job->offset) : 0;
	return skip_separator(job);
}
