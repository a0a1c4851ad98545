/* SPDX-License-Identifier: ISC */
/* A spool for one test program, made by spool_scratch_open and gone after spool_scratch_remove. */
#ifndef UNIT_SPOOL_SCRATCH_H
#define UNIT_SPOOL_SCRATCH_H

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "spool/make.h"
#include "spool/spool.h"

static char spool_scratch[64];

__attribute__((noreturn, unused)) static void
spool_scratch_fail(const char *what)
{
	printf("Bail out! unable to %s\n", what);
	exit(1);
}

__attribute__((unused)) static void
spool_scratch_open(struct spool *s)
{
	struct str made;
	char path[80];

	str_init(&made, 65536);
	snprintf(spool_scratch, sizeof spool_scratch, "/tmp/satchel-unit.XXXXXX");
	if (mkdtemp(spool_scratch) == NULL)
		spool_scratch_fail("make a scratch directory");
	snprintf(path, sizeof path, "%s/spool", spool_scratch);
	if (setenv("SATCHEL_SPOOL", path, 1) == -1 ||
	    setenv("SATCHEL_CONTROL", spool_scratch, 1) == -1)
		spool_scratch_fail("set the environment");
	if (make_spool(s, &made) == -1)
		spool_scratch_fail("make a spool");
	spool_close(s);
	str_free(&made);
	if (spool_open(s) == -1)
		spool_scratch_fail("open the spool");
}

__attribute__((unused)) static int
spool_scratch_unlink(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

__attribute__((unused)) static void
spool_scratch_remove(struct spool *s)
{
	spool_close(s);
	nftw(spool_scratch, spool_scratch_unlink, 16, FTW_DEPTH | FTW_PHYS);
}

#endif
