/* SPDX-License-Identifier: ISC */
/* -bi and newaliases: from the text of the aliases to what is in force. */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/die.h"
#include "conf/compile.h"
#include "modes.h"

#define PROBLEMS_MAX ((size_t)16 << 20)

/* What is compiled goes on to be in force when its text has gone, which is nobody's plan. */
static void
check_orphan(const struct control *control)
{
	if (control->fd != -1 && faccessat(control->fd, "aliases.cdb", F_OK, 0) == 0)
		die(PROGRAM, EX_CONFIG,
		    "there are no aliases, but %s/aliases.cdb is in force; remove it",
		    control->path);
	printf("%s: there are no aliases\n", control->path);
}

static void
compile(const struct control *control)
{
	struct str problems;
	size_t count = 0;
	int found;

	str_init(&problems, PROBLEMS_MAX);
	/* held until the program ends */
	if (control->fd != -1 && control_lock(control) == -1)
		die_errno(PROGRAM, errno == EWOULDBLOCK ? EX_TEMPFAIL : EX_CANTCREAT,
		    "unable to lock %s/%s", control->path, CONTROL_LOCK);
	found = compile_table(control, "aliases", &count, &problems);
	if (found == -1 && errno == EINVAL) {
		(void)fputs(problems.data, stderr);
		die(PROGRAM, EX_CONFIG, "the aliases are not compiled; %s",
		    faccessat(control->fd, "aliases.cdb", F_OK, 0) == 0
			? "the old ones stay in force"
			: "there are no old ones, so mail may wait");
	}
	if (found == -1 && slice_ends_nocase(str_slice(&problems), slice_of(".cdb")))
		die_errno(
		    PROGRAM, EX_CANTCREAT, "unable to write %s/%s", control->path, problems.data);
	if (found == -1)
		die_errno(PROGRAM, errno == ENOMEM ? EX_OSERR : EX_CONFIG, "unable to read %s",
		    problems.data);
	if (found == 0)
		check_orphan(control);
	else
		printf("%s/aliases.cdb: %zu aliases\n", control->path, count);
	str_free(&problems);
}

int
mode_check(void)
{
	struct control control;
	struct routes *routes;

	if (control_open(&control) == -1)
		die(PROGRAM, EX_CONFIG, CONTROL_UNOPENED, control.path, strerror(errno),
		    control_advice(errno));
	/* without a directory there is no place for it, and /etc/aliases is read as it is */
	if (control.fd != -1)
		compile(&control);
	routes = routing_read(&control);
	printf("%s: the aliases and the other tables of routes are well formed and in force\n",
	    control.path);
	routes_free(routes);
	control_close(&control);
	if (fflush(stdout) == EOF)
		die_errno(PROGRAM, EX_IOERR, "unable to write");
	return EX_OK;
}
