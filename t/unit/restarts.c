/* SPDX-License-Identifier: ISC */
/*
 * Services that end while they are asked: who asks gets his answer all the same. Needs enqueue in
 * $BUILD/bin, by default build/bin; the other services are of our own.
 */
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/helper.h"
#include "base/io.h"
#include "fake_service.h"
#include "net/listen.h"
#include "spool/frame.h"
#include "spool/submit.h"
#include "spool_scratch.h"
#include "tap.h"

/* The workers of a service, who are its children as long as it lives. */
struct workers {
	pid_t pids[8];
	size_t count;
};

static struct workers
find_workers(pid_t service)
{
	struct workers w = {.count = 0};
	char path[100];
	long pid;
	FILE *f;

	snprintf(path, sizeof path, "/proc/%ld/task/%ld/children", (long)service, (long)service);
	f = fopen(path, "r");
	while (f != NULL && w.count < 8 && fscanf(f, "%ld", &pid) == 1)
		w.pids[w.count++] = (pid_t)pid;
	if (f != NULL)
		fclose(f);
	return w;
}

static void
signal_all(const struct workers *w, int signal)
{
	for (size_t i = 0; i < w->count; i++)
		(void)kill(w->pids[i], signal);
}

static void
add_frame(struct str *frames, enum frame_type type, const char *payload, size_t len)
{
	char head[FRAME_HEAD];

	frame_head(head, type, len);
	(void)str_add(frames, head, sizeof head);
	(void)str_add(frames, payload, len);
}

/* A message, and in front of it so many that were given up, in one write. */
static bool
send_message(int fd, unsigned given_up)
{
	static const char envelope[] = "Fa@b.test\0Tc@d.test",
			  text[] = "Subject: x\r\n\r\nhello\r\n";
	struct str frames;
	bool good;

	str_init(&frames, 4096);
	for (unsigned i = 0; i < given_up; i++)
		add_frame(&frames, FRAME_ABORT, "", 0);
	add_frame(&frames, FRAME_PLACE, "", 0);
	add_frame(&frames, FRAME_LOCAL, envelope, sizeof envelope);
	add_frame(&frames, FRAME_DATA, text, sizeof text - 1);
	add_frame(&frames, FRAME_COMMIT, "21", 2);
	good = io_write(fd, frames.data, frames.len, deadline_in_seconds(10)) == 0;
	str_free(&frames);
	return good;
}

static bool
is_durable(int fd)
{
	char type = '\0';
	struct str answer;
	bool good;

	str_init(&answer, FRAME_ANSWER_MAX);
	good = frame_take(fd, &type, &answer, deadline_in_seconds(20)) == 1 &&
	       type == (char)FRAME_DURABLE;
	str_free(&answer);
	return good;
}

/* One that has a worker: it has served. */
static pid_t
start_service(const char *path)
{
	deadline until = deadline_in_seconds(60);
	pid_t pid = fork();

	if (pid == 0) {
		(void)!freopen("/dev/null", "w", stderr);
		execlp("enqueue", "enqueue", "-w", (char *)NULL);
		_exit(127);
	}
	while (deadline_poll_ms(until) > 0) {
		int fd = helper_connect(path);
		bool is_up = fd != -1 && send_message(fd, 0) && is_durable(fd);

		io_close(fd);
		if (is_up)
			return pid;
		usleep(10000);
	}
	spool_scratch_fail("start enqueue -w");
}

/* Those of a service that ended before them, too, where this is the subreaper. */
static void
await_children(void)
{
	while (waitpid(-1, NULL, 0) > 0)
		;
}

/* Of a service that was killed each worker serves whom it takes, though nobody hears of that. */
static void
test_orphans(const struct spool *spool)
{
	struct workers workers;
	char path[200];
	pid_t service;
	int fd;

	name_socket(spool, "enqueue", path);
	service = start_service(path);
	kill(service, SIGSTOP); /* from here on it starts no other */
	workers = find_workers(service);
	signal_all(&workers, SIGSTOP);
	fd = helper_connect(path);
	kill(service, SIGKILL);
	waitpid(service, NULL, 0);
	signal_all(&workers, SIGCONT);
	tap_ok(send_message(fd, 0) && is_durable(fd), "a service is killed as a client connects");
	close(fd);
	await_children(); /* or one of these takes the next test's client, and its hang-up */
}

/* What a worker has read is a message that its submitter cannot send again: nobody knows. */
static void
test_read(const struct spool *spool)
{
	struct workers workers;
	char path[200];
	pid_t service;
	int fd;

	name_socket(spool, "enqueue", path);
	service = start_service(path);
	workers = find_workers(service);
	signal_all(&workers, SIGSTOP);
	fd = helper_connect(path);
	signal_all(&workers, SIGTERM);
	signal_all(&workers, SIGCONT);
	(void)poll(NULL, 0, BACK_MS); /* until it waits for the first message: if not, it passes */
	signal_all(&workers, SIGTERM);
	tap_ok(send_message(fd, 15) && is_durable(fd), "a worker that is told to end has read one");
	close(fd);
	kill(service, SIGTERM);
	await_children();
}

/* Somebody removes its socket, and starts another: it does not remove that one's. */
static void
test_removed(const struct spool *spool)
{
	char path[200];
	pid_t first, second;

	name_socket(spool, "enqueue", path);
	first = start_service(path);
	(void)unlink(path);
	second = start_service(path);
	kill(first, SIGTERM);
	waitpid(first, NULL, 0);
	tap_ok(access(path, F_OK) == 0, "a service removes its own socket, and no other");
	kill(second, SIGTERM);
	await_children();
	tap_ok(access(path, F_OK) == -1, "and that one does so, too");
}

static bool
holds(const struct spool *spool, const char *id, const char *text)
{
	static char octets[4096];
	int fd = openat(spool->new_fd, id, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd == -1 ? -1 : read(fd, octets, sizeof octets - 1);

	io_close(fd);
	octets[n < 0 ? 0 : n] = '\0';
	return n > 0 && memmem(octets, (size_t)n, text, strlen(text)) != NULL;
}

/* A large message is not begun before somebody has its envelope who sees it through. */
static void
test_large(const struct spool *spool)
{
	const struct fake fake = {
	    .lost = HELPER_TRIES - 1, .moment = MIDWAY, .answer = slice_make("", 0)};
	static const char trace[] = "id: 00000000000000000000\r\n\r\n";
	static char data[200000];
	char path[200], placed[100];
	struct submit s;
	pid_t pid;

	memset(data, 'x', sizeof data);
	memcpy(data + sizeof data - 2, "\r\n", 2);
	name_socket(spool, "enqueue", path);
	pid = start_fake(path, &fake);
	submit_init(&s);
	s.has_trace = true;
	tap_is_int((long long)submit_begin(&s, slice_make("Fa@b.test\0Tc@d.test", 20)), SUBMIT_OK,
	    "a large message");
	submit_place_id(&s, 4);
	tap_ok(submit_write(&s, trace, sizeof trace - 1) == SUBMIT_OK &&
		   submit_write(&s, data, sizeof data) == SUBMIT_OK &&
		   submit_commit(&s) == SUBMIT_OK && s.helper.is_executed,
	    "of which a service has seen the envelope alone, and was ended");
	snprintf(placed, sizeof placed, "id: %s\r\n", s.id);
	tap_ok(holds(spool, s.id, placed), "and its id stands in it");
	submit_free(&s);
	end(pid, path);
}

/* A service has no room for more of this user, and nothing but it could take his message. */
static void
test_crowded(const struct spool *spool)
{
	static const char durable[] = "K\0\0\0\02400000000000000000001";
	const struct executor nobody = {.fd = EXECUTOR_NOBODY};
	const struct fake fake = {.lost = HELPER_TRIES + 2,
	    .moment = EARLY,
	    .answer = slice_make(durable, sizeof durable - 1)};
	char path[200];
	struct submit s;
	pid_t pid;

	name_socket(spool, "enqueue", path);
	pid = start_fake(path, &fake);
	submit_init(&s);
	s.executor = &nobody;
	tap_ok(submit_begin(&s, slice_make("Fa@b.test\0Tc@d.test", 20)) == SUBMIT_OK &&
		   submit_write(&s, "\r\nx\r\n", 5) == SUBMIT_OK &&
		   submit_commit(&s) == SUBMIT_OK && !s.helper.is_executed,
	    "a service that has no room for a second is asked until it has");
	submit_free(&s);
	end(pid, path);
}

/* The service has workers alone: nobody else holds what they tell their master by. */
static void
write_limits(void)
{
	char path[100];
	FILE *f;

	snprintf(path, sizeof path, "%s/limits", spool_scratch);
	f = fopen(path, "w");
	if (f == NULL || fputs("spool-cells: 0\n", f) == EOF || fclose(f) == EOF)
		spool_scratch_fail("write limits");
}

int
main(void)
{
	const char *build = getenv("BUILD");
	char bin[1000];
	struct spool spool;

	unsetenv("ENQUEUE");
	snprintf(bin, sizeof bin, "%s/bin", build == NULL ? "build" : build);
	setenv("SATCHEL_BIN", bin, 1);
	setenv("PATH", bin, 1);
	signal(SIGPIPE, SIG_IGN);
	if (prctl(PR_SET_CHILD_SUBREAPER, 1) == -1)
		spool_scratch_fail("become the parent of orphans");
	spool_scratch_open(&spool);
	write_limits();
	test_orphans(&spool);
	test_read(&spool);
	test_removed(&spool);
	test_large(&spool);
	test_crowded(&spool);
	spool_scratch_remove(&spool);
	return tap_done();
}
