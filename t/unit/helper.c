/* SPDX-License-Identifier: ISC */
/* A service as a helper: its socket, one that hangs, one that comes back, and whose rights it has.
 */
#include "base/helper.h"

#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "fake_service.h"
#include "net/listen.h"
#include "tap.h"

static char rundir[] = "/tmp/satchel-unit.XXXXXX", folder[100], path[120];

static void
test_socket(void)
{
	struct timeval patience = {0};
	socklen_t len = sizeof patience;
	char long_path[200];
	int listener, fd;

	tap_ok(helper_connect(path) == -1 && errno == ENOENT, "there is no service yet");
	listener = listen_at_path(path, 0600);
	tap_ok(listener != -1, "a service");
	fd = helper_connect(path);
	tap_ok(fd != -1, "is connected to");
	tap_ok(getsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, &len) == 0 && patience.tv_sec > 0,
	    "and would not have been waited for without end");
	close(fd);
	close(listener);
	tap_ok(helper_connect(path) == -1 && errno == ECONNREFUSED, "the service has gone");
	memset(long_path, 'x', sizeof long_path - 1);
	long_path[sizeof long_path - 1] = '\0';
	tap_ok(helper_connect(long_path) == -1 && errno == ENAMETOOLONG, "a name that is too long");
}

/* Who can execute nothing gives the service of NAME a moment to come back. */
static bool
opens(const char *name)
{
	const struct executor nobody = {.fd = EXECUTOR_NOBODY};
	char *const argv[] = {(char *)(uintptr_t)name, NULL};
	struct helper h;
	bool good = helper_open_by(&nobody, &h, rundir, argv, 0) == 0;

	helper_close(&h);
	return good;
}

/* One that is back in time is found; one that comes too late says nothing, and is tried again. */
static bool
is_waited_for(bool was_killed)
{
	const struct fake fake = {.lost = 0};
	bool found, in_time;

	do {
		/* of seconds, of which the folder's time is one, a part may be over */
		deadline until = deadline_in_ms(HELPER_RETURN_MS - 1100);
		pid_t pid;

		(void)unlink(path);
		if (was_killed)
			io_close(listen_at_path(path, 0600));
		(void)utimensat(AT_FDCWD, folder, NULL, 0);
		pid = start_fake_later(path, &fake, until);
		found = opens("helper");
		in_time = was_in_time(pid, path);
	} while (!found && !in_time);
	return found;
}

/* One that would be waited for is so each time; a processor, only now and then. */
static bool
is_missed_at_once(const char *name)
{
	for (int i = 0; i < 10; i++) {
		deadline soon = deadline_in_ms(HELPER_RETURN_MS / 2);

		if (opens(name))
			return false;
		if (deadline_poll_ms(soon) > 0)
			return true;
	}
	return false;
}

static void
test_return(void)
{
	const struct timespec before[2] = {{.tv_sec = 1}, {.tv_sec = 1}};

	tap_ok(is_missed_at_once("never"), "no service ever: at once");
	tap_ok(is_waited_for(false), "a service that has just removed its socket, and is back");
	tap_ok(is_waited_for(true), "one that was killed, and is back");
	(void)unlink(path);
	(void)utimensat(AT_FDCWD, folder, before, 0);
	tap_ok(is_missed_at_once("helper"), "one that was stopped long ago is not waited for");
}

/*
 * By another user, of the service's program, which is set-user-ID, or of the service, at the last
 * try: which one he gets.
 */
static bool
gets_service(bool is_sandboxed)
{
	static char name[] = "helper";
	char *const argv[] = {name, NULL};
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		struct helper h;

		if (setresuid(65534, 65534, 65534) == -1 ||
		    (is_sandboxed && prctl(PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L) == -1) ||
		    helper_open_by(NULL, &h, rundir, argv, HELPER_TRIES - 1) == -1)
			_exit(2);
		_exit(h.is_executed ? 0 : 1);
	}
	(void)waitpid(pid, &status, 0);
	tap_ok(WIFEXITED(status) && WEXITSTATUS(status) < 2, "there is one to ask");
	return WIFEXITED(status) && WEXITSTATUS(status) == 1;
}

static void
test_rights(void)
{
	const uid_t owner = 65533;
	char program[150];
	int listener, fd;

	if (geteuid() != 0) {
		tap_ok(true, "not root: no other user # SKIP");
		return;
	}
	(void)snprintf(program, sizeof program, "%s/bin", rundir);
	(void)mkdir(program, 0755);
	(void)setenv("SATCHEL_BIN", program, 1);
	(void)snprintf(program, sizeof program, "%s/bin/helper", rundir);
	fd = open(program, O_WRONLY | O_CREAT | O_CLOEXEC, 0755);
	listener = listen_at_path(path, 0666);
	tap_ok(fd != -1 && fchown(fd, owner, owner) == 0 && fchmod(fd, 04755) == 0 &&
		   listener != -1 && chown(folder, owner, owner) == 0 && chmod(rundir, 0755) == 0,
	    "a service, and its program with the same rights");
	tap_ok(!gets_service(false), "who was hung up on by it executes the program in the end");
	tap_ok(gets_service(true), "but not where that would have no rights");
	io_close(fd);
	io_close(listener);
	(void)unlink(program);
	(void)snprintf(program, sizeof program, "%s/bin", rundir);
	(void)rmdir(program);
	(void)unsetenv("SATCHEL_BIN");
}

int
main(void)
{
	bool is_made = mkdtemp(rundir) != NULL;

	(void)signal(SIGPIPE, SIG_IGN);
	(void)snprintf(folder, sizeof folder, "%s/helper", rundir);
	(void)snprintf(path, sizeof path, "%s/socket", folder);
	tap_ok(is_made && mkdir(folder, 0755) == 0, "a folder");
	test_socket();
	test_return();
	test_rights();
	(void)unlink(path);
	(void)rmdir(folder);
	(void)rmdir(rundir);
	return tap_done();
}
