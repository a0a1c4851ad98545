/* SPDX-License-Identifier: ISC */
/* A folder for one test program: a descriptor from mailbox_scratch_open, gone after .._remove. */
#ifndef UNIT_MAILBOX_SCRATCH_H
#define UNIT_MAILBOX_SCRATCH_H

#include <sys/stat.h>

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char mailbox_scratch[64];

__attribute__((unused)) static int
mailbox_scratch_open(void)
{
	int fd;

	umask(022);
	snprintf(mailbox_scratch, sizeof mailbox_scratch, "/tmp/satchel-unit.XXXXXX");
	if (mkdtemp(mailbox_scratch) == NULL ||
	    (fd = open(mailbox_scratch, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) == -1) {
		printf("Bail out! unable to make a scratch folder\n");
		exit(1);
	}
	return fd;
}

__attribute__((unused)) static int
mailbox_scratch_unlink(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

__attribute__((unused)) static void
mailbox_scratch_remove(int fd)
{
	close(fd);
	nftw(mailbox_scratch, mailbox_scratch_unlink, 16, FTW_DEPTH | FTW_PHYS);
}

/* A file PATH with TEXT; an old one is replaced. */
__attribute__((unused)) static void
mailbox_scratch_write(int base, const char *path, const char *text)
{
	int fd = openat(base, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd == -1 || write(fd, text, strlen(text)) != (ssize_t)strlen(text)) {
		printf("Bail out! unable to write %s\n", path);
		exit(1);
	}
	close(fd);
}

/* What is in PATH, in a buffer of its own: the next call overwrites it. */
__attribute__((unused)) static const char *
mailbox_scratch_read(int base, const char *path)
{
	static char text[8192];
	int fd = openat(base, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	ssize_t len = fd == -1 ? -1 : read(fd, text, sizeof text - 1);

	text[len < 0 ? 0 : len] = '\0';
	if (fd != -1)
		close(fd);
	return text;
}

#endif
