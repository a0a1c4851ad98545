/* SPDX-License-Identifier: ISC */
/*
 * Cells (spool(5), CELLS): files that hold one small message after another, so that accepting one
 * changes no directory and allocates nothing. Cells are told by their number; the numbers of free
 * ones wait in the FIFO of the spool, and of a message that is finished the spool's file "finished"
 * says so before its cell is used again. A spool may have none: then all of this fails quietly.
 */
#ifndef SPOOL_CELL_H
#define SPOOL_CELL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"
#include "spool/id.h"
#include "spool/spool.h"

#define CELL_DIGITS 4
#define CELL_NAME_SIZE (CELL_DIGITS + 1)
#define CELL_COUNT_MAX 65536		  /* cells at most */
#define CELL_SIZE_FIRST ((size_t)8192)	  /* octets that one is made with */
#define CELL_SIZE_MAX ((size_t)64 * 1024) /* a larger file never goes into a cell */

/* The name in cells/, and back: -1 for what is none. */
void cell_name(char name[CELL_NAME_SIZE], int cell);
int cell_number(struct slice name);

/* The number of a cell that should be free, taken out of the FIFO; -1 if none waits there. */
int cell_take(const struct spool *s);
/*
 * Opens CELL for a message, locked: a descriptor, or -1 if it is not free after all. Nothing tells
 * whether its number is in the FIFO once more, so only what is found here counts.
 */
int cell_open_free(const struct spool *s, int cell);
/* Puts the numbers of free cells into the FIFO, if somebody would take them. */
void cell_offer(const struct spool *s, const int *cells, size_t count);

enum cell_content { CELL_FREE, CELL_TAKEN, CELL_ABSENT };

/*
 * What CELL holds, without a lock; of a message also its id, or "" where that cannot be read. One
 * that is empty and too short, as its maker did not end, counts as absent.
 */
enum cell_content cell_look(const struct spool *s, int cell, char id[ID_SIZE]);

/* Whether the record of CELL says that ID is finished. */
bool cell_is_finished(const struct spool *s, int cell, const char *id);
/*
 * For who holds the lock of CELL on FD: records that its message ID is finished, then empties the
 * cell. To be offered after cell_sync. 0, or -1 with errno: it may still look as if it held ID.
 */
int cell_finish(const struct spool *s, int cell, int fd, const char *id);
/* Makes the records durable. 0, or -1 with errno. */
int cell_sync(const struct spool *s);

#endif
