/* SPDX-License-Identifier: ISC */
#include "attempt.h"

#include <sys/resource.h>

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/helper.h"
#include "base/io.h"
#include "spool/background.h"

#define STACK_OCTETS ((rlim_t)8 << 20)
#define NOT_EXECUTED 127

/* What a pass must be able to have, whoever calls: with less, it would harm the mail of others. */
static const struct {
	int resource;
	rlim_t least;
} needs[] = {{RLIMIT_FSIZE, RLIM_INFINITY}, {RLIMIT_DATA, RLIM_INFINITY},
    {RLIMIT_AS, RLIM_INFINITY}, {RLIMIT_CPU, RLIM_INFINITY}, {RLIMIT_NOFILE, 256},
    {RLIMIT_NPROC, 256}, {RLIMIT_STACK, STACK_OCTETS}};

/* Those that a caller has lowered for good cannot be raised again by who is not root. */
static bool
has_limits(void)
{
	if (!helper_is_privileged())
		return true;
	for (size_t i = 0; i < sizeof needs / sizeof needs[0]; i++) {
		struct rlimit l;

		if (getrlimit((__rlimit_resource_t)needs[i].resource, &l) == -1 ||
		    l.rlim_max < needs[i].least)
			return false;
	}
	return true;
}

static bool
raise_limits(void)
{
	for (size_t i = 0; i < sizeof needs / sizeof needs[0]; i++) {
		struct rlimit l;

		if (getrlimit((__rlimit_resource_t)needs[i].resource, &l) == -1)
			return false;
		l.rlim_cur = needs[i].resource == RLIMIT_STACK && l.rlim_max > STACK_OCTETS
				 ? STACK_OCTETS
				 : l.rlim_max;
		if (setrlimit((__rlimit_resource_t)needs[i].resource, &l) == -1)
			return false;
	}
	return true;
}

/*
 * Of a caller's environment nothing but where things are, and that not where this is set-user-ID:
 * there is none then.
 */
static bool
reduce_environment(void)
{
	static const char *const kept[] = {"SATCHEL_CONTROL", "SATCHEL_SPOOL", "SATCHEL_BIN"};
	const struct passwd *owner = getpwuid(geteuid());
	const char *values[sizeof kept / sizeof kept[0]];
	static char *none[] = {NULL};
	bool is_relative = false;

	for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++) {
		values[i] = getenv(kept[i]);
		is_relative = is_relative || (values[i] != NULL && values[i][0] != '/');
	}
	environ = none;
	for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++)
		if (values[i] != NULL && setenv(kept[i], values[i], 1) == -1)
			return false;
	/* as far as it goes without it, no folder is kept from being unmounted */
	if (!is_relative && chdir("/") == -1)
		return false;
	return setenv("PATH", "/usr/local/bin:/usr/bin:/bin", 1) == 0 &&
	       setenv("HOME", owner == NULL ? "/" : owner->pw_dir, 1) == 0;
}

/* The FIFO with its lock is descriptor 0; there is nobody to hear what is said on 1 and 2. */
static bool
set_descriptors(int fifo)
{
	int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);

	return nothing != -1 && dup2(fifo, STDIN_FILENO) != -1 &&
	       dup2(nothing, STDOUT_FILENO) != -1 && dup2(nothing, STDERR_FILENO) != -1 &&
	       io_set_close_on_exec(STDIN_FILENO, false) == 0 &&
	       close_range(STDERR_FILENO + 1, ~0U, 0) == 0;
}

/* What privilege_reset_signals and we have set. */
static bool
reset_signals(void)
{
	static const int ignored[] = {SIGCHLD, SIGPIPE, SIGXFSZ, SIGTSTP, SIGTTIN, SIGTTOU};
	sigset_t none;

	for (size_t i = 0; i < sizeof ignored / sizeof ignored[0]; i++)
		(void)signal(ignored[i], SIG_DFL);
	sigemptyset(&none);
	return sigprocmask(SIG_SETMASK, &none, NULL) == 0;
}

_Noreturn static void
execute(int fifo)
{
	struct str path;

	str_init(&path, 4096);
	if (helper_program(&path, "qrun") == 0 && setsid() != -1 && reset_signals() &&
	    set_descriptors(fifo) && reduce_environment() &&
	    (!helper_is_privileged() || raise_limits()))
		execl(path.data, "qrun", "--background", (char *)NULL);
	_exit(NOT_EXECUTED);
}

void
attempt_start(struct accept *a, uid_t uid)
{
	int fifo;

	/* a message that came by its key before has had its attempt */
	if (a->known[0] != '\0' || a->commit.is_watched)
		return;
	fifo = background_open(&a->spool, uid);
	if (fifo == -1)
		return;
	/* named before the lock is tried: who holds it now reads once more behind its end */
	if (background_tell(fifo, accept_id(a), a->commit.last_cell) == 0 && has_limits() &&
	    background_lock(fifo) == 0) {
		/* nobody waits for it: its end is not ours */
		(void)signal(SIGCHLD, SIG_IGN);
		if (fork() == 0)
			execute(fifo);
	}
	io_close(fifo);
}
