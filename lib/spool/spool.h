/* SPDX-License-Identifier: ISC */
/*
 * The spool as directories (spool(5)). It is opened once; everything below goes by descriptors of
 * directories, so nothing can be slipped in between by a link.
 */
#ifndef SPOOL_SPOOL_H
#define SPOOL_SPOOL_H

#include <sys/types.h>

#include <stdbool.h>

#include "base/str.h"

#define SPOOL_TRIGGER "trigger"	  /* the FIFO that wakes qrun -w */
#define SPOOL_FREE "free"	  /* the FIFO of free cells (cell.h) */
#define SPOOL_FINISHED "finished" /* the records of cells */

struct spool {
	int fd;		    /* the spool's directory */
	int new_fd;	    /* new/ */
	int cells_fd;	    /* cells/; -1 where there are none, and then both below */
	int finished_fd;    /* the records of cells */
	int free_fd;	    /* the FIFO of free cells, after spool_open_free; else -1 */
	int trigger_fd;	    /* the trigger, once somebody listened; else -1 */
	const char *path;   /* its name; not owned */
	struct str problem; /* after a failure: what is wrong and what to do, one line */
};

/* The name: SATCHEL_SPOOL of the environment (which a privileged process ignores), or the default.
 */
const char *spool_path(void);

/* A spool that is not open: spool_close may be called. */
void spool_init(struct spool *s);

/*
 * Opens it for its owner: the directory and new/ must belong to the effective user and nobody else
 * may write to them. 0, or -1 with errno and problem set.
 */
int spool_open(struct spool *s);
void spool_close(struct spool *s);

/* Opens the directory NAME of the spool. A descriptor, or -1 with errno and problem set. */
int spool_open_directory(struct spool *s, const char *name);

/* For who takes free cells. They wait in the FIFO as long as somebody has it open. 0, or -1. */
int spool_open_free(struct spool *s);

/*
 * Wakes qrun -w, if there is one: message ID is in new/, or in the cell of the number CELL if that
 * is not -1. Never blocks. True if there is.
 */
bool spool_wake(struct spool *s, const char *id, int cell);

/*
 * Run by root, becomes the owner of the spool for good, so that root follows no name that another
 * user could have placed there; nothing for anybody else. Before spool_open. 0, or -1 with errno
 * and problem set.
 */
int spool_become_owner(struct spool *s);

/* Sets problem. Keeps errno. Always -1. */
int spool_problem(struct spool *s, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
