/* SPDX-License-Identifier: ISC */
#include "trigger.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "admit.h"
#include "spool/cell.h"

#define FULL \
	(TRIGGER_BUFFER - PIPE_BUF) /* a FIFO that held this much may have turned a write away */

int
trigger_open(struct trigger *t, struct qrun *q)
{
	*t = (struct trigger){.fd = -1};
	t->buf = malloc(TRIGGER_BUFFER);
	if (t->buf == NULL)
		return -1;
	/* for writing too: so it never ends, whoever else comes and goes */
	t->fd = openat(q->spool.fd, "trigger", O_RDWR | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
	return t->fd == -1 ? -1 : 0;
}

void
trigger_close(struct trigger *t)
{
	if (t->fd != -1)
		close(t->fd);
	free(t->buf);
	*t = (struct trigger){.fd = -1};
}

static void
admit_line(struct qrun *q, struct slice line, bool *lost)
{
	struct slice cell = slice_make(NULL, 0);
	char id[ID_SIZE];
	int number;

	if (line.len > ID_LENGTH) {
		cell = slice_skip(line, ID_LENGTH + 1);
		line.len = ID_LENGTH;
	}
	if (line.len == 0) /* something has come by another way: somebody released or retries it */
		*lost = true;
	if (!id_is_valid(line))
		return;
	if (q->message_count >= q->limits.qrun_active) {
		*lost = true;
		return;
	}
	memcpy(id, line.data, ID_LENGTH);
	id[ID_LENGTH] = '\0';
	number = cell_number(cell);
	if (number == -1)
		(void)admit_told(q, id);
	else if (q->spool.cells_fd != -1)
		(void)admit_cell(q, number, id);
}

bool
trigger_run(struct trigger *t, struct qrun *q)
{
	bool lost = false;
	ssize_t n;

	q->room = (size_t)q->limits.qrun_active;
	while ((n = read(t->fd, t->buf + t->end, TRIGGER_BUFFER - t->end)) > 0) {
		struct slice unread, line;
		size_t at;

		t->end += (size_t)n;
		t->burst += (size_t)n;
		unread = slice_make(t->buf, t->end);
		while ((at = slice_find(unread, '\n')) < unread.len) {
			line = slice_make(unread.data, at);
			admit_line(q, line, &lost);
			unread = slice_skip(unread, at + 1);
		}
		/* what is left is the beginning of a line, or rubbish that fills the buffer */
		t->end = unread.len == TRIGGER_BUFFER ? 0 : unread.len;
		memmove(t->buf, unread.data, t->end);
	}
	lost = lost || t->burst >= FULL;
	t->burst = 0;
	return lost;
}
