/* SPDX-License-Identifier: ISC */
#include "hurry.h"

#include <sys/time.h>

#include <errno.h>
#include <stddef.h>

#define EACH_US 1000

static void
do_nothing(int number)
{
	(void)number;
}

void
hurry_begin(struct hurry *h)
{
	const struct itimerval each = {{.tv_usec = EACH_US}, {.tv_usec = EACH_US}};
	struct sigaction action = {.sa_handler = do_nothing};
	sigset_t set;

	sigemptyset(&action.sa_mask);
	sigemptyset(&set);
	sigaddset(&set, SIGALRM);
	/* these fail for nothing that can be wrong here */
	(void)sigaction(SIGALRM, &action, &h->action);
	(void)sigprocmask(SIG_UNBLOCK, &set, &h->mask);
	(void)setitimer(ITIMER_REAL, &each, NULL);
}

void
hurry_end(const struct hurry *h)
{
	const struct itimerval never = {.it_value = {.tv_sec = 0}};
	int saved = errno;

	/* what is pending comes before this returns, as long as it is not blocked */
	(void)setitimer(ITIMER_REAL, &never, NULL);
	(void)sigprocmask(SIG_SETMASK, &h->mask, NULL);
	(void)sigaction(SIGALRM, &h->action, NULL);
	errno = saved;
}
