/* SPDX-License-Identifier: ISC */
/* Listening sockets. */
#ifndef NET_LISTEN_H
#define NET_LISTEN_H

#include <stdbool.h>

/*
 * SPEC is "PORT" (all addresses), "ADDRESS:PORT" or "[IPV6]:PORT", in numbers. A listening TCP
 * socket, close-on-exec, or -1 with errno (EINVAL: not such a SPEC).
 */
int listen_open(const char *spec);
/*
 * A listening unix socket at PATH, close-on-exec, with MODE. One that a service left behind is
 * replaced; one that lives is not. A descriptor, or -1 with errno (EADDRINUSE: one that lives).
 */
int listen_at_path(const char *path, unsigned mode);
/* True for a socket that listens. */
bool listen_is_open(int fd);

#endif
