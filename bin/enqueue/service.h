/* SPDX-License-Identifier: ISC */
/* The helper protocol (enqueue(8), HELPER PROTOCOL), for one client or as a service. */
#ifndef ENQUEUE_SERVICE_H
#define ENQUEUE_SERVICE_H

#include <sys/types.h>

#include <signal.h>

#include "accept.h"

/*
 * Serves one submitter, UID, on FD until he closes it: true, or false for one who broke the
 * protocol, went silent or went away within a message. Ends between messages once *STOP is set; the
 * signals in DURING are let through only while it waits there.
 */
bool service_speak(
    struct accept *a, int fd, uid_t uid, const volatile sig_atomic_t *stop, const sigset_t *during);

/*
 * Listens on run/enqueue/socket of the spool (or on the socket that systemd passes) with pre-forked
 * workers until SIGTERM or SIGINT. Exit code.
 */
int service_run(struct accept *a);

#endif
