/* SPDX-License-Identifier: ISC */
#include "spool/background.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "spool/cell.h"
#include "spool/claim.h"
#include "spool/id.h"

#define FOLDER "run/background"
#define NAME_SIZE 48
#define FIFO_SIZE (1 << 20) /* octets, for some 40 000 names; what the kernel gives most users */

static void
name_fifo(char name[NAME_SIZE], uid_t uid)
{
	snprintf(name, NAME_SIZE, FOLDER "/%lu", (unsigned long)uid);
}

/* Nobody but the spool's owner can put anything there, and he might be mistaken. */
static int
open_fifo(const struct spool *s, const char *name)
{
	int fd = openat(s->fd, name, O_RDWR | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	if (fd == -1)
		return -1;
	if (fstat(fd, &st) == 0 && S_ISFIFO(st.st_mode) && st.st_uid == geteuid())
		return fd;
	io_close(fd);
	errno = EPERM;
	return -1;
}

int
background_open(const struct spool *s, uid_t uid)
{
	char name[NAME_SIZE];
	int fd;

	name_fifo(name, uid);
	fd = open_fifo(s, name);
	if (fd != -1 || errno != ENOENT)
		return fd;
	if ((mkdirat(s->fd, FOLDER, 0700) == -1 && errno != EEXIST) ||
	    (mkfifoat(s->fd, name, 0600) == -1 && errno != EEXIST))
		return -1;
	return open_fifo(s, name);
}

int
background_tell(int fd, const char *id, int cell)
{
	char line[ID_SIZE + CELL_NAME_SIZE + 2], name[CELL_NAME_SIZE] = "";
	int len;

	if (cell != -1)
		cell_name(name, cell);
	len = snprintf(line, sizeof line, "%s%s%s\n", id, cell == -1 ? "" : " ", name);
	return write(fd, line, (size_t)len) == len ? 0 : -1;
}

int
background_lock(int fd)
{
	if (claim_lock(fd, false) == -1)
		return -1;
	(void)fcntl(fd, F_SETPIPE_SZ, FIFO_SIZE); /* with less, more is left to other passes */
	return 0;
}

int
background_unlock(int fd)
{
	struct flock lock = {.l_type = F_UNLCK, .l_whence = SEEK_SET};

	return fcntl(fd, F_OFD_SETLK, &lock);
}

bool
background_is_running(const struct spool *s, uid_t uid)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	char name[NAME_SIZE];
	bool is_locked;
	int fd;

	name_fifo(name, uid);
	fd = open_fifo(s, name);
	if (fd == -1)
		return false;
	is_locked = fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
	io_close(fd);
	return is_locked;
}
