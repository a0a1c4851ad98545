/* SPDX-License-Identifier: ISC */
/*
 * Folders whose names count days since 1970, with a file each for what was written on that day
 * (hosts/ and keys/ of spool(5)): those that are too old are removed in steps.
 */
#ifndef QRUN_DAYS_H
#define QRUN_DAYS_H

#include <stdint.h>

struct days_kept {
	int64_t back, ahead; /* days before today, and behind it */
	const char *name;    /* of what stands beside them and stays; or null */
};

/*
 * Removes of the directory FD what is not KEPT, some hundred files at a time. The days are listed,
 * and files only to be removed: what this costs does not grow with what is kept.
 */
void days_clean(int fd, const struct days_kept *kept);

#endif
