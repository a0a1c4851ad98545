/* SPDX-License-Identifier: ISC */
/*
 * The stock of free cells (spool(5), CELLS): a process of the service that looks which cells are
 * free and offers them, and makes more, up to a limit, when messages find none.
 */
#ifndef ENQUEUE_STOCK_H
#define ENQUEUE_STOCK_H

#include "spool/spool.h"

struct stock {
	const struct spool *spool;
	int cells_max;
	int want_fd; /* an eventfd: somebody found no free cell */
};

/* 0, or -1 with errno. The spool's FIFO of free cells is open. */
int stock_open(struct stock *s, const struct spool *spool, int cells_max);
void stock_close(struct stock *s);
/* Says that there was no free cell. Any process that has inherited want_fd may. */
void stock_want(void *stock);
/* The keeper's work; ends by signals alone. */
_Noreturn void stock_keep(struct stock *s);

#endif
