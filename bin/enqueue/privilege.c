/* SPDX-License-Identifier: ISC */
#include "privilege.h"

#include <sys/resource.h>
#include <sys/time.h>

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/die.h"
#include "base/helper.h"
#include "options.h"

void
privilege_take(void)
{
	static const int limits[] = {
	    RLIMIT_FSIZE, RLIMIT_DATA, RLIMIT_AS, RLIMIT_NOFILE, RLIMIT_CPU};
	uid_t owner = geteuid();
	gid_t group = getegid();
	static const __itimer_which_t timers[] = {ITIMER_REAL, ITIMER_VIRTUAL, ITIMER_PROF};
	struct itimerval none = {.it_value = {0, 0}};

	if (!helper_is_privileged())
		return;
	for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
		struct rlimit l;

		if (getrlimit((__rlimit_resource_t)limits[i], &l) == 0) {
			l.rlim_cur = l.rlim_max;
			if (setrlimit((__rlimit_resource_t)limits[i], &l) == -1)
				die_errno(PROGRAM, EXIT_TEMPORARY, "unable to raise a limit");
		}
	}
	for (size_t i = 0; i < sizeof timers / sizeof timers[0]; i++)
		if (setitimer(timers[i], &none, NULL) == -1)
			die_errno(PROGRAM, EXIT_TEMPORARY, "unable to stop a timer");
	if (clearenv() != 0 || setresgid(group, group, group) == -1 ||
	    setresuid(owner, owner, owner) == -1 || chdir("/") == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to become the spool's owner");
}

void
privilege_reset_signals(void)
{
	static const int stops[] = {SIGTSTP, SIGTTIN, SIGTTOU};
	sigset_t none;

	for (int s = 1; s < NSIG; s++)
		if (s != SIGKILL && s != SIGSTOP && s != 32 && s != 33)
			signal(s, SIG_DFL);
	/* a write that fails says so by its result */
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	/* from his terminal a caller could stop it with a lock held, which others wait for */
	for (size_t i = 0; helper_is_privileged() && i < sizeof stops / sizeof stops[0]; i++)
		signal(stops[i], SIG_IGN);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

void
privilege_give_up(void)
{
	uid_t user = getuid();
	gid_t group = getgid();

	if (setresgid(group, group, group) == -1 || setresuid(user, user, user) == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to become the caller");
}
