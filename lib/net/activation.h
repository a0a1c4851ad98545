/* SPDX-License-Identifier: ISC */
#ifndef NET_ACTIVATION_H
#define NET_ACTIVATION_H

/*
 * Sockets that systemd passed to this process (sd_listen_fds(3)): how many, the first being
 * descriptor ACTIVATION_FIRST; 0 if LISTEN_FDS and LISTEN_PID do not speak of this process. Makes
 * them close-on-exec and takes both variables out of the environment.
 */
#define ACTIVATION_FIRST 3

int activation_sockets(void);

#endif
