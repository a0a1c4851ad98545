/* SPDX-License-Identifier: ISC */
/* What the files of tlsd share. */
#ifndef TLSD_H
#define TLSD_H

#include <stdbool.h>

#include "base/str.h"
#include "conf/limits.h"
#include "net/peer.h"
#include "net/tls.h"

#define PROGRAM "tlsd"
#define PROBLEM_MAX ((size_t)1000)

struct program {
	const char *user; /* to become; null for nobody else */
	struct limits limits;
	struct tls *tls;  /* null if TLS is not possible: problem */
	bool is_confined; /* the control file confinement does not say "none" */
	struct str problem;
	struct str folder; /* run/tlsd of the spool */
};

void program_init(struct program *p);
/* Reads the control files and what they name: true, or false with problem. */
bool program_open(struct program *p);
void program_close(struct program *p);
/* Becomes user, once all that needs more rights has been read. Ends the program if it cannot. */
void program_drop_rights(struct program *p);

/* Puts TLS in front of the program ARGV: at once, or when it asks for it. Exit codes. */
int chain_run(struct program *p, char **argv);
int delayed_run(struct program *p, char **argv);

/* Puts the client's address into the environment, unless who accepted it did. */
void chain_find_client(void);
/* The handshake on IN and OUT, logged. Null if it failed. */
struct tls_stream *chain_accept(struct program *p, int in, int out, struct tls_info *info);
/* After it: carries octets until the end; no key is needed any more. */
void chain_pump(struct program *p, struct tls_stream *stream, int plain);
/* In a child: becomes ARGV, or says why not. STREAM may be null. */
_Noreturn void chain_execute(struct program *p, struct tls_stream *stream, char **argv);
/* Waits for it: its exit code. */
int chain_wait(pid_t pid);

/*
 * Before a handshake: no program, no socket, no file but to read, and run/tlsd. A service may
 * accept connections and have children beside, and is confined once, with all of these.
 */
void confine_handshake(const struct program *p, bool is_service);
/* After it: nothing but the descriptors that are open. AGAIN: confine_handshake came before. */
void confine_carrying(const struct program *p, bool again);

/* The helper protocol for one connection, on the socket FD. */
void speak(struct program *p, int fd);
int service_run(struct program *p);

#endif
