/* SPDX-License-Identifier: ISC */
#include "metrics.h"

#include <sys/stat.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/die.h"
#include "base/io.h"
#include "base/str.h"
#include "metrics_parts.h"
#include "qstat.h"

#define PATH_SIZE ((size_t)4096)
#define MODE 0644 /* the collector is another user */

static int
gather_and_print(void)
{
	static struct metrics m;
	struct spool spool;
	int64_t begun = clock_monotonic_ms();

	if (spool_become_owner(&spool) == -1 || spool_open(&spool) == -1)
		die(PROGRAM, EXIT_PERMANENT, "%s", spool.problem.data);
	m.now = clock_wall_seconds();
	top_init(&m.destinations);
	metrics_count_messages(&m, &spool);
	metrics_count_rest(&m, &spool);
	metrics_print(&m, (double)(clock_monotonic_ms() - begun) / 1000);
	top_free(&m.destinations);
	spool_close(&spool);
	return fflush(stdout) == EOF || ferror(stdout) ? EXIT_TEMPORARY : EXIT_DONE;
}

/* A child gathers into FD, as who owns the spool, and we stay who we are. Its exit code. */
static int
gather_into(int fd)
{
	int status;
	pid_t pid = fork();

	if (pid == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to begin another process");
	if (pid == 0) {
		if (dup2(fd, STDOUT_FILENO) == -1)
			_exit(EXIT_TEMPORARY);
		exit(gather_and_print());
	}
	while (waitpid(pid, &status, 0) == -1)
		if (errno != EINTR)
			return EXIT_TEMPORARY;
	return WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_TEMPORARY;
}

/* A new file, beside its place; one that is there was left behind, as it has our number. */
static int
make_file(const char *path)
{
	int fd = -1;

	for (int i = 0; i < 2 && fd == -1; i++) {
		if (i > 0 && (errno != EEXIST || unlink(path) == -1))
			break;
		fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, MODE);
	}
	if (fd != -1 && fchmod(fd, MODE) == -1) {
		io_close(fd);
		return -1;
	}
	return fd;
}

static int
write_file(const char *file)
{
	struct str path;
	int fd, code;

	str_init(&path, PATH_SIZE);
	if (str_format(&path, "%s.%ld", file, (long)getpid()) == -1)
		die_errno(PROGRAM, EXIT_PERMANENT, "unable to write %s", file);
	fd = make_file(path.data);
	if (fd == -1)
		die_errno(PROGRAM, EXIT_PERMANENT, "unable to make %s", path.data);
	code = gather_into(fd);
	if (close(fd) == -1 || (code == EXIT_DONE && rename(path.data, file) == -1)) {
		fprintf(
		    stderr, "%s: fatal: unable to write %s: %s\n", PROGRAM, file, strerror(errno));
		code = EXIT_TEMPORARY;
	}
	if (code != EXIT_DONE && unlink(path.data) == -1)
		errno = 0; /* nobody reads it */
	str_free(&path);
	return code;
}

int
metrics_show(const char *file)
{
	return file == NULL ? gather_and_print() : write_file(file);
}
