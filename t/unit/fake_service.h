/* SPDX-License-Identifier: ISC */
/* Services that hang up on who asks them, for tests of those who ask. */
#ifndef UNIT_FAKE_SERVICE_H
#define UNIT_FAKE_SERVICE_H

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/helper.h"
#include "base/io.h"
#include "base/slice.h"
#include "net/listen.h"
#include "spool/spool.h"
#include "spool_scratch.h"

#define BACK_MS 200 /* until a service is there again */

__attribute__((unused)) static void
name_socket(const struct spool *spool, const char *name, char path[200])
{
	snprintf(path, 200, "%s/run/%s", spool->path, name);
	(void)mkdir(path, 0755);
	snprintf(path, 200, "%s/run/%s/socket", spool->path, name);
}

/* At once, in the midst of the question, or when it has all of it: an end, and no reset. */
enum moment { EARLY, MIDWAY, LATE };

/* Hangs up on so many, and then gives one ANSWER to each frame. */
struct fake {
	unsigned lost;
	enum moment moment;
	struct slice answer;
};

static void
hang_up(int fd, enum moment moment)
{
	char octets[1000];

	if (moment == MIDWAY)
		(void)!read(fd, octets, sizeof octets);
	if (moment == LATE) {
		(void)shutdown(fd, SHUT_WR);
		while (read(fd, octets, sizeof octets) > 0)
			;
	}
	close(fd);
}

static void
answer(int fd, struct slice text)
{
	char octets[1000];
	struct pollfd p = {.fd = fd, .events = POLLIN};

	(void)!read(fd, octets, sizeof octets);
	(void)!write(fd, text.data, text.len);
	(void)poll(&p, 1, 10000); /* until who asked has gone */
	close(fd);
}

__attribute__((noreturn, unused)) static void
play(int listener, const struct fake *fake)
{
	for (unsigned i = 0; i < fake->lost; i++)
		hang_up(accept(listener, NULL, NULL), fake->moment);
	answer(accept(listener, NULL, NULL), fake->answer);
	_exit(0);
}

__attribute__((unused)) static pid_t
start_fake(const char *path, const struct fake *fake)
{
	int listener = listen_at_path(path, 0600);
	pid_t pid;

	if (listener == -1)
		spool_scratch_fail("listen");
	pid = fork();
	if (pid == 0)
		play(listener, fake);
	close(listener);
	return pid;
}

/* After BACK_MS. Exits with 1 where it had to wait for a processor until UNTIL was over. */
__attribute__((unused)) static pid_t
start_fake_later(const char *path, const struct fake *fake, deadline until)
{
	pid_t pid = fork();

	if (pid == 0) {
		int listener;

		(void)poll(NULL, 0, BACK_MS);
		listener = listen_at_path(path, 0600);
		if (deadline_poll_ms(until) == 0)
			_exit(1);
		play(listener, fake);
	}
	return pid;
}

/* Is a client of the one above until it ends: whether it was there in time. */
__attribute__((unused)) static bool
was_in_time(pid_t pid, const char *path)
{
	int status = 0;

	while (waitpid(pid, &status, WNOHANG) == 0) {
		io_close(helper_connect(path));
		(void)poll(NULL, 0, 10);
	}
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

__attribute__((unused)) static void
end(pid_t pid, const char *path)
{
	(void)kill(pid, SIGKILL);
	(void)waitpid(pid, NULL, 0);
	(void)unlink(path);
}

#endif
