/* SPDX-License-Identifier: ISC */
#include "base/packet.h"

#include <sys/socket.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"

#define DESCRIPTORS_MAX \
	8 /* what a confused peer may send in one packet; all but one are closed \
	   */

int
packet_pair(int ends[2])
{
	return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends);
}

int
packet_send(int fd, struct slice packet, int descriptor, deadline until)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control;
	struct iovec piece = {.iov_base = (void *)(uintptr_t)packet.data, .iov_len = packet.len};
	struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1};

	if (packet.len > PACKET_MAX) {
		errno = EMSGSIZE;
		return -1;
	}
	if (descriptor != -1) {
		struct cmsghdr *c;

		memset(&control, 0, sizeof control);
		message.msg_control = control.bytes;
		message.msg_controllen = sizeof control.bytes;
		c = CMSG_FIRSTHDR(&message);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &descriptor, sizeof(int));
	}
	for (;;) {
		if (sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL) != -1)
			return 0;
		if (errno == EAGAIN) {
			if (io_wait_writable(fd, until) == -1)
				return -1;
		} else if (errno != EINTR)
			return -1;
	}
}

static int
take_descriptor(struct msghdr *message)
{
	int kept = -1;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c != NULL; c = CMSG_NXTHDR(message, c)) {
		size_t count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t i = 0; i < count; i++) {
			int fd;

			memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof fd);
			if (kept == -1)
				kept = fd;
			else
				close(fd);
		}
	}
	return kept;
}

ssize_t
packet_receive(int fd, void *buf, size_t len, int *descriptor, deadline until)
{
	union {
		char bytes[CMSG_SPACE(DESCRIPTORS_MAX * sizeof(int))];
		struct cmsghdr align;
	} control;
	struct iovec piece = {.iov_base = buf, .iov_len = len};
	struct msghdr message;
	ssize_t n;

	if (descriptor != NULL)
		*descriptor = -1;
	for (;;) {
		message = (struct msghdr){.msg_iov = &piece,
		    .msg_iovlen = 1,
		    .msg_control = descriptor == NULL ? NULL : control.bytes,
		    .msg_controllen = descriptor == NULL ? 0 : sizeof control.bytes};
		n = recvmsg(fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
		if (n >= 0)
			break;
		if (errno == EAGAIN) {
			if (deadline_poll_ms(until) == 0) {
				errno = ETIMEDOUT;
				return -1;
			}
			if (io_wait_readable(fd, until) == -1)
				return -1;
		} else if (errno != EINTR)
			return -1;
	}
	if (descriptor != NULL)
		*descriptor = take_descriptor(&message);
	if (n > 0 && !(message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)))
		return n;
	if (descriptor != NULL) {
		io_close(*descriptor);
		*descriptor = -1;
	}
	if (n == 0)
		return 0;
	errno = EMSGSIZE;
	return -1;
}
