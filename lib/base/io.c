/* SPDX-License-Identifier: ISC */
#include "base/io.h"

#include <sys/socket.h>
#include <sys/time.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

static int
wait_for(int fd, short events, deadline until)
{
	for (;;) {
		struct pollfd p = {.fd = fd, .events = events};
		int n = poll(&p, 1, deadline_poll_ms(until));

		if (n > 0)
			return 0;
		if (n == 0) {
			errno = ETIMEDOUT;
			return -1;
		}
		if (errno != EINTR)
			return -1;
	}
}

int
io_wait_readable(int fd, deadline until)
{
	return wait_for(fd, POLLIN, until);
}

int
io_wait_writable(int fd, deadline until)
{
	return wait_for(fd, POLLOUT, until);
}

int
io_set_patience(int fd)
{
	const struct timeval patience = {
	    .tv_sec = IO_PATIENCE_MS / 1000, .tv_usec = IO_PATIENCE_MS % 1000 * 1000};

	return setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
}

ssize_t
io_read_patient(int fd, void *buf, size_t len, deadline until)
{
	int left = deadline_poll_ms(until);

	if (left == -1 || left >= IO_PATIENCE_MS) {
		ssize_t n = recv(fd, buf, len, 0);

		if (n >= 0 || (errno != EAGAIN && errno != EINTR))
			return n;
	}
	return io_read(fd, buf, len, until);
}

ssize_t
io_read(int fd, void *buf, size_t len, deadline until)
{
	bool is_socket = true;

	for (;;) {
		ssize_t n;

		if (is_socket) {
			n = recv(fd, buf, len, MSG_DONTWAIT);
		} else {
			if (wait_for(fd, POLLIN, until) == -1)
				return -1;
			n = read(fd, buf, len);
		}
		if (n >= 0)
			return n;
		if (errno == ENOTSOCK)
			is_socket = false;
		else if (errno == EAGAIN) {
			if (wait_for(fd, POLLIN, until) == -1)
				return -1;
		} else if (errno != EINTR)
			return -1;
	}
}

/*
 * A pipe that poll calls writable takes PIPE_BUF bytes without blocking and may block for more,
 * so what is not a socket is fed in pieces of that size.
 */
static ssize_t
write_some(int fd, struct iovec *pieces, int count, bool *is_socket, deadline until)
{
	struct iovec one;

	if (*is_socket) {
		struct msghdr message = {.msg_iov = pieces, .msg_iovlen = (size_t)count};
		ssize_t n = sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n >= 0)
			return n;
		if (errno == EAGAIN)
			return wait_for(fd, POLLOUT, until) == -1 ? -1 : 0;
		if (errno != ENOTSOCK)
			return errno == EINTR ? 0 : -1;
		*is_socket = false;
	}
	if (wait_for(fd, POLLOUT, until) == -1)
		return -1;
	one = pieces[0];
	if (one.iov_len > PIPE_BUF)
		one.iov_len = PIPE_BUF;
	for (;;) {
		ssize_t n = write(fd, one.iov_base, one.iov_len);

		if (n >= 0)
			return n;
		if (errno == EAGAIN)
			return wait_for(fd, POLLOUT, until) == -1 ? -1 : 0;
		if (errno != EINTR)
			return -1;
	}
}

int
io_writev(int fd, struct iovec *pieces, int count, deadline until)
{
	bool is_socket = true;

	while (count > 0) {
		ssize_t n;

		if (pieces->iov_len == 0) {
			pieces++;
			count--;
			continue;
		}
		n = write_some(fd, pieces, count, &is_socket, until);
		if (n == -1)
			return -1;
		while (count > 0 && (size_t)n >= pieces->iov_len) {
			n -= (ssize_t)pieces->iov_len;
			pieces++;
			count--;
		}
		if (count > 0) {
			pieces->iov_base = (char *)pieces->iov_base + n;
			pieces->iov_len -= (size_t)n;
		}
	}
	return 0;
}

int
io_write(int fd, const void *buf, size_t len, deadline until)
{
	struct iovec piece = {.iov_base = (void *)(uintptr_t)buf, .iov_len = len};

	return io_writev(fd, &piece, 1, until);
}

int
io_pread(int fd, void *buf, size_t len, off_t offset)
{
	char *at = buf;

	while (len > 0) {
		ssize_t n = pread(fd, at, len, offset);

		if (n == -1 && errno == EINTR)
			continue;
		if (n == 0)
			errno = EIO;
		if (n <= 0)
			return -1;
		at += n;
		offset += n;
		len -= (size_t)n;
	}
	return 0;
}

int
io_pwrite(int fd, const void *buf, size_t len, off_t offset)
{
	const char *at = buf;

	while (len > 0) {
		ssize_t n = pwrite(fd, at, len, offset);

		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return -1;
		at += n;
		offset += n;
		len -= (size_t)n;
	}
	return 0;
}

void
io_close(int fd)
{
	int saved = errno;

	if (fd != -1)
		close(fd);
	errno = saved;
}

int
io_set_close_on_exec(int fd, bool on)
{
	int flags = fcntl(fd, F_GETFD);

	if (flags == -1)
		return -1;
	return fcntl(fd, F_SETFD, on ? flags | FD_CLOEXEC : flags & ~FD_CLOEXEC);
}

int
io_fill_standard(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) == -1 && open("/dev/null", O_WRONLY) != fd)
			return -1;
	return signal(SIGCHLD, SIG_DFL) == SIG_ERR ? -1 : 0;
}
