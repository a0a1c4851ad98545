/* SPDX-License-Identifier: ISC */
#include "maildir.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h> /* renameat2 */
#include <unistd.h>

#include "base/io.h"
#include "mailbox/maildir_name.h"

#define CLEAN_EVERY 100 /* deliveries of one process */

/* One write for what most messages are: the prefix and one block. */
static int
write_content(struct courier *c, struct slice prefix, int fd)
{
	struct slice block;
	off_t at = 0;
	int next;

	str_clear(&c->scratch);
	if (str_add_slice(&c->scratch, prefix) == -1)
		return -1;
	content_rewind(&c->content);
	next = content_next(&c->content, &block);
	if (next == -1 || (next == 1 && str_add_slice(&c->scratch, block) == -1))
		return -1;
	block = str_slice(&c->scratch);
	do {
		if (io_pwrite(fd, block.data, block.len, at) == -1)
			return -1;
		at += (off_t)block.len;
		next = content_next(&c->content, &block);
	} while (next == 1);
	return next;
}

static int
write_file(struct courier *c, struct slice prefix, struct maildir_entry *e, struct outcome *o)
{
	if (courier_unique_name(c, &e->name) == -1)
		return outcome_errno(o, "unable to name the message");
	e->fd = openat(e->folders.tmp, e->name.data,
	    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, S_IRUSR | S_IWUSR);
	if (e->fd == -1)
		return outcome_errno(o, "unable to make a file in tmp/");
	e->created = true;
	if (write_content(c, prefix, e->fd) == -1)
		return outcome_errno(o, "unable to copy the message");
	return 0;
}

int
maildir_write(struct courier *c, const struct place *p, struct slice prefix,
    struct maildir_entry *e, struct outcome *o)
{
	struct mailbox_fault fault;

	*e = (struct maildir_entry){.folders = {-1, -1, -1}, .fd = -1};
	str_init(&e->name, MAILDIR_NAME_MAX);
	if (maildir_open(&e->folders, p->base, p->path.data, true, &fault) == -1) {
		maildir_close(e);
		return outcome_fault(o, &fault);
	}
	if (c->count % CLEAN_EVERY == 0)
		maildir_clean(e->folders.tmp);
	if (write_file(c, prefix, e, o) == -1) {
		maildir_close(e);
		return -1;
	}
	return 0;
}

int
maildir_start_writing(struct maildir_entry *e, struct outcome *o)
{
	(void)o;
	(void)sync_file_range(e->fd, 0, 0, SYNC_FILE_RANGE_WRITE);
	return 0;
}

int
maildir_sync(struct maildir_entry *e, struct outcome *o)
{
	int fd = e->fd;

	if (fsync(fd) == -1)
		return outcome_errno(o, "unable to sync the message");
	e->fd = -1;
	/* close reports what NFS and quotas found late */
	if (close(fd) == -1 && errno != EINTR)
		return outcome_errno(o, "unable to close the message");
	return 0;
}

/*
 * A rename that replaces nothing. Where the file system does not know it (EINVAL), or the kernel,
 * link and unlink do the same in two steps.
 */
static int
move(const struct maildir_entry *e)
{
	const char *name = e->name.data;

	if (renameat2(e->folders.tmp, name, e->folders.fresh, name, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -1;
	if (linkat(e->folders.tmp, name, e->folders.fresh, name, 0) == -1)
		return -1;
	/* a second name left in tmp/ harms nobody and goes with the leftovers */
	(void)unlinkat(e->folders.tmp, name, 0);
	return 0;
}

int
maildir_publish(struct maildir_entry *e, struct outcome *o)
{
	if (move(e) == -1)
		return outcome_errno(o, "unable to move the message to new/");
	e->published = true;
	return 0;
}

int
maildir_sync_name(struct maildir_entry *e, struct outcome *o)
{
	return fsync(e->folders.fresh) == -1 ? outcome_errno(o, "unable to sync new/") : 0;
}

void
maildir_take_back(const struct maildir_entry *e)
{
	if (e->published)
		(void)unlinkat(e->folders.fresh, e->name.data, 0);
}

void
maildir_close(struct maildir_entry *e)
{
	if (e->created && !e->published)
		(void)unlinkat(e->folders.tmp, e->name.data, 0);
	io_close(e->fd);
	maildir_release(&e->folders);
	e->fd = -1;
	str_free(&e->name);
}
