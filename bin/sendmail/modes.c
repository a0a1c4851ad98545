/* SPDX-License-Identifier: ISC */
#include "modes.h"

#include <sys/socket.h>

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/die.h"
#include "base/helper.h"

/* Becomes satchel's program ARGV[0]. */
_Noreturn static void
become(char *const argv[])
{
	struct str path;

	str_init(&path, 4096);
	if (helper_program(&path, argv[0]) == -1)
		die_errno(PROGRAM, EX_OSERR, "unable to find %s", argv[0]);
	execv(path.data, argv);
	die_errno(PROGRAM, EX_UNAVAILABLE, "unable to execute %s", path.data);
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

void
mode_list(void)
{
	char name[] = "qstat", *argv[] = {name, NULL};

	become(argv);
}

void
mode_queue(void)
{
	char name[] = "qrun", *argv[] = {name, NULL};

	become(argv);
}
