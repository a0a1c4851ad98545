/* SPDX-License-Identifier: ISC */
#ifndef NET_CONNECT_H
#define NET_CONNECT_H

#include <sys/socket.h>

#include "base/clock.h"

/*
 * Opens a TCP connection, non-blocking and close-on-exec, without Nagle's delay: what a protocol of
 * commands and replies wants. The descriptor, or -1 with errno; ETIMEDOUT at the deadline.
 */
int connect_to(const struct sockaddr_storage *address, socklen_t len, deadline until);

#endif
