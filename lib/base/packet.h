/* SPDX-License-Identifier: ISC */
/*
 * Packets on a SOCK_SEQPACKET socketpair between qrun and its workers, each of at most
 * PACKET_MAX bytes, and with at most one descriptor (SCM_RIGHTS).
 */
#ifndef BASE_PACKET_H
#define BASE_PACKET_H

#include <sys/types.h>

#include "base/clock.h"
#include "base/slice.h"

#define PACKET_MAX ((size_t)65536)

/* Both ends close-on-exec. 0 or -1 with errno. */
int packet_pair(int ends[2]);

/*
 * Sends PACKET, and a duplicate of DESCRIPTOR unless that is -1. 0, or -1: ETIMEDOUT, EMSGSIZE
 * (over PACKET_MAX), EPIPE when the other side has gone.
 */
int packet_send(int fd, struct slice packet, int descriptor, deadline until);

/*
 * Receives one packet into BUF: its length, 0 when the other side has gone, -1 with errno
 * (ETIMEDOUT; EMSGSIZE for a packet that did not fit). *descriptor is the one that came with it,
 * close-on-exec and now the caller's, or -1. An empty packet is never sent. Any further
 * descriptors are closed. With a null DESCRIPTOR a packet that has one is refused with EMSGSIZE.
 */
ssize_t packet_receive(int fd, void *buf, size_t len, int *descriptor, deadline until);

#endif
