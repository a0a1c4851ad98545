/* SPDX-License-Identifier: ISC */
#include "net/pool.h"

#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/hurry.h"
#include "base/log.h"
#include "net/crowd.h"
#include "net/listen.h"

#define KEPT_IDLE 2	 /* workers that wait for the next client */
#define SURPLUS_MS 10000 /* a worker above that number ends after this time without a client */
#define PAUSE_MS 100	 /* after a failed fork */

/* What a worker tells its master; less than PIPE_BUF, so it comes whole. */
struct news {
	pid_t pid;
	bool busy;
};

struct worker {
	pid_t pid;
	bool busy;
};

struct master {
	const struct pool *pool;
	struct worker *workers; /* pool.workers_max of them */
	size_t count, busy;
	struct crowd *crowd;
	bool has_lost; /* one was killed: a client may have woken it and no other, so a new one
			  looks */
	pid_t pid;     /* of the master */
	pid_t aside;   /* of the process beside the workers; 0 when it has ended */
	int news[2];
	struct stat place; /* of the socket, where it ends with the pool */
};

/* Handlers can reach nothing else. One process runs one pool. */
static volatile sig_atomic_t stopped;

static void
note_stop(int signal)
{
	(void)signal;
	stopped = 1;
}

static void
note_child(int signal)
{
	(void)signal;
}

void
pool_hold_signals(struct pool *pool)
{
	sigset_t blocked;

	sigemptyset(&blocked);
	sigaddset(&blocked, SIGTERM);
	sigaddset(&blocked, SIGINT);
	sigaddset(&blocked, SIGCHLD);
	(void)sigprocmask(SIG_BLOCK, &blocked, &pool->before); /* fails for no set of ours */
}

static int
catch_signals(void)
{
	struct sigaction stop = {.sa_handler = note_stop}, child = {.sa_handler = note_child};

	return sigaction(SIGTERM, &stop, NULL) == -1 || sigaction(SIGINT, &stop, NULL) == -1 ||
		       sigaction(SIGCHLD, &child, NULL) == -1
		   ? -1
		   : 0;
}

static void
tell(const struct master *m, bool busy)
{
	struct news news = {.pid = getpid(), .busy = busy};

	/* no master any more: it ends, but not before it has served the client that it has */
	if (write(m->news[1], &news, sizeof news) == -1)
		stopped = 1;
}

/* In a worker: what it waits on. Of many that wait, a client wakes one (EPOLLEXCLUSIVE). */
static int
open_wait(const struct master *m)
{
	struct epoll_event event = {.events = EPOLLIN | EPOLLEXCLUSIVE};
	int fd = epoll_create1(EPOLL_CLOEXEC);

	if (fd == -1 || epoll_ctl(fd, EPOLL_CTL_ADD, m->pool->listener, &event) == -1)
		_exit(EXIT_FAILURE); /* the master starts another */
	return fd;
}

/* Waits for a client: true, or false when the worker should end. */
static bool
wait_for_client(const struct master *m, int wait_fd)
{
	while (!stopped) {
		struct epoll_event event;
		int n = epoll_pwait(wait_fd, &event, 1, SURPLUS_MS, &m->pool->before);

		if (n > 0) /* or, without EPOLLIN, the socket has ended */
			return (event.events & EPOLLIN) != 0 && (event.events & EPOLLHUP) == 0;
		if (n == -1 && errno != EINTR)
			return false;
		if (n == 0 && getppid() != m->pid)
			return false;
		if (n == 0)
			tell(m, false); /* the master ends those he does not need */
	}
	return false;
}

/* In a worker, at PLACE: true if FD's user may have it. Who may not is let go of, and asks anew. */
static bool
has_room(const struct master *m, size_t place, int fd)
{
	const struct pool *pool = m->pool;
	struct ucred peer;
	socklen_t len = sizeof peer;
	enum crowd_result result;

	if (pool->is_guest == NULL || getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == -1 ||
	    !pool->is_guest(pool->context, peer.uid))
		return true;
	result = crowd_enter(m->crowd, place, peer.uid);
	if (result != CROWD_ROOM && crowd_is_news(m->crowd))
		log_note(pool->program, "crowded", "uid %ld is refused: %s of %zu workers",
		    (long)peer.uid, result == CROWD_HIS ? "he has half" : "users have their part",
		    pool->workers_max);
	return result == CROWD_ROOM;
}

/* 1 if a client was taken, 0 if there was none, -1 if none can be. */
static int
serve_one(const struct master *m, size_t place)
{
	int fd = accept4(m->pool->listener, NULL, NULL, SOCK_CLOEXEC);

	if (fd == -1)
		return errno == EAGAIN || errno == ECONNABORTED || errno == EINTR ? 0 : -1;
	tell(m, true);
	if (has_room(m, place, fd))
		m->pool->serve(m->pool->context, fd, &stopped, &m->pool->before);
	hurry_close(fd);
	crowd_leave(m->crowd, place);
	tell(m, false);
	return 1;
}

_Noreturn static void
work(const struct master *m, size_t place)
{
	int wait_fd = open_wait(m);

	close(m->news[0]);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != m->pid)
		_exit(EXIT_SUCCESS); /* it ended before: nobody would tell this one to */
	while (wait_for_client(m, wait_fd))
		if (serve_one(m, place) == -1) {
			poll(NULL, 0, PAUSE_MS); /* another worker may have more luck */
			break;
		}
	/* the client that woke this worker in the moment it was ended woke no other */
	(void)serve_one(m, place);
	_exit(EXIT_SUCCESS);
}

/* One that has ended is not started again: that it could be of use to anybody is doubtful. */
static void
start_aside(struct master *m)
{
	if (m->pool->aside == NULL)
		return;
	m->aside = fork();
	if (m->aside != 0)
		return;
	signal(SIGTERM, SIG_DFL);
	signal(SIGINT, SIG_DFL);
	sigprocmask(SIG_SETMASK, &m->pool->before, NULL);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	close(m->pool->listener);
	close(m->news[0]);
	close(m->news[1]);
	if (getppid() == m->pid)
		m->pool->aside(m->pool->aside_context);
	_exit(EXIT_SUCCESS);
}

static bool
add_worker(struct master *m)
{
	size_t place = crowd_find_place(m->crowd);
	pid_t pid;

	if (m->pool->prepare != NULL)
		m->pool->prepare(m->pool->context);
	pid = fork();
	if (pid == 0)
		work(m, place);
	if (pid == -1)
		return false;
	crowd_take_place(m->crowd, place, pid);
	m->workers[m->count++] = (struct worker){.pid = pid};
	return true;
}

static struct worker *
find_worker(struct master *m, pid_t pid)
{
	for (size_t i = 0; i < m->count; i++)
		if (m->workers[i].pid == pid)
			return &m->workers[i];
	return NULL;
}

static void
reap(struct master *m)
{
	pid_t pid;
	int status;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		struct worker *w = find_worker(m, pid);

		crowd_remove(m->crowd, pid);
		if (pid == m->aside)
			m->aside = 0;
		if (w == NULL)
			continue;
		m->busy -= w->busy;
		*w = m->workers[--m->count];
		m->has_lost = m->has_lost || !WIFEXITED(status);
	}
}

static void
hear(struct master *m)
{
	struct news news;

	while (read(m->news[0], &news, sizeof news) == (ssize_t)sizeof news) {
		struct worker *w = find_worker(m, news.pid);

		if (w == NULL)
			continue;
		if (!news.busy && !w->busy && m->count - m->busy > KEPT_IDLE) {
			kill(w->pid, SIGTERM); /* idle for long, and enough others are */
			*w = m->workers[--m->count];
			continue;
		}
		m->busy = m->busy - w->busy + news.busy;
		w->busy = news.busy;
	}
}

/* Where somebody removed our socket, another service may have its own there by now. */
static void
remove_socket(const struct master *m)
{
	struct stat now;

	if (lstat(m->pool->path, &now) == 0 && now.st_dev == m->place.st_dev &&
	    now.st_ino == m->place.st_ino)
		(void)unlink(m->pool->path); /* or the next service removes it */
}

/*
 * From here on clients find no socket and execute enqueue instead. Those who connected and were not
 * taken yet see the end at once, and not only when the last worker has finished its message.
 */
static void
leave(const struct master *m)
{
	const struct pool *pool = m->pool;
	int fd;

	if (pool->path == NULL)
		return;
	remove_socket(m);
	if (shutdown(pool->listener, SHUT_RDWR) == -1)
		return;
	while ((fd = accept4(pool->listener, NULL, NULL, SOCK_CLOEXEC)) != -1)
		hurry_close(fd);
}

/* Whoever holds a worker with a message that does not end must not hold the next service, too. */
static void
wait_for_workers(const struct pool *pool)
{
	deadline until = deadline_in_ms(pool->patience_ms);

	for (;;) {
		pid_t pid = waitpid(-1, NULL, WNOHANG);
		int left = deadline_poll_ms(until);
		struct timespec limit = {.tv_sec = left / 1000, .tv_nsec = left % 1000 * 1000000L};

		if ((pid == -1 && errno != EINTR) || (pid == 0 && left == 0))
			return;
		if (pid == 0)
			(void)ppoll(NULL, 0, &limit, &pool->before); /* SIGCHLD ends it */
	}
}

static void
rule(struct master *m)
{
	static const struct timespec pause = {.tv_nsec = PAUSE_MS * 1000000L};

	start_aside(m);
	while (!stopped) {
		struct pollfd p = {.fd = m->news[0], .events = POLLIN};
		bool good = true;

		while (good && m->count < m->pool->workers_max &&
		       (m->has_lost || m->count - m->busy < KEPT_IDLE)) {
			good = add_worker(m);
			m->has_lost = false;
		}
		if (ppoll(&p, 1, good ? NULL : &pause, &m->pool->before) == -1 && errno != EINTR)
			break;
		reap(m);
		hear(m);
	}
	leave(m);
	if (m->aside > 0)
		kill(m->aside, SIGTERM);
	for (size_t i = 0; i < m->count; i++)
		kill(m->workers[i].pid, SIGTERM);
	wait_for_workers(m->pool);
}

int
pool_run(const struct pool *pool)
{
	struct master m = {.pool = pool, .pid = getpid()};

	if (!listen_is_open(pool->listener)) { /* what is passed to us may be anything */
		errno = ENOTSOCK;
		return -1;
	}
	m.workers = calloc(pool->workers_max, sizeof *m.workers);
	m.crowd = crowd_new(pool->workers_max);
	if (m.workers == NULL || m.crowd == NULL ||
	    (pool->path != NULL && lstat(pool->path, &m.place) == -1) || catch_signals() == -1 ||
	    pipe2(m.news, O_CLOEXEC | O_NONBLOCK) == -1) {
		crowd_free(m.crowd);
		free(m.workers);
		return -1;
	}
	log_note(pool->program, "ready", "listening on %s",
	    pool->path != NULL ? pool->path : "the socket passed");
	/* many workers wait on one socket: who comes too late must not hang in accept */
	if (fcntl(pool->listener, F_SETFL, O_NONBLOCK) == 0)
		rule(&m);
	close(m.news[0]);
	close(m.news[1]);
	crowd_free(m.crowd);
	free(m.workers);
	return stopped ? 0 : -1;
}
