/* SPDX-License-Identifier: ISC */
/*
 * The parent of the front. It does for it what it may not do itself, and after the login it becomes
 * the owner of the mailbox and goes on with the session. Where pop3d was started by root it is root
 * until then, and reads nothing that a client can choose but the packets of handover.h.
 */
#ifndef POP3D_KEEPER_H
#define POP3D_KEEPER_H

#include <sys/types.h>

#include "pop3d.h"

/* With the front PID at the other end of CHANNEL: until the session's end; the exit code. */
int keeper_run(const struct settings *s, int channel, pid_t front);

#endif
