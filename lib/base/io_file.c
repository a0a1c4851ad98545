/* SPDX-License-Identifier: ISC */
#include <sys/sendfile.h>

#include <errno.h>
#include <fcntl.h>

#include "base/io.h"

static int
send_all(int fd, int file, off_t offset, size_t len, deadline until)
{
	while (len > 0) {
		ssize_t n = sendfile(fd, file, &offset, len);

		if (n == 0) { /* the file is shorter */
			errno = EIO;
			return -1;
		}
		if (n == -1 && errno == EAGAIN && io_wait_writable(fd, until) == -1)
			return -1;
		if (n == -1 && errno != EAGAIN && errno != EINTR)
			return -1;
		if (n > 0)
			len -= (size_t)n;
	}
	return 0;
}

/* sendfile(2) has no flag against waiting, so the socket must have. */
int
io_send_file(int fd, int file, off_t offset, size_t len, deadline until)
{
	int flags = fcntl(fd, F_GETFL), result, saved;

	if (flags == -1 ||
	    ((flags & O_NONBLOCK) == 0 && fcntl(fd, F_SETFL, flags | O_NONBLOCK) == -1))
		return -1;
	result = send_all(fd, file, offset, len, until);
	saved = errno;
	if ((flags & O_NONBLOCK) == 0 && fcntl(fd, F_SETFL, flags) == -1 && result == 0)
		return -1;
	errno = saved;
	return result;
}
