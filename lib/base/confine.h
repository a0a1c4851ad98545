/* SPDX-License-Identifier: ISC */
/*
 * Confinement: a process that has opened what it needs gives up the rest for itself and for all of
 * its children, by Landlock (files, TCP ports, signals; landlock(7)) and by a seccomp filter of
 * system calls (seccomp(2)), with no_new_privs. It works without root. What the kernel cannot do is
 * left out, and the caller is told, so that it can say so.
 *
 * A policy is a value that the program fills; what it does not name is refused:
 *
 *	struct confine policy = {.calls = CONFINE_CONNECT};
 *	confine_read(&policy, "/etc");
 *	confine_apply(&policy, &done);
 *
 * Descriptors that are open stay what they are: nothing here looks at reads, writes, locks and
 * messages. Of system calls, those that only an intruder makes (execve, ptrace, mount, bpf …) end
 * the process by SIGSYS; others that are not needed fail: with EPERM, or with ENOSYS if they are
 * younger than Linux 5.1, as for those a C library has another way. So no program is executed: who
 * needs that forks an executor first (base/executor.h). Memory cannot be written and executed, too.
 * What strangers said in it, passwords perhaps, is in no core file and shown to no debugger.
 */
#ifndef BASE_CONFINE_H
#define BASE_CONFINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CONFINE_PATHS_MAX 32
#define CONFINE_PORTS_MAX 8

enum confine_calls {
	CONFINE_CONNECT = 1, /* unix sockets of one's own, and connections to others */
	CONFINE_INET = 2,    /* TCP connections, to the ports named where Landlock knows ports */
	CONFINE_SERVE = 4,   /* accepting connections, forking children */
	CONFINE_FILES = 8,   /* renaming and removing files, and their modes, where one may write */
	/*
	 * For a later policy, alone: calls stay as an earlier one has them. A filter takes as long
	 * to set up as a TLS handshake. Where there is no Landlock it counts as 0, as files are
	 * confined by nothing else.
	 */
	CONFINE_SAME = 16,
	CONFINE_POOL = 32, /* beside CONFINE_SERVE: telling children to end, or to end with us */
};

struct confine {
	unsigned calls; /* of enum confine_calls; 0: descriptors at hand, memory, time */
	/* filled by the functions below; paths are not owned */
	const char *readable[CONFINE_PATHS_MAX], *writable[CONFINE_PATHS_MAX];
	size_t readable_count, writable_count;
	uint16_t ports[CONFINE_PORTS_MAX];
	size_t port_count;
};

/* What is in force; of a part that is not, why. */
struct confine_done {
	int landlock; /* the version of its interface (ABI), 0 for none */
	int landlock_error;
	bool seccomp;
	int seccomp_error;
};

/*
 * A file, or a folder with all below it, may be read (or read and written, with new
 * files below a folder). A path that does not exist when the policy is applied is left out, as is
 * one too many.
 */
void confine_read(struct confine *c, const char *path);
void confine_write(struct confine *c, const char *path);
/*
 * What the C library's look-ups of users read and connect to, whatever nsswitch.conf(5) names:
 * files, systemd, sss, extrausers, db, and nslcd.
 */
void confine_read_users(struct confine *c);
/* Connections to this TCP port. */
void confine_port(struct confine *c, uint16_t port);

/*
 * From now on, for this process (which has one thread) and its children; a later policy can only
 * take away more. 0 if all is in force.
 */
int confine_apply(const struct confine *c, struct confine_done *done);
/* Logs what of it is not in force, and why: the event "confinement" of PROGRAM. */
void confine_log(const char *program, const struct confine_done *done);

#endif
