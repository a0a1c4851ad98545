/* SPDX-License-Identifier: ISC */
#include "modes.h"

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

void
mode_smtp(void)
{
	char name[] = "smtpd", *argv[] = {name, NULL};

	/* who may run this may submit: that is what the empty value says */
	if (setenv("RELAYCLIENT", "", 1) == -1)
		die_errno(PROGRAM, EX_OSERR, "unable to set RELAYCLIENT");
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
