/* SPDX-License-Identifier: ISC */
/* A control directory for one test program, made by scratch_open and gone after scratch_remove. */
#ifndef UNIT_SCRATCH_H
#define UNIT_SCRATCH_H

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "conf/control.h"

static char scratch_dir[64];

__attribute__((noreturn, unused)) static void
scratch_fail(const char *what)
{
	printf("Bail out! unable to %s\n", what);
	exit(1);
}

__attribute__((unused)) static struct control *
scratch_open(struct control *c)
{
	snprintf(scratch_dir, sizeof scratch_dir, "/tmp/satchel-unit.XXXXXX");
	if (mkdtemp(scratch_dir) == NULL || setenv("SATCHEL_CONTROL", scratch_dir, 1) == -1 ||
	    control_open(c) == -1)
		scratch_fail("make a control directory");
	return c;
}

/* Makes the control file NAME hold TEXT. */
__attribute__((unused)) static void
scratch_write(const char *name, const char *text)
{
	char path[400];
	FILE *f;

	snprintf(path, sizeof path, "%s/%s", scratch_dir, name);
	f = fopen(path, "w");
	if (f == NULL || fputs(text, f) == EOF || fclose(f) == EOF)
		scratch_fail("write a control file");
}

__attribute__((unused)) static void
scratch_unlink(const char *name)
{
	char path[400];

	snprintf(path, sizeof path, "%s/%s", scratch_dir, name);
	unlink(path);
}

__attribute__((unused)) static void
scratch_remove(void)
{
	DIR *d = opendir(scratch_dir);
	struct dirent *entry;

	while (d != NULL && (entry = readdir(d)) != NULL)
		if (entry->d_name[0] != '.')
			scratch_unlink(entry->d_name);
	if (d != NULL)
		closedir(d);
	rmdir(scratch_dir);
}

#endif
