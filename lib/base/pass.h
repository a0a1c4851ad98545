/* SPDX-License-Identifier: ISC */
/* Descriptors that go with bytes over a stream socket (SCM_RIGHTS). */
#ifndef BASE_PASS_H
#define BASE_PASS_H

#include <stddef.h>

#include "base/clock.h"
#include "base/slice.h"

#define PASS_MAX 4 /* descriptors at once */

/*
 * Sends BYTES, at least one, and duplicates of COUNT descriptors with the first. 0, or -1 with
 * errno (ETIMEDOUT, EPIPE when the other side has gone).
 */
int pass_send(int fd, struct slice bytes, const int *descriptors, size_t count, deadline until);

/*
 * Receives exactly LEN bytes, and the descriptors that come with them: *count of them, at most MAX,
 * close-on-exec and now the caller's; any further ones are closed. 1, 0 at end of file before the
 * first byte, -1 with errno (EPROTO for end of file later) and no descriptor.
 */
int pass_receive(
    int fd, void *bytes, size_t len, int *descriptors, size_t max, size_t *count, deadline until);

#endif
