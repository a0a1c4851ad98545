/* SPDX-License-Identifier: ISC */
#include "recycle.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "complain.h"
#include "spool/cell.h"

#define MANY 1024 /* cells gathered at most; a sync is cheap beside the messages of so many */

struct recycling {
	size_t count;
	int cells[MANY];
};

int
recycle_open(struct qrun *q)
{
	q->recycling = calloc(1, sizeof *q->recycling);
	return q->recycling == NULL ? -1 : 0;
}

void
recycle_close(struct qrun *q)
{
	recycle_sync(q);
	free(q->recycling);
	q->recycling = NULL;
}

void
recycle_cell(struct qrun *q, int cell)
{
	struct recycling *r = q->recycling;

	r->cells[r->count++] = cell;
	if (r->count == MANY)
		recycle_sync(q);
}

void
recycle_sync(struct qrun *q)
{
	struct recycling *r = q->recycling;

	if (r->count == 0)
		return;
	/* not offered then: who keeps the stock finds them, and syncs before he offers them */
	if (cell_sync(&q->spool) == -1)
		complain(
		    "unable to sync %s/%s: %s", q->spool.path, SPOOL_FINISHED, strerror(errno));
	else
		cell_offer(&q->spool, r->cells, r->count);
	r->count = 0;
}

bool
recycle_is_due(const struct qrun *q)
{
	return q->recycling->count > 0;
}
