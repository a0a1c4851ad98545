/* SPDX-License-Identifier: ISC */
/*
 * Asking a helper (satchel(7), Helpers): where the spool has a listening socket run/NAME/socket the
 * helper is a service and is connected to; else its program is executed with a stream socketpair as
 * its standard input and output. One protocol serves both.
 */
#ifndef BASE_HELPER_H
#define BASE_HELPER_H

#include <sys/types.h>

#include <stdbool.h>

#include "base/executor.h"
#include "base/str.h"

/*
 * Who was hung up on before anything was done asks anew, so often in all: the service, which is
 * being restarted, as its socket, or a worker that is told to end, may still take connections; and
 * at last, as that socket may be dead, a program that is executed, if that can do the service's
 * work.
 */
#define HELPER_TRIES 6
/*
 * Where nobody but the service can do its work, as it hangs up on who holds his share of its
 * workers (net/crowd.h), too: half a minute of tries.
 */
#define HELPER_TRIES_ALONE 100

struct helper {
	int fd;		  /* -1 when closed */
	bool is_patient;  /* fd: see base/io.h */
	bool is_executed; /* for us alone, by whomever; false for a service */
	pid_t pid;	  /* of the program that we executed; 0 for a service or an executor's */
};

/* True when the kernel runs us with more rights than our caller's: its environment is not ours. */
bool helper_is_privileged(void);

/*
 * The full name of satchel's program NAME: in the folder SATCHEL_BIN of the environment, which a
 * privileged process ignores, else where it was installed. 0 or -1 with str's errors.
 */
int helper_program(struct str *path, const char *name);

/* How long a service that is being restarted is waited for, where nobody else can do its work. */
#define HELPER_RETURN_MS ((int64_t)3000)
/*
 * The service NAME of RUNDIR, connected to. One that was killed, as its socket shows, is given
 * WAIT_MS to come back; and so is one whose socket was removed less than that ago. 0, or -1 with
 * errno (ENOENT: there is no service).
 */
int helper_open_service(struct helper *h, const char *rundir, const char *name, int64_t wait_ms);
/*
 * Opens the helper ARGV[0], by RUNDIR (the spool's run/, a path; null for none) or by executing it
 * with ARGV. 0, or -1 with errno; that a program cannot be executed shows as end of file on the
 * socket and exit code 127.
 */
int helper_open(struct helper *h, const char *rundir, char *const argv[]);
/*
 * The same for who may be confined: with a EXECUTOR (not null, and its fd not -1), that executes
 * the program, by its task ARGV[0]. A service of a user whose work nobody else can do is waited
 * for, and no program executed as long as it can be connected to. TRY is the number of the try,
 * with the pause before it.
 */
int helper_open_by(const struct executor *executor, struct helper *h, const char *rundir,
    char *const argv[], unsigned try);
/* The pause before the try of that number, from 0: none before the first two. */
void helper_pause(unsigned try);
/* The executor's task of a helper: CONTEXT is its argv. Returns only if that is not possible. */
void helper_run(const void *context, int fd);
/*
 * True if a service listens at run/NAME/socket. It is not disturbed: a datagram socket is refused
 * by a stream socket otherwise than by the name of one that is gone.
 */
bool helper_is_served(const char *rundir, const char *name);
/* Closes the socket and, for one that we executed, waits for its end. */
void helper_close(struct helper *h);

/*
 * PATH as the address of a unix socket: connects to it. A descriptor, or -1 with errno (EAGAIN
 * where nobody accepts for ten seconds).
 */
int helper_connect(const char *path);

#endif
