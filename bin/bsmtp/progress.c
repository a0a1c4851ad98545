/* SPDX-License-Identifier: ISC */
#include "progress.h"

#include <sys/file.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"

#define ALL UINT64_MAX /* of the steps */
#define TEXT_SIZE 100

/* "bsmtp SIZE SUM STEPS", or "bsmtp SIZE SUM all". */
static int
read_file(struct progress *p, struct str *problem)
{
	unsigned long long size, steps = 0;
	char text[TEXT_SIZE] = "", count[24];
	unsigned long sum;
	struct stat st;

	if (fstat(p->fd, &st) == -1)
		return -1;
	if (st.st_size == 0)
		return 0;
	if (!S_ISREG(st.st_mode) || st.st_size >= TEXT_SIZE ||
	    io_pread(p->fd, text, (size_t)st.st_size, 0) == -1 ||
	    sscanf(text, "bsmtp %llu %8lx %23s", &size, &sum, count) != 3 ||
	    (strcmp(count, "all") != 0 && sscanf(count, "%llu", &steps) != 1)) {
		(void)str_add_text(problem, "it is no such file");
		return 1;
	}
	if (size == p->batch->size && sum == p->batch->sum) {
		p->steps = strcmp(count, "all") == 0 ? ALL : steps;
		return 0;
	}
	if (strcmp(count, "all") == 0)
		return 0;
	(void)str_format(problem, "another batch, of %llu octets, was not finished", size);
	return 1;
}

enum progress_result
progress_open(struct progress *p, const char *path, const struct batch *batch, struct str *problem)
{
	*p = (struct progress){.fd = -1, .batch = batch};
	if (path == NULL)
		return PROGRESS_GOOD;
	p->fd =
	    open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, S_IRUSR | S_IWUSR);
	if (p->fd == -1)
		return PROGRESS_FAILED;
	if (flock(p->fd, LOCK_EX | LOCK_NB) == -1)
		return errno == EWOULDBLOCK ? PROGRESS_BUSY : PROGRESS_FAILED;
	switch (read_file(p, problem)) {
	case 0:
		return PROGRESS_GOOD;
	case 1:
		return PROGRESS_OTHER;
	default:
		return PROGRESS_FAILED;
	}
}

/* The text has always the same length, so that none is ever half of one and half of another. */
static int
write_file(const struct progress *p, const char *count)
{
	char text[TEXT_SIZE];
	int len = snprintf(text, sizeof text, "bsmtp %020llu %08lx %20s\n",
	    (unsigned long long)p->batch->size, (unsigned long)p->batch->sum, count);

	if (io_pwrite(p->fd, text, (size_t)len, 0) == -1)
		return -1;
	return fsync(p->fd);
}

int
progress_mark(struct progress *p, uint64_t steps)
{
	char count[24];

	p->steps = steps;
	if (p->fd == -1)
		return 0;
	snprintf(count, sizeof count, "%llu", (unsigned long long)steps);
	return write_file(p, count);
}

int
progress_finish(struct progress *p)
{
	return p->fd == -1 || p->steps == ALL ? 0 : write_file(p, "all");
}

void
progress_close(struct progress *p)
{
	io_close(p->fd);
	p->fd = -1;
}
