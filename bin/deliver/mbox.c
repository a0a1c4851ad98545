/* SPDX-License-Identifier: ISC */
#include "mbox.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/io.h"
#include "mbox_lock.h"
#include "mbox_quote.h"

#define LOCK_SECONDS 30

/* What must be added for the file to end with an empty line, which a killed writer may have left
 * out. */
static const char *
missing_end(int fd, off_t size)
{
	char last[2] = {'\n', '\n'};
	size_t len = size < 2 ? (size_t)size : 2;

	if (size == 0 || io_pread(fd, last + 2 - len, len, size - (off_t)len) == -1)
		return "";
	if (last[1] != '\n')
		return "\n\n";
	return last[0] == '\n' && size > 1 ? "" : "\n";
}

static int
write_message(struct courier *c, const struct mbox_message *m, int fd, off_t at)
{
	struct slice block;
	bool in_line = false;
	int next;

	str_clear(&c->scratch);
	if (str_add_text(&c->scratch, missing_end(fd, at)) == -1 ||
	    mbox_add_separator(&c->scratch, m->sender, clock_wall_seconds()) == -1 ||
	    str_add_slice(&c->scratch, m->prefix) == -1)
		return -1;
	content_rewind(&c->content);
	while ((next = content_next(&c->content, &block)) == 1) {
		if (mbox_quote(&c->scratch, block, in_line) == -1 ||
		    io_pwrite(fd, c->scratch.data, c->scratch.len, at) == -1)
			return -1;
		at += (off_t)c->scratch.len;
		in_line = block.data[block.len - 1] != '\n';
		str_clear(&c->scratch);
	}
	if (next == -1 || str_add_char(&c->scratch, '\n') == -1)
		return -1;
	return io_pwrite(fd, c->scratch.data, c->scratch.len, at);
}

/* A message half there would be taken for a whole one; nothing more can be done if this fails. */
static void
cut_back(int fd, off_t size)
{
	int saved = errno;

	if (ftruncate(fd, size) == 0)
		(void)fsync(fd);
	errno = saved;
}

static int
append_locked(struct courier *c, const struct mbox_message *m, const struct mbox_lock *l)
{
	struct stat st;

	if (fstat(l->fd, &st) == -1)
		return -1;
	/* a file that was empty may be new, made by whomever: its name must be durable, too */
	if (write_message(c, m, l->fd, st.st_size) == 0 && fsync(l->fd) == 0 &&
	    (st.st_size > 0 || fsync(l->folder) == 0))
		return 0;
	cut_back(l->fd, st.st_size);
	return -1;
}

int
mbox_append(
    struct courier *c, const struct place *p, const struct mbox_message *m, struct outcome *o)
{
	deadline until = deadline_in_seconds(LOCK_SECONDS);
	struct mbox_lock lock;
	int result;

	if (m->until < until)
		until = m->until;
	if (mbox_lock_take(c, &lock, p, until, o) == -1)
		return -1;
	result = append_locked(c, m, &lock);
	if (result == -1)
		(void)outcome_errno(o, "unable to add to %s", p->path.data);
	mbox_lock_release(&lock);
	return result;
}
