/* SPDX-License-Identifier: ISC */
#include "trigger.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "admit.h"
#include "base/io.h"
#include "spool/background.h"
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

int
trigger_adopt(struct trigger *t)
{
	int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
	struct stat st;

	*t = (struct trigger){.fd = -1, .is_background = true};
	if (nothing == -1 || fstat(STDIN_FILENO, &st) == -1)
		return -1;
	if (!S_ISFIFO(st.st_mode) || (fcntl(STDIN_FILENO, F_GETFL) & O_ACCMODE) != O_RDWR) {
		errno = ENOTSUP;
		return -1;
	}
	t->buf = malloc(TRIGGER_BUFFER);
	t->fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	if (t->buf == NULL || t->fd == -1 || fcntl(t->fd, F_SETFL, O_NONBLOCK) == -1 ||
	    dup2(nothing, STDIN_FILENO) == -1)
		return -1;
	io_close(nothing);
	return background_lock(t->fd);
}

bool
trigger_is_ours(const struct trigger *t)
{
	return t->is_background && t->fd != -1 && !t->is_let_go;
}

void
trigger_let_go(struct trigger *t)
{
	if (!trigger_is_ours(t))
		return;
	if (background_unlock(t->fd) == -1)
		errno = 0; /* closing it does that, too */
	t->is_let_go = true;
}

void
trigger_close(struct trigger *t)
{
	if (t->fd != -1)
		close(t->fd);
	free(t->buf);
	*t = (struct trigger){.fd = -1, .is_background = t->is_background};
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
trigger_has_room(const struct trigger *t, const struct qrun *q)
{
	return !t->is_background || q->message_count < q->limits.qrun_active;
}

/* Admits what the whole lines in the buffer name. */
static void
take_lines(struct trigger *t, struct qrun *q, bool *lost)
{
	struct slice unread = slice_make(t->buf, t->end);
	size_t at;

	while (trigger_has_room(t, q) && (at = slice_find(unread, '\n')) < unread.len) {
		admit_line(q, slice_make(unread.data, at), lost);
		unread = slice_skip(unread, at + 1);
	}
	/* what is left is the beginning of a line, or rubbish that fills the buffer */
	t->end = unread.len == TRIGGER_BUFFER && trigger_has_room(t, q) ? 0 : unread.len;
	memmove(t->buf, unread.data, t->end);
}

bool
trigger_run(struct trigger *t, struct qrun *q)
{
	bool lost = false;
	ssize_t n = 1;

	q->room = (size_t)q->limits.qrun_active;
	for (take_lines(t, q, &lost); n > 0 && trigger_has_room(t, q); take_lines(t, q, &lost)) {
		n = read(t->fd, t->buf + t->end, TRIGGER_BUFFER - t->end);
		if (n <= 0)
			break;
		t->end += (size_t)n;
		t->burst += (size_t)n;
	}
	/* what is written from now on, others have found our lock gone for */
	if (t->is_let_go && n <= 0 && trigger_has_room(t, q))
		trigger_close(t);
	lost = lost || t->burst >= FULL;
	t->burst = 0;
	return lost;
}
