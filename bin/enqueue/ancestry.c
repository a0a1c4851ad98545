/* SPDX-License-Identifier: ISC */
#include "ancestry.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"

#define DEPTH_MAX 16
#define STATUS_MAX 4096 /* what is asked for stands in its first lines */

struct status {
	char name[ANCESTRY_NAME_SIZE];
	pid_t parent;
	uint32_t uids[4], gids[4]; /* real, effective, saved, of the file system */
};

static bool
take_ids(struct slice value, uint32_t ids[4])
{
	for (size_t i = 0; i < 4; i++) {
		struct slice word;
		uint64_t number;

		if (!slice_word(&value, &word) || !slice_number(word, UINT32_MAX, &number))
			return false;
		ids[i] = (uint32_t)number;
	}
	return true;
}

/* A line "Name:\tvalue". A name that holds a line feed is shown escaped, so no line is forged. */
static void
take_line(struct status *s, struct slice line, unsigned *seen)
{
	size_t colon = slice_find(line, ':');
	struct slice key = slice_make(line.data, colon);
	struct slice value = slice_trim(slice_skip(line, colon + 1));
	uint64_t number;

	if (slice_is(key, "Name") && value.len < sizeof s->name) {
		memcpy(s->name, value.data, value.len);
		*seen |= 1;
	} else if (slice_is(key, "PPid") && slice_number(value, INT_MAX, &number)) {
		s->parent = (pid_t)number;
		*seen |= 2;
	} else if (slice_is(key, "Uid") && take_ids(value, s->uids))
		*seen |= 4;
	else if (slice_is(key, "Gid") && take_ids(value, s->gids))
		*seen |= 8;
}

static bool
read_status(pid_t pid, struct status *s)
{
	char path[64], text[STATUS_MAX];
	struct slice rest, line;
	unsigned seen = 0;
	ssize_t n;
	int fd;

	*s = (struct status){.parent = 0};
	snprintf(path, sizeof path, "/proc/%ld/status", (long)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd == -1)
		return false;
	n = read(fd, text, sizeof text);
	io_close(fd);
	rest = slice_make(text, n > 0 ? (size_t)n : 0);
	while (slice_take(&rest, '\n', &line))
		take_line(s, line, &seen);
	return seen == 15;
}

static bool
is_between(const char *name)
{
	static const char *const names[] = {"sendmail", "enqueue", "smtpd", "bsmtp", "sh", "dash",
	    "bash", "ash", "busybox", "ksh", "mksh", "zsh", "env", "timeout", "nice"};

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

bool
ancestry_program(pid_t pid, struct ancestor *found)
{
	struct status status;

	for (int i = 0; i < DEPTH_MAX && pid > 0; i++) {
		if (!read_status(pid, &status))
			return false;
		if (!is_between(status.name)) {
			found->pid = pid;
			memcpy(found->name, status.name, sizeof found->name);
			return true;
		}
		pid = status.parent;
	}
	return false;
}

bool
ancestry_is(const struct ancestor *a, struct slice wanted)
{
	size_t slash = slice_find_last(wanted, '/');
	struct slice base = slash == wanted.len ? wanted : slice_skip(wanted, slash + 1);
	char path[64], file[PATH_MAX];
	ssize_t n;

	if (slash < wanted.len) {
		snprintf(path, sizeof path, "/proc/%ld/exe", (long)a->pid);
		n = readlink(path, file, sizeof file);
		/* of another user's process it is not to be had, as a rule: then the name decides
		 */
		if (n > 0)
			return slice_equal(slice_make(file, (size_t)n), wanted);
	}
	if (base.len >= sizeof a->name - 1) /* the kernel has cut it */
		base.len = sizeof a->name - 2;
	return slice_is(base, a->name);
}

/*
 * Only root has workers run as other users, so the owner's uid is not enough: whoever executes the
 * set-user-ID enqueue by a link named qrun has a process with that. And what is set-user-ID root
 * keeps the group of who executed it. Left over is what is set-user-ID and set-group-ID root, runs
 * what its user says as that user, and waits for it: called by a link named qrun it would pass. No
 * program is known that does; it would be free of the quota, which is all that this is asked for,
 * and no more of a lie than that of a program's name. The kernel shows the file of root's process
 * to root alone, so there is nothing better to compare.
 */
static bool
is_roots(const struct status *s)
{
	for (size_t i = 0; i < 4; i++)
		if (s->uids[i] != 0 || s->gids[i] != 0)
			return false;
	return true;
}

bool
ancestry_is_delivery(pid_t pid)
{
	struct status worker, qrun;

	return read_status(pid, &worker) && read_status(worker.parent, &qrun) &&
	       strcmp(qrun.name, "qrun") == 0 && is_roots(&qrun);
}
