/* SPDX-License-Identifier: ISC */
/* A folder for the files of a fuzz target, the same for all inputs, and gone when it ends. */
#ifndef FUZZ_SCRATCH_H
#define FUZZ_SCRATCH_H

#include <sys/stat.h>

#include <ftw.h>
#include <stdlib.h>

#include "fuzz.h"

static char scratch_path[] = "/tmp/fuzz.XXXXXX";

static inline int
scratch_unlink(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static inline void
scratch_remove(void)
{
	(void)nftw(scratch_path, scratch_unlink, 16, FTW_DEPTH | FTW_PHYS);
}

/* Its path. */
static inline const char *
scratch_folder(void)
{
	static bool is_made; /* the name may have an X in it then, too */

	must(is_made || (mkdtemp(scratch_path) != NULL && atexit(scratch_remove) == 0));
	is_made = true;
	return scratch_path;
}

#endif
