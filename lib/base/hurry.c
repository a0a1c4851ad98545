/* SPDX-License-Identifier: ISC */
#include "base/hurry.h"

#include <sys/time.h>

#include <errno.h>
#include <stddef.h>

#include "base/io.h"

#define EACH_US 1000

static void
do_nothing(int number)
{
	(void)number;
}

void
hurry_prepare(struct hurry *h)
{
	struct sigaction action = {.sa_handler = do_nothing};
	sigset_t set;

	sigemptyset(&action.sa_mask);
	sigemptyset(&set);
	sigaddset(&set, SIGALRM);
	/* these fail for nothing that can be wrong here */
	(void)sigaction(SIGALRM, &action, &h->action);
	(void)sigprocmask(SIG_UNBLOCK, &set, &h->mask);
}

void
hurry_at(deadline when)
{
	int left = deadline_poll_ms(when);
	struct itimerval timer = {.it_value = {.tv_sec = 0}};

	if (left != -1) {
		timer.it_interval.tv_usec = EACH_US;
		timer.it_value.tv_sec = left / 1000;
		timer.it_value.tv_usec = left % 1000 * 1000;
		if (left == 0)
			timer.it_value.tv_usec = EACH_US;
	}
	(void)setitimer(ITIMER_REAL, &timer, NULL);
}

void
hurry_end(const struct hurry *h)
{
	int saved = errno;

	/* what is pending comes before this returns, as long as it is not blocked */
	hurry_at(DEADLINE_NEVER);
	(void)sigprocmask(SIG_SETMASK, &h->mask, NULL);
	(void)sigaction(SIGALRM, &h->action, NULL);
	errno = saved;
}

void
hurry_close(int fd)
{
	struct hurry hurry;

	hurry_prepare(&hurry);
	hurry_at(deadline_in_ms(0));
	io_close(fd);
	hurry_end(&hurry);
}
