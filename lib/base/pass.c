/* SPDX-License-Identifier: ISC */
#include "base/pass.h"

#include <sys/socket.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"

union control {
	char bytes[CMSG_SPACE(PASS_MAX * sizeof(int))];
	struct cmsghdr align;
};

static void
attach(struct msghdr *message, union control *control, const int *descriptors, size_t count)
{
	struct cmsghdr *c;

	memset(control, 0, sizeof *control);
	message->msg_control = control->bytes;
	message->msg_controllen = CMSG_SPACE(count * sizeof(int));
	c = CMSG_FIRSTHDR(message);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(count * sizeof(int));
	memcpy(CMSG_DATA(c), descriptors, count * sizeof(int));
}

int
pass_send(int fd, struct slice bytes, const int *descriptors, size_t count, deadline until)
{
	union control control;
	struct iovec piece = {.iov_base = (void *)(uintptr_t)bytes.data, .iov_len = bytes.len};
	struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1};
	ssize_t n;

	if (bytes.len == 0 || count > PASS_MAX) {
		errno = EINVAL;
		return -1;
	}
	if (count > 0)
		attach(&message, &control, descriptors, count);
	while ((n = sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL)) == -1) {
		if (errno == EINTR)
			continue;
		if (errno != EAGAIN || io_wait_writable(fd, until) == -1)
			return -1;
	}
	return io_write(fd, bytes.data + n, bytes.len - (size_t)n, until);
}

static void
detach(struct msghdr *message, int *descriptors, size_t max, size_t *count)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c != NULL; c = CMSG_NXTHDR(message, c)) {
		size_t came = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t i = 0; i < came; i++) {
			int fd;

			memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof fd);
			if (*count < max)
				descriptors[(*count)++] = fd;
			else
				io_close(fd);
		}
	}
}

static ssize_t
receive_some(
    int fd, char *bytes, size_t len, int *descriptors, size_t max, size_t *count, deadline until)
{
	union control control;
	struct iovec piece = {.iov_base = bytes, .iov_len = len};

	for (;;) {
		struct msghdr message = {.msg_iov = &piece,
		    .msg_iovlen = 1,
		    .msg_control = control.bytes,
		    .msg_controllen = sizeof control.bytes};
		ssize_t n = recvmsg(fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

		if (n >= 0) {
			detach(&message, descriptors, max, count);
			return n;
		}
		if (errno == EAGAIN && io_wait_readable(fd, until) == -1)
			return -1;
		if (errno != EAGAIN && errno != EINTR)
			return -1;
	}
}

int
pass_receive(
    int fd, void *bytes, size_t len, int *descriptors, size_t max, size_t *count, deadline until)
{
	size_t have = 0;
	ssize_t n = 1;

	*count = 0;
	while (have < len && n > 0) {
		n = receive_some(
		    fd, (char *)bytes + have, len - have, descriptors, max, count, until);
		if (n > 0)
			have += (size_t)n;
	}
	if (have == len)
		return 1;
	while (*count > 0)
		io_close(descriptors[--*count]);
	if (n == -1 || have == 0)
		return n == -1 ? -1 : 0;
	errno = EPROTO;
	return -1;
}
