/* SPDX-License-Identifier: ISC */
/* Listening sockets. */
#ifndef NET_LISTEN_H
#define NET_LISTEN_H

#include <stdbool.h>

#include "base/str.h"

/*
 * SPEC is "PORT" (all addresses), "ADDRESS:PORT" or "[IPV6]:PORT", in numbers. A listening TCP
 * socket, close-on-exec, or -1 with errno (EINVAL: not such a SPEC).
 */
int listen_open(const char *spec);
/* What may be done about what listen_open failed with: " (...)", or nothing. */
const char *listen_advice(int error);
/* The same for listen_for_service. */
const char *listen_service_advice(int error);
/*
 * A listening unix socket at PATH, close-on-exec, with MODE. One that a service left behind is
 * replaced; one that lives is not. A descriptor, or -1 with errno (EADDRINUSE: one that lives).
 */
int listen_at_path(const char *path, unsigned mode);
/*
 * The folder PATH of a service, made where it is missing, and if it is ours anybody's to enter.
 * What stands above it may be another user's, so no link in its place is followed. A descriptor, or
 * -1 with errno.
 */
int listen_open_folder(const char *path);
/*
 * The socket of the service NAME in the spool SPOOL, as listen_at_path: run/NAME/socket there, in
 * such a folder. Everybody may connect, since who asks is known by SO_PEERCRED. *path becomes its
 * name.
 */
int listen_for_service(const char *spool, const char *name, struct str *path);
/* True for a socket that listens. */
bool listen_is_open(int fd);

#endif
