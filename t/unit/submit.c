/* SPDX-License-Identifier: ISC */
/*
 * Handing messages to enqueue: executed, as a service that comes and goes, as one that lies, and
 * through filters. Needs enqueue in $BUILD/bin, by default build/bin.
 */
#include "spool/submit.h"

#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "net/listen.h"
#include "spool/frame.h"
#include "spool_scratch.h"
#include "tap.h"

#define ID "0123456789abcdefghij"

static const char text[] = "Subject: x\r\n\r\nhello\r\n";
static const char envelope_text[] = "Fa@b.test\0B8BITMIME\0Tc@d.test\0NNEVER\0Te@f.test";
static const struct slice envelope = {envelope_text, sizeof envelope_text};

static enum submit_result
submit_one(struct submit *s)
{
	enum submit_result result = submit_begin(s, envelope);

	if (result == SUBMIT_OK)
		result = submit_write(s, text, sizeof text - 1);
	return result == SUBMIT_OK ? submit_commit(s) : result;
}

static int
queued(const struct spool *spool)
{
	int fd = openat(spool->fd, "new", O_RDONLY | O_DIRECTORY | O_CLOEXEC), count = 0;
	DIR *dir = fd == -1 ? NULL : fdopendir(fd);
	const struct dirent *entry;

	while (dir != NULL && (entry = readdir(dir)) != NULL)
		count += entry->d_name[0] != '.';
	if (dir != NULL)
		closedir(dir);
	return count;
}

static void
test_executed(const struct spool *spool)
{
	struct submit s;
	pid_t pid;

	submit_init(&s);
	tap_ok(!submit_is_plain(&s), "without filters");
	tap_is_int((long long)submit_one(&s), SUBMIT_OK, "a message");
	tap_ok(faccessat(spool->new_fd, s.id, F_OK, 0) == 0, "under the id that it says");
	pid = s.helper.pid;
	tap_ok(submit_one(&s) == SUBMIT_OK && s.helper.pid == pid, "another, to the same process");
	(void)submit_begin(&s, slice_make("Fa@b.test", 10));
	(void)submit_write(&s, text, sizeof text - 1);
	tap_is_int((long long)submit_commit(&s), SUBMIT_PERMANENT, "no recipient");
	tap_is_int(s.code, 91, "is 91");
	(void)submit_begin(&s, envelope);
	(void)submit_write(&s, "bare\nlf\r\n", 9);
	tap_is_int((long long)submit_commit(&s), SUBMIT_PERMANENT, "a bare LF");
	tap_is_int(s.code, 31, "is 31");
	(void)submit_begin(&s, envelope);
	(void)submit_write(&s, text, sizeof text - 1);
	submit_abort(&s);
	submit_release(&s);
	tap_is_int(s.helper.fd, -1, "given up and let go");
	tap_is_int(queued(spool), 2, "what was refused or given up is not there");
	tap_is_int((long long)submit_one(&s), SUBMIT_OK, "and on it goes");
	submit_free(&s);
}

static void
test_large(const struct spool *spool)
{
	size_t size = (size_t)9 << 20;
	char *data = malloc(size);
	struct submit s;

	if (data == NULL)
		spool_scratch_fail("get memory");
	memset(data, 'x', size);
	memcpy(data + size - 2, "\r\n", 2);
	submit_init(&s);
	tap_ok(submit_begin(&s, envelope) == SUBMIT_OK &&
		   submit_write(&s, text, sizeof text - 1) == SUBMIT_OK &&
		   submit_write(&s, data, size) == SUBMIT_OK && submit_commit(&s) == SUBMIT_OK,
	    "a large message in one piece");
	submit_free(&s);
	free(data);
	tap_is_int(queued(spool), 4, "is queued");
}

static void
test_unable(const struct spool *spool)
{
	struct submit s;

	submit_init(&s);
	(void)renameat(spool->fd, "new", spool->fd, "old");
	tap_is_int((long long)submit_one(&s), SUBMIT_TEMPORARY, "a broken spool");
	tap_is_int(s.code, 61, "is 61");
	tap_ok(strstr(s.reason.data, "qctl init") != NULL, "and what to do: %s", s.reason.data);
	(void)renameat(spool->fd, "old", spool->fd, "new");
	submit_free(&s);
	submit_init(&s);
	setenv("SATCHEL_BIN", "/nonexistent", 1);
	tap_is_int((long long)submit_one(&s), SUBMIT_TEMPORARY, "no enqueue");
	submit_free(&s);
}

static pid_t
start_service(const char *socket_path)
{
	deadline until = deadline_in_seconds(60);
	pid_t pid = fork();

	if (pid == 0) {
		(void)!freopen("/dev/null", "w", stderr);
		execlp("enqueue", "enqueue", "-w", (char *)NULL);
		_exit(127);
	}
	while (deadline_poll_ms(until) > 0) {
		int fd = helper_connect(socket_path);

		if (fd != -1) {
			close(fd);
			return pid;
		}
		usleep(10000);
	}
	spool_scratch_fail("start enqueue -w");
}

/* And its workers, who come to this process if they end after it: one would serve on. */
static void
end_service(pid_t pid)
{
	kill(pid, SIGTERM);
	while (waitpid(-1, NULL, 0) > 0)
		;
}

static void
test_service(const struct spool *spool)
{
	char path[200];
	struct submit s;
	pid_t service;
	int before = queued(spool);

	snprintf(path, sizeof path, "%s/run/enqueue/socket", spool->path);
	submit_init(&s);
	service = start_service(path);
	tap_ok(submit_one(&s) == SUBMIT_OK && s.helper.pid == 0, "the service is asked");
	end_service(service);
	service = start_service(path);
	tap_ok(submit_one(&s) == SUBMIT_OK && s.helper.pid == 0, "its restart is not noticed");
	end_service(service);
	tap_ok(submit_one(&s) == SUBMIT_OK && s.helper.pid != 0, "nor that it is no more");
	tap_is_int(queued(spool), before + 3, "and each message is there once");
	submit_free(&s);
}

/* Signals the workers of SERVICE, its children. How many. */
static int
signal_workers(pid_t service, int signal)
{
	char path[100];
	long pid;
	int count = 0;
	FILE *f;

	snprintf(path, sizeof path, "/proc/%ld/task/%ld/children", (long)service, (long)service);
	f = fopen(path, "r");
	while (f != NULL && fscanf(f, "%ld", &pid) == 1)
		count += kill((pid_t)pid, signal) == 0;
	if (f != NULL)
		fclose(f);
	return count;
}

/* Who connects in the moment in which all workers are told to end. */
static void
test_last(const struct spool *spool)
{
	char path[200];
	struct submit s;
	struct pollfd p = {.events = POLLIN};
	pid_t service;

	snprintf(path, sizeof path, "%s/run/enqueue/socket", spool->path);
	service = start_service(path);
	submit_init(&s);
	tap_ok(submit_one(&s) == SUBMIT_OK, "a service that has workers");
	submit_release(&s);
	tap_ok(signal_workers(service, SIGSTOP) > 0, "that are stopped");
	p.fd = helper_connect(path);
	(void)signal_workers(service, SIGTERM);
	(void)signal_workers(service, SIGCONT);
	tap_is_int(poll(&p, 1, 100), 0, "the last client is not hung up on");
	s.helper = (struct helper){.fd = p.fd};
	tap_ok(submit_one(&s) == SUBMIT_OK && s.helper.fd == p.fd, "but served");
	submit_free(&s);
	end_service(service);
}

/* What the other side says, and what becomes of the message. */
static const struct {
	const char *name, *says;
	size_t len;
	enum submit_result commit;
} liars[] = {
#define SAYS(bytes) bytes, sizeof bytes - 1
    {"ends after the commit", SAYS(""), SUBMIT_UNKNOWN},
    {"breaks off",
	SAYS("K\0\0\0\24"
	     "0123"),
	SUBMIT_UNKNOWN},
    {"names no id", SAYS("K\0\0\0\1x"), SUBMIT_UNKNOWN},
    {"says too much", SAYS("K\0\0\10\0"), SUBMIT_UNKNOWN},
    {"says far too much", SAYS("K\377\377\377\377"), SUBMIT_UNKNOWN},
    {"says go", SAYS("G\0\0\0\24" ID), SUBMIT_UNKNOWN},
    {"refuses in the end",
	SAYS("R\0\0\0\5"
	     "53 no"),
	SUBMIT_TEMPORARY},
    {"refuses for good",
	SAYS("R\0\0\0\5"
	     "31 no"),
	SUBMIT_PERMANENT},
    {"refuses by no number", SAYS("R\0\0\0\2no"), SUBMIT_TEMPORARY},
    {"refuses by 0",
	SAYS("R\0\0\0\4"
	     "0 no"),
	SUBMIT_TEMPORARY},
    {"refuses by nothing", SAYS("R\0\0\0\0"), SUBMIT_TEMPORARY},
    {"is honest", SAYS("K\0\0\0\24" ID), SUBMIT_OK},
};

static void
say(int fd, const char *bytes, size_t len)
{
	if (io_write(fd, bytes, len, deadline_in_seconds(10)) == -1)
		spool_scratch_fail("write to a socket");
}

/* Lets a submitter hear each liar; enqueue itself is not to be had, should it be asked instead. */
static void
test_liars(void)
{
	setenv("SATCHEL_BIN", "/nonexistent", 1);
	for (size_t i = 0; i < sizeof liars / sizeof liars[0]; i++) {
		struct submit s;
		int ends[2];

		submit_init(&s);
		if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == -1)
			spool_scratch_fail("make a socket pair");
		s.helper = (struct helper){.fd = ends[0]};
		say(ends[1], liars[i].says, liars[i].len);
		shutdown(ends[1], SHUT_WR);
		(void)submit_begin(&s, envelope);
		(void)submit_write(&s, text, sizeof text - 1);
		tap_is_int((long long)submit_commit(&s), (long long)liars[i].commit, liars[i].name);
		submit_free(&s);
		close(ends[1]);
	}
}

/* Who closes a socket in which the commit stands unread has not obeyed it. */
static void
test_reset(void)
{
	struct submit s;
	int ends[2];

	setenv("SATCHEL_BIN", "/nonexistent", 1);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == -1)
		spool_scratch_fail("make a socket pair");
	if (fork() == 0) {
		struct pollfd p = {.fd = ends[1], .events = POLLIN};

		close(ends[0]);
		poll(&p, 1, 10000);
		_exit(0);
	}
	close(ends[1]);
	submit_init(&s);
	s.helper = (struct helper){.fd = ends[0]};
	tap_is_int((long long)submit_one(&s), SUBMIT_TEMPORARY, "an end with the commit unread");
	submit_free(&s);
	wait(NULL);
}

/* A service whose worker ends as it is asked, and then none: one that is executed gets it all. */
static void
test_first(const struct spool *spool)
{
	int before = queued(spool), listener;
	char path[200];
	struct submit s;
	pid_t pid;

	snprintf(path, sizeof path, "%s/run/enqueue/socket", spool->path);
	listener = listen_at_path(path, 0600);
	if (listener == -1)
		spool_scratch_fail("listen");
	pid = fork();
	if (pid == 0) {
		struct pollfd p = {.fd = accept(listener, NULL, NULL), .events = POLLIN};

		unlink(path);
		close(listener);
		poll(&p, 1, 10000);
		_exit(0);
	}
	close(listener);
	submit_init(&s);
	tap_is_int((long long)submit_one(&s), SUBMIT_OK, "its worker ends as it is asked");
	tap_ok(s.helper.pid != 0 && queued(spool) == before + 1, "another takes it, once");
	submit_free(&s);
	waitpid(pid, NULL, 0);
}

static void
test_silence(void)
{
	struct submit s;
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == -1)
		spool_scratch_fail("make a socket pair");
	submit_init(&s);
	s.timeout_ms = 50;
	s.helper = (struct helper){.fd = ends[0]};
	(void)submit_begin(&s, envelope);
	(void)submit_write(&s, text, sizeof text - 1);
	tap_is_int((long long)submit_commit(&s), SUBMIT_UNKNOWN, "no answer in time");
	tap_is_int(s.code, 52, "is 52");
	submit_free(&s);
	close(ends[1]);
}

/* Makes the filter NAME of the shell script TEXT and ENQUEUE="NAME enqueue". */
static void
use_filter(const char *script)
{
	char path[200], command[300];
	FILE *f;

	snprintf(path, sizeof path, "%s/filter", spool_scratch);
	snprintf(command, sizeof command, " %s  enqueue\t", path);
	f = fopen(path, "w");
	if (f == NULL || fprintf(f, "#!/bin/sh\n%s\n", script) < 0 || fclose(f) == EOF ||
	    chmod(path, 0700) == -1 || setenv("ENQUEUE", command, 1) == -1)
		spool_scratch_fail("write a filter");
}

/* One message through SCRIPT. */
static void
test_filter(const struct spool *spool, const char *name, const char *script, int64_t timeout_ms,
    enum submit_result wanted, int code, int more)
{
	int before = queued(spool);
	struct submit s;

	use_filter(script);
	submit_init(&s);
	s.timeout_ms = timeout_ms;
	tap_is_int((long long)submit_one(&s), (long long)wanted, name);
	if (wanted != SUBMIT_OK)
		tap_is_int(s.code, code, "its code");
	tap_is_int(queued(spool), before + more, "in the queue");
	submit_free(&s);
}

static void
test_filters(const struct spool *spool)
{
	struct submit s;
	int before;

	test_filter(spool, "a filter passes it on", "exec \"$@\"", 60000, SUBMIT_OK, 0, 1);
	test_filter(spool, "one adds a field", "{ echo 'X-Seen: 1'; cat; } | \"$@\"", 60000,
	    SUBMIT_OK, 0, 1);
	test_filter(spool, "one refuses", "exit 31", 60000, SUBMIT_PERMANENT, 31, 0);
	test_filter(spool, "one can't now", "exit 71", 60000, SUBMIT_TEMPORARY, 71, 0);
	test_filter(
	    spool, "one is killed", "cat >/dev/null; kill -9 $$", 60000, SUBMIT_UNKNOWN, 71, 0);
	test_filter(spool, "one hangs", "exec sleep 60", 200, SUBMIT_UNKNOWN, 71, 0);
	setenv("ENQUEUE", "no-such-filter", 1);
	submit_init(&s);
	tap_ok(submit_is_plain(&s), "filters know the plain form");
	tap_is_int((long long)submit_one(&s), SUBMIT_TEMPORARY, "one that does not exist");
	tap_is_int(s.code, 120, "is 120");
	tap_ok(strstr(s.reason.data, "no-such-filter") != NULL, "%s", s.reason.data);
	submit_free(&s);
	use_filter("exec \"$@\"");
	before = queued(spool);
	submit_init(&s);
	(void)submit_begin(&s, envelope);
	(void)submit_write(&s, text, sizeof text - 1);
	submit_abort(&s);
	tap_is_int(queued(spool), before, "what is given up is not queued");
	submit_free(&s);
}

/* A filter may refuse before it has read all. */
static void
test_early(void)
{
	enum submit_result result;
	struct submit s;

	use_filter("exit 31");
	submit_init(&s);
	result = submit_begin(&s, envelope);
	for (int i = 0; i < 100000 && result == SUBMIT_OK; i++)
		result = submit_write(&s, text, sizeof text - 1);
	tap_is_int((long long)result, SUBMIT_PERMANENT, "refused before the end");
	tap_is_int(s.code, 31, "by its code");
	submit_free(&s);
}

/* Where 0 and 1 are closed, pipes get these numbers. */
static void
test_closed(const struct spool *spool)
{
	int before = queued(spool), status = 0;
	pid_t pid;

	use_filter("exec \"$@\"");
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		struct submit s;

		close(STDIN_FILENO);
		close(STDOUT_FILENO);
		submit_init(&s);
		_exit(submit_one(&s) == SUBMIT_OK ? 0 : 1);
	}
	(void)waitpid(pid, &status, 0);
	tap_ok(status == 0 && queued(spool) == before + 1, "with 0 and 1 closed");
}

/* Messages are counted in new/, where a service puts those for which it has no cell yet. */
static void
do_without_cells(void)
{
	char path[80];
	FILE *f;

	snprintf(path, sizeof path, "%s/limits", spool_scratch);
	f = fopen(path, "w");
	if (f == NULL || fputs("spool-cells: 0\n", f) == EOF || fclose(f) == EOF)
		spool_scratch_fail("write limits");
}

int
main(void)
{
	const char *build = getenv("BUILD"), *old_path = getenv("PATH");
	char bin[1000], path[5000];
	struct spool spool;

	signal(SIGPIPE, SIG_IGN);
	unsetenv("ENQUEUE");
	snprintf(bin, sizeof bin, "%s/bin", build == NULL ? "build" : build);
	snprintf(path, sizeof path, "%s:%s", bin, old_path == NULL ? "/bin:/usr/bin" : old_path);
	setenv("PATH", path, 1);
	setenv("SATCHEL_BIN", bin, 1);
	if (prctl(PR_SET_CHILD_SUBREAPER, 1) == -1)
		spool_scratch_fail("become the parent of orphans");
	spool_scratch_open(&spool);
	do_without_cells();
	test_executed(&spool);
	test_large(&spool);
	test_unable(&spool);
	setenv("SATCHEL_BIN", bin, 1);
	test_service(&spool);
	test_last(&spool);
	test_first(&spool);
	test_liars();
	test_reset();
	test_silence();
	setenv("SATCHEL_BIN", bin, 1);
	test_filters(&spool);
	test_early();
	test_closed(&spool);
	spool_scratch_remove(&spool);
	return tap_done();
}
