/* SPDX-License-Identifier: ISC */
#include "modes.h"

#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/die.h"
#include "base/helper.h"

#define TEXT_MAX ((size_t)4096) /* of an argument that is made here */

/* Becomes satchel's program ARGV[0]. */
_Noreturn static void
become(char *const argv[])
{
	struct str path;

	str_init(&path, TEXT_MAX);
	if (helper_program(&path, argv[0]) == -1)
		die_errno(PROGRAM, EX_OSERR, "unable to find %s", argv[0]);
	execv(path.data, argv);
	die_errno(PROGRAM, EX_UNAVAILABLE, "unable to execute %s", path.data);
}

/* The exit codes of satchel's programs, as callers of sendmail read them. */
static int
code_of(int code)
{
	switch (code) {
	case EXIT_PERMANENT:
		return EX_UNAVAILABLE;
	case EXIT_TEMPORARY:
		return EX_TEMPFAIL;
	case EXIT_BUG:
		return EX_SOFTWARE;
	default:
		return code;
	}
}

/* Runs ARGV[0], which ends when we do. */
static int
run(char *const argv[])
{
	int status;
	pid_t pid;

	pid = fork();
	if (pid == -1)
		die_errno(PROGRAM, EX_OSERR, "unable to begin another process");
	if (pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
		become(argv);
	}
	while (waitpid(pid, &status, 0) == -1)
		if (errno != EINTR)
			die_errno(PROGRAM, EX_OSERR, "unable to wait for %s", argv[0]);
	return WIFEXITED(status) ? code_of(WEXITSTATUS(status)) : EX_TEMPFAIL;
}

/*
 * inetd runs "sendmail -bs" for connections from anywhere, and who speaks there is nobody who could
 * run this himself.
 */
static bool
is_network(int fd)
{
	struct sockaddr_storage here = {.ss_family = AF_UNSPEC};
	socklen_t len = sizeof here;

	return getsockname(fd, (struct sockaddr *)&here, &len) == 0 &&
	       (here.ss_family == AF_INET || here.ss_family == AF_INET6);
}

void
mode_smtp(void)
{
	char name[] = "smtpd", *argv[] = {name, NULL};

	/* who may run this may submit: that is what the empty value says */
	if (!is_network(STDIN_FILENO) && setenv("RELAYCLIENT", "", 1) == -1)
		die_errno(PROGRAM, EX_OSERR, "unable to set RELAYCLIENT");
	/* smtpd would serve a socket that systemd passed, with those rights */
	if (unsetenv("LISTEN_FDS") == -1)
		die_errno(PROGRAM, EX_OSERR, "unable to unset LISTEN_FDS");
	become(argv);
}

int
mode_list(void)
{
	char name[] = "qstat", form[] = "--mailq", *argv[] = {name, form, NULL};

	return run(argv);
}

/* As qrun writes it: "--sender=!*TEXT*", as TEXT may be any part of an address. */
static char *
filter_argument(const struct queue_filter *f)
{
	const char *name = f->kind == 'I' ? "id" : f->kind == 'R' ? "recipient" : "sender";
	const char *star = f->kind == 'I' || strcmp(f->text, "<>") == 0 ? "" : "*";
	struct str out;

	if (strpbrk(f->text, ",\"") != NULL)
		die(PROGRAM, EX_USAGE, "-q looks for no text with commas or quotes: %s", f->text);
	str_init(&out, TEXT_MAX);
	if (str_format(
		&out, "--%s=%s%s%s%s", name, f->is_negated ? "!" : "", star, f->text, star) == -1)
		die_errno(PROGRAM, EX_USAGE, "unable to look for that text");
	return out.data;
}

int
mode_queue(const struct options *o)
{
	char name[] = "qrun", now[] = "--now";
	char **argv = calloc(o->filter_count + 3, sizeof *argv);
	size_t first;
	int code;

	if (argv == NULL)
		die_errno(PROGRAM, EX_OSERR, "unable to begin");
	argv[0] = name;
	first = o->is_forced ? 2 : 1;
	if (o->is_forced)
		argv[1] = now;
	for (size_t i = 0; i < o->filter_count; i++)
		argv[first + i] = filter_argument(&o->filters[i]);
	code = run(argv);
	for (size_t i = 0; i < o->filter_count; i++)
		free(argv[first + i]);
	free(argv);
	return code;
}

/* mailconf explains, so that both say the same. */
int
mode_explain(const struct options *o)
{
	char name[] = "mailconf", command[] = "route", from[] = "--from", end[] = "--",
	     input[] = "-";
	char **argv = calloc(o->recipient_count + 7, sizeof *argv);
	size_t count = 0;
	int code;

	if (argv == NULL)
		die_errno(PROGRAM, EX_OSERR, "unable to begin");
	argv[count++] = name;
	argv[count++] = command;
	if (o->sender != NULL) {
		argv[count++] = from;
		argv[count++] = (char *)(uintptr_t)o->sender;
	}
	argv[count++] = end;
	for (size_t i = 0; i < o->recipient_count; i++)
		argv[count++] = o->recipients[i];
	if (o->recipient_count == 0)
		argv[count++] = input;
	code = run(argv);
	free(argv);
	return code;
}
