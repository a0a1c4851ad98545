/* SPDX-License-Identifier: ISC */
#include "mbox.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/io.h"
#include "mbox_dot.h"
#include "mbox_lock.h"
#include "mbox_quote.h"
#include "mbox_record.h"
#include "prefix.h"

#define LOCK_SECONDS 30
#define BEGIN_MAX (PREFIX_MAX + 4096)

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

/* What is to be added: its begin is made once, for it has the time in it. */
struct addition {
	struct courier *courier;
	struct str begin;
	size_t separator; /* octets of the begin that are ours alone: up to the end of "From " */
};

static int
make_begin(struct addition *a, const struct mbox_message *m, const char *missing)
{
	if (str_add_text(&a->begin, missing) == -1 ||
	    mbox_add_separator(&a->begin, m->sender, clock_wall_seconds()) == -1)
		return -1;
	a->separator = a->begin.len;
	return str_add_slice(&a->begin, m->prefix);
}

/* Adds TEXT at *at of FD, or only counts it where FD is -1. */
static int
put(int fd, struct slice text, off_t *at)
{
	if (fd != -1 && io_pwrite(fd, text.data, text.len, *at) == -1)
		return -1;
	*at += (off_t)text.len;
	return 0;
}

static int
write_message(struct addition *a, int fd, off_t *at)
{
	struct courier *c = a->courier;
	struct slice block;
	bool in_line = false;
	int next;

	str_clear(&c->scratch);
	if (str_add_slice(&c->scratch, str_slice(&a->begin)) == -1)
		return -1;
	content_rewind(&c->content);
	while ((next = content_next(&c->content, &block)) == 1) {
		if (mbox_quote(&c->scratch, block, in_line) == -1 ||
		    put(fd, str_slice(&c->scratch), at) == -1)
			return -1;
		in_line = block.data[block.len - 1] != '\n';
		str_clear(&c->scratch);
	}
	if (next == -1 || str_add_char(&c->scratch, '\n') == -1)
		return -1;
	return put(fd, str_slice(&c->scratch), at);
}

/* Measures the message, notes in the dot lock what will be written, and writes it. */
static int
note_and_write(struct addition *a, const struct mbox_lock *l, off_t size)
{
	struct slice separator = slice_make(a->begin.data, a->separator);
	off_t length = 0;

	if (write_message(a, -1, &length) == -1 ||
	    mbox_record_write(l, size, (uint64_t)length, separator) == -1)
		return -1;
	return write_message(a, l->fd, &size);
}

/* A message half there would be taken for a whole one. If this fails, the next one does it. */
static void
cut_back(struct mbox_lock *l, off_t size)
{
	int saved = errno;

	if (ftruncate(l->fd, size) == -1)
		mbox_dot_leave(l);
	else
		(void)fsync(l->fd);
	errno = saved;
}

static int
append_synced(struct addition *a, const struct mbox_lock *l, off_t size)
{
	if (note_and_write(a, l, size) == -1 || fsync(l->fd) == -1)
		return -1;
	/* a file that was empty may be new, made by whomever: its name must be durable, too */
	if (size == 0 && fsync(l->folder) == -1)
		return -1;
	if (mbox_lock_is_current(l))
		return 0;
	errno = ESTALE; /* somebody who keeps no lock has put another file in its place */
	return -1;
}

static int
append_locked(struct courier *c, const struct mbox_message *m, struct mbox_lock *l)
{
	struct addition a = {.courier = c};
	struct stat st;
	int result;

	if (fstat(l->fd, &st) == -1)
		return -1;
	str_init(&a.begin, BEGIN_MAX);
	result = make_begin(&a, m, missing_end(l->fd, st.st_size));
	if (result == 0) {
		result = append_synced(&a, l, st.st_size);
		if (result == -1)
			cut_back(l, st.st_size);
	}
	str_free(&a.begin);
	return result;
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
