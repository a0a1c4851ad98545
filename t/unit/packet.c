/* SPDX-License-Identifier: ISC */
#include "base/packet.h"

#include <sys/socket.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "tap.h"

#define SOON deadline_in_seconds(60)

static char buf[PACKET_MAX + 1];

static size_t
open_descriptors(void)
{
	size_t count = 0;

	for (int fd = 0; fd < 100; fd++)
		count += fcntl(fd, F_GETFD) != -1;
	return count;
}

static void
test_packets(int ends[2])
{
	int descriptor;

	tap_ok(packet_send(ends[0], slice_of("one"), -1, SOON) == 0, "send");
	tap_ok(packet_send(ends[0], slice_of("two"), STDIN_FILENO, SOON) == 0, "with a descriptor");
	tap_is_int(packet_receive(ends[1], buf, sizeof buf, &descriptor, SOON), 3, "receive");
	tap_is_int(descriptor, -1, "without a descriptor");
	tap_is_int(packet_receive(ends[1], buf, sizeof buf, &descriptor, SOON), 3, "and with one");
	tap_ok(memcmp(buf, "two", 3) == 0, "what was sent");
	tap_ok(descriptor > STDERR_FILENO && fcntl(descriptor, F_GETFD) == FD_CLOEXEC,
	    "which closes on exec");
	io_close(descriptor);
	memset(buf, 'x', sizeof buf);
	errno = 0;
	tap_ok(packet_send(ends[0], slice_make(buf, PACKET_MAX + 1), -1, SOON) == -1 &&
		   errno == EMSGSIZE,
	    "one octet too many to send");
	tap_ok(packet_send(ends[0], slice_make(buf, PACKET_MAX), -1, SOON) == 0, "the largest");
	tap_is_int(
	    packet_receive(ends[1], buf, PACKET_MAX, &descriptor, SOON), PACKET_MAX, "comes whole");
	tap_ok(packet_receive(ends[1], buf, PACKET_MAX, &descriptor, deadline_in_ms(1)) == -1 &&
		   errno == ETIMEDOUT,
	    "nothing comes in time");
}

static void
test_refused(int ends[2])
{
	size_t before = open_descriptors();
	int descriptor;

	tap_ok(packet_send(ends[0], slice_of("12345"), STDIN_FILENO, SOON) == 0, "more than fits");
	errno = 0;
	tap_ok(packet_receive(ends[1], buf, 4, &descriptor, SOON) == -1 && errno == EMSGSIZE,
	    "is refused");
	tap_is_int(descriptor, -1, "with its descriptor");
	tap_ok(packet_send(ends[0], slice_make(NULL, 0), STDIN_FILENO, SOON) == 0, "an empty one");
	tap_is_int(packet_receive(ends[1], buf, sizeof buf, &descriptor, SOON), 0, "is an end");
	tap_is_int(descriptor, -1, "with its descriptor");
	tap_is_int((long long)open_descriptors(), (long long)before, "and no descriptor stays");
	close(ends[1]);
	errno = 0;
	tap_ok(packet_send(ends[0], slice_of("x"), -1, SOON) == -1 && errno == EPIPE,
	    "a reader that has gone is no signal");
	close(ends[0]);
}

int
main(void)
{
	int ends[2];

	if (packet_pair(ends) == -1) {
		puts("Bail out! unable to make a socketpair");
		return 1;
	}
	test_packets(ends);
	test_refused(ends);
	return tap_done();
}
