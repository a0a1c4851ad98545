/* SPDX-License-Identifier: ISC */
/*
 * What the servers that use net/serve.h have in common: where their connections come from, and the
 * log lines of one that listens.
 */
#ifndef NET_SERVE_START_H
#define NET_SERVE_START_H

#include <stdbool.h>

#include "net/serve.h"

/*
 * Finds listening sockets: with SPEC (net/listen.h) one is opened, else those that systemd passed,
 * else standard input if it listens. 1 with s->listeners; 0 if there is one connection instead, *in
 * and *out; -1 with errno (EINVAL: SPEC). From 1 on, signals to stop wait for serve_run: what is
 * executed needs s->mask.
 */
int serve_find(struct serve *s, const char *spec, int *in, int *out);
/* The local port of the socket FD; 0 for what has none. */
int serve_port(int fd);

/* "listening" with address and port, "limit" or "child". */
void serve_log_event(const char *program, const struct serve_event *event);

#endif
