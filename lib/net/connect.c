/* SPDX-License-Identifier: ISC */
#include "net/connect.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include "base/io.h"

static int
finish(int fd, deadline until)
{
	int error = 0;
	socklen_t size = sizeof error;

	if (io_wait_writable(fd, until) == -1 ||
	    getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == -1)
		return -1;
	errno = error;
	return error == 0 ? 0 : -1;
}

int
connect_to(const struct sockaddr_storage *address, socklen_t len, deadline until)
{
	int fd = socket(address->ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int on = 1, result;

	if (fd == -1)
		return -1;
	/* slower without it, and no worse */
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	result = connect(fd, (const struct sockaddr *)address, len);
	/* interrupted, a connection goes on by itself (connect(2)) */
	if (result == -1 && (errno == EINPROGRESS || errno == EINTR))
		result = finish(fd, until);
	if (result == 0)
		return fd;
	io_close(fd);
	return -1;
}
