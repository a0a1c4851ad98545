/* SPDX-License-Identifier: ISC */
/*
 * How far a batch was taken, in a file beside it, so that a run which could not finish is taken up
 * where it stopped. The file names the batch by size and checksum.
 */
#ifndef BSMTP_PROGRESS_H
#define BSMTP_PROGRESS_H

#include <stdint.h>

#include "base/str.h"
#include "batch.h"

struct progress {
	int fd;		/* -1: nobody wants it kept */
	uint64_t steps; /* that are done: two for each transaction */
	const struct batch *batch;
};

enum progress_result {
	PROGRESS_GOOD,
	PROGRESS_OTHER,	 /* another batch was not finished: problem */
	PROGRESS_BUSY,	 /* somebody has it locked */
	PROGRESS_FAILED, /* errno */
};

/* PATH null: nothing is kept. The file is locked until progress_close. */
enum progress_result progress_open(
    struct progress *p, const char *path, const struct batch *batch, struct str *problem);
/* STEPS are done; durable on return. 0, or -1 with errno. */
int progress_mark(struct progress *p, uint64_t steps);
/* All are. 0, or -1 with errno. */
int progress_finish(struct progress *p);
void progress_close(struct progress *p);

#endif
