/* SPDX-License-Identifier: ISC */
/* The helper protocol (enqueue(8), HELPER PROTOCOL), for one client or as a service. */
#ifndef ENQUEUE_SERVICE_H
#define ENQUEUE_SERVICE_H

#include <sys/types.h>

#include <signal.h>

#include "accept.h"

/*
 * Serves one submitter, WHO, on FD until he closes it: true, or false for one who broke the
 * protocol, went silent or went away within a message. It may start passes for what he submits.
 */
bool service_speak(struct accept *a, int fd, const struct quota_who *who);

/*
 * Listens on run/enqueue/socket of the spool (or on the socket that systemd passes) with pre-forked
 * workers until SIGTERM or SIGINT. Exit code.
 */
int service_run(struct accept *a);

#endif
