/* SPDX-License-Identifier: ISC */
#include "launcher.h"

#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "base/log.h"
#include "base/packet.h"
#include "root.h"

#define CHILDREN_MAX 20000
#define WORDS_SIZE 4096
#define WORDS_LINES 20 /* of workers of other users that are logged in one second */
#define LEAVE_MS 10000 /* what a worker may take to say goodbye at the end */

/* The socket and the pipe between us and the root process. */
struct between {
	int packets[2], words[2];
};

static int
drop_to(uid_t owner, pid_t parent)
{
	const struct passwd *entry;

	errno = 0;
	entry = getpwuid(owner);
	if (entry == NULL) {
		if (errno == 0)
			errno = ENOENT;
		return -1;
	}
	if (initgroups(entry->pw_name, entry->pw_gid) == -1 || setgid(entry->pw_gid) == -1 ||
	    setuid(owner) == -1)
		return -1;
	/* without the root process there would be no more workers: end, so that all start anew */
	if (prctl(PR_SET_PDEATHSIG, SIGTERM) == -1)
		return -1;
	if (getppid() != parent) {
		errno = ESRCH;
		return -1;
	}
	return 0;
}

/*
 * In the parent. Its signals reach qrun through it alone, as qrun has a session of its own, so that
 * one to a terminal's or a supervisor's whole group comes once.
 */
static int
stay_root(struct root *r, const struct between *b, const sigset_t *signals)
{
	io_close(b->packets[1]);
	io_close(b->words[0]);
	r->fd = b->packets[0];
	r->words_fd = b->words[1];
	r->signal_fd = signalfd(-1, signals, SFD_CLOEXEC | SFD_NONBLOCK);
	if (r->signal_fd == -1)
		return -1; /* qrun ends, too: its parent dies */
	signal(SIGPIPE, SIG_IGN);
	root_run(r);
}

static int
leave_root(struct launcher *l, struct root *r, const struct between *b, pid_t parent)
{
	io_close(b->packets[0]);
	io_close(b->words[1]);
	children_free(&r->children);
	l->fd = b->packets[1];
	l->words_fd = b->words[0];
	if (setsid() == -1 || fcntl(l->words_fd, F_SETFL, O_NONBLOCK) == -1)
		return -1;
	return drop_to(r->owner, parent);
}

static int
part(struct launcher *l, uid_t owner)
{
	struct root r = {.owner = owner};
	pid_t parent = getpid();
	sigset_t signals, before;
	struct between b;

	if (children_init(&r.children, CHILDREN_MAX) == -1 || packet_pair(b.packets) == -1 ||
	    pipe2(b.words, O_CLOEXEC) == -1)
		return -1;
	sigemptyset(&signals);
	sigaddset(&signals, SIGCHLD);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGHUP);
	if (sigprocmask(SIG_BLOCK, &signals, &before) == -1)
		return -1;
	r.qrun = fork();
	if (r.qrun == -1)
		return -1;
	if (r.qrun > 0)
		return stay_root(&r, &b, &signals);
	/* all but SIGCHLD stay blocked: main takes them */
	sigdelset(&signals, SIGCHLD);
	if (sigprocmask(SIG_SETMASK, &signals, NULL) == -1)
		return -1;
	return leave_root(l, &r, &b, parent);
}

int
launcher_start(struct launcher *l, const char *spool)
{
	struct stat st;

	*l = (struct launcher){.fd = -1, .words_fd = -1};
	/* spool_open tells what is wrong with a spool */
	if (geteuid() == 0 && stat(spool, &st) == 0 && st.st_uid != 0)
		return part(l, st.st_uid);
	return children_init(&l->children, CHILDREN_MAX);
}

static int
ask_root(struct launcher *l, enum worker_kind kind, const char *user, struct launched *launched,
    struct str *problem)
{
	char text[ROOT_PACKET_MAX + 1];
	uint64_t pid;
	ssize_t n = snprintf(text, sizeof text, "%c%s", kind == WORKER_SEND ? 's' : 'd', user);

	if ((size_t)n >= sizeof text) {
		(void)str_add_text(problem, "the name of the user is too long");
		return -1;
	}
	if (packet_send(l->fd, slice_make(text, (size_t)n), -1, deadline_in_ms(ROOT_ANSWER_MS)) ==
		-1 ||
	    (n = packet_receive(l->fd, text, ROOT_PACKET_MAX, &launched->fd,
		 deadline_in_ms(ROOT_ANSWER_MS))) <= 0) {
		(void)str_add_text(problem, "the process that starts workers has gone");
		return -1;
	}
	text[n] = '\0';
	if (text[0] == 'P' && launched->fd != -1 &&
	    slice_number(slice_of(text + 1), INT32_MAX, &pid)) {
		launched->pid = (pid_t)pid;
		return 0;
	}
	io_close(launched->fd);
	(void)str_add_text(problem, text + 1);
	return -1;
}

int
launcher_run(struct launcher *l, enum worker_kind kind, const char *user, struct launched *launched,
    struct str *problem)
{
	str_clear(problem);
	if (l->fd != -1)
		return ask_root(l, kind, user, launched, problem);
	if (child_start(&l->children, kind, NULL, -1, launched) == 0)
		return 0;
	(void)str_format(problem, "unable to start %s: %s", child_program(kind), strerror(errno));
	return -1;
}

void
launcher_kill(struct launcher *l, pid_t pid)
{
	char text[32];

	if (l->fd == -1) {
		children_kill(&l->children, pid);
		return;
	}
	snprintf(text, sizeof text, "K%ld", (long)pid);
	if (packet_send(l->fd, slice_of(text), -1, deadline_in_ms(ROOT_ANSWER_MS)) == -1)
		errno = 0; /* it has gone, and its children see their sockets close */
}

/* Read to the end, so that nobody blocks another's worker, but logged in part. */
void
launcher_overhear(struct launcher *l)
{
	char words[WORDS_SIZE];
	ssize_t n;

	for (int i = 0; i < WORDS_LINES && (n = read(l->words_fd, words, sizeof words)) > 0; i++) {
		struct slice rest = slice_make(words, (size_t)n), line;

		while (slice_take(&rest, '\n', &line))
			if (line.len > 0 && l->lines < WORDS_LINES) {
				l->lines++;
				log_note(PROGRAM, "worker-said", "%.*s", (int)line.len, line.data);
			}
	}
}

void
launcher_look(struct launcher *l)
{
	l->lines = 0;
	children_reap(&l->children);
}

/* True once all have ended. */
static bool
wait_for_children(struct launcher *l, int64_t ms)
{
	deadline until = deadline_in_ms(ms);

	for (children_reap(&l->children); l->children.count > 0; children_reap(&l->children)) {
		if (clock_monotonic_ms() >= until)
			return false;
		if (poll(NULL, 0, 10) == -1)
			errno = 0;
	}
	return true;
}

void
launcher_close(struct launcher *l)
{
	if (!wait_for_children(l, LEAVE_MS)) {
		for (size_t i = l->children.count; i > 0; i--)
			children_kill(&l->children, l->children.pids[i - 1]);
		(void)wait_for_children(l, LEAVE_MS); /* what still is there nothing can end */
	}
	children_free(&l->children);
	io_close(l->fd);
	io_close(l->words_fd);
}
