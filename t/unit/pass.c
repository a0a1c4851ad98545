/* SPDX-License-Identifier: ISC */
/* Descriptors over a stream (base/pass.h), and frames read without a reader (spool/frame.h). */
#include "base/pass.h"

#include <sys/socket.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "spool/frame.h"
#include "tap.h"

#define SOON deadline_in_seconds(60)

static size_t
open_descriptors(void)
{
	size_t count = 0;

	for (int fd = 0; fd < 100; fd++)
		count += fcntl(fd, F_GETFD) != -1;
	return count;
}

static void
test_pass(int ends[2])
{
	const int three[] = {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO};
	size_t before = open_descriptors(), count;
	char bytes[8];
	int got[2];

	tap_is_int(pass_send(ends[0], slice_of("hello"), three, 2, SOON), 0, "two go");
	tap_is_int(pass_receive(ends[1], bytes, 5, got, 2, &count, SOON), 1, "and come");
	tap_ok(count == 2, "both");
	tap_ok(memcmp(bytes, "hello", 5) == 0, "with their bytes");
	tap_ok(fcntl(got[0], F_GETFD) == FD_CLOEXEC, "close-on-exec");
	close(got[0]);
	close(got[1]);
	tap_is_int(pass_send(ends[0], slice_of("abc"), three, 3, SOON), 0, "three go");
	tap_is_int(pass_receive(ends[1], bytes, 3, got, 1, &count, SOON), 1, "for who wants one");
	tap_ok(count == 1, "and gets one");
	close(got[0]);
	tap_is_int(pass_send(ends[0], slice_of("x"), NULL, 0, SOON), 0, "none goes");
	tap_is_int(pass_send(ends[0], slice_of("yz"), three, 1, SOON), 0, "one follows");
	tap_is_int(pass_receive(ends[1], bytes, 3, got, 2, &count, SOON), 1, "both in one");
	tap_ok(count == 1, "the one");
	close(got[0]);
	tap_ok(pass_send(ends[0], slice_of(NULL), three, 1, SOON) == -1 && errno == EINVAL,
	    "no byte to go with");
	tap_ok(pass_receive(ends[1], bytes, 1, got, 2, &count, deadline_in_ms(1)) == -1 &&
		   errno == ETIMEDOUT,
	    "nothing comes");
	tap_is_int(pass_send(ends[0], slice_of("ab"), three, 2, SOON), 0, "too short");
	tap_is_int(shutdown(ends[0], SHUT_WR), 0, "and over");
	tap_ok(pass_receive(ends[1], bytes, 3, got, 2, &count, SOON) == -1 && errno == EPROTO &&
		   count == 0,
	    "counts as nothing");
	tap_is_int(pass_receive(ends[1], bytes, 3, got, 2, &count, SOON), 0, "the end");
	tap_ok(open_descriptors() == before, "none is left");
}

static void
test_frames(int ends[2])
{
	struct str payload;
	char type;

	str_init(&payload, 8);
	tap_is_int(frame_send(ends[0], FRAME_DATA, slice_of("12345678"), SOON), 0, "sent");
	tap_is_int(frame_send(ends[0], FRAME_ABORT, slice_of(NULL), SOON), 0, "an empty one");
	tap_ok(write(ends[0], "rest", 4) == 4, "and something else");
	tap_is_int(frame_take(ends[1], &type, &payload, SOON), 1, "taken");
	tap_is_int(type, FRAME_DATA, "its letter");
	tap_is_text(payload.data, "12345678", "its content");
	tap_is_int(frame_take(ends[1], &type, &payload, SOON), 1, "the empty one");
	tap_ok(payload.len == 0, "is empty");
	tap_ok(frame_take(ends[1], &type, &payload, deadline_in_ms(1)) == -1 && errno == ETIMEDOUT,
	    "no frame");
	tap_is_int(frame_send(ends[0], FRAME_DATA, slice_of("123456789"), SOON), 0, "too long");
	tap_is_int(shutdown(ends[0], SHUT_WR), 0, "over");
	tap_ok(frame_take(ends[1], &type, &payload, SOON) == -1 && errno == EPROTO, "is refused");
	str_free(&payload);
}

int
main(void)
{
	int ends[2];

	tap_is_int(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0, "a pair");
	test_pass(ends);
	close(ends[0]);
	close(ends[1]);
	tap_is_int(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0, "another");
	test_frames(ends);
	close(ends[0]);
	close(ends[1]);
	return tap_done();
}
