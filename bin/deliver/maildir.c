/* SPDX-License-Identifier: ISC */
#include "maildir.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h> /* renameat2 */
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "mailbox/maildir_name.h"
#include "maildir_quota.h"

#define CLEAN_EVERY 100 /* deliveries of one process */

/* For the names: how large the message is, as it is stored and with CRLF. */
static void
count_lines(struct maildir_entry *e, struct slice text)
{
	const char *end;

	e->octets += text.len;
	while (text.len > 0 && (end = memchr(text.data, '\n', text.len)) != NULL) {
		e->lines++;
		text = slice_skip(text, (size_t)(end - text.data) + 1);
	}
}

/* One write for what most messages are: the prefix and one block. */
static int
write_content(struct courier *c, struct slice prefix, struct maildir_entry *e)
{
	struct slice block;
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
		if (io_pwrite(e->fd, block.data, block.len, (off_t)e->octets) == -1)
			return -1;
		count_lines(e, block);
		next = content_next(&c->content, &block);
	} while (next == 1);
	return next;
}

static int
write_file(struct courier *c, struct slice prefix, struct maildir_entry *e, struct outcome *o)
{
	if (courier_unique_name(c, &e->name) == -1)
		return outcome_errno(o, "unable to name the message");
	e->fd = openat(e->in->folders.tmp, e->name.data,
	    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, S_IRUSR | S_IWUSR);
	if (e->fd == -1)
		return outcome_errno(o, "unable to make a file in tmp/");
	e->created = true;
	if (write_content(c, prefix, e) == -1)
		return outcome_errno(o, "unable to copy the message");
	return 0;
}

/* Goes on to the folder of the Maildir that the message is for, if there is one. */
static int
open_folder(struct maildir_entry *e, const struct maildir_message *m, struct mailbox_fault *f)
{
	struct opened *found = e->in;
	struct stat st;
	struct str name;

	if (!maildir_is_folder_name(m->folder))
		return 0;
	str_init(&name, DELIVER_PATH_MAX * 2);
	if (str_format(&name, "%s/.%.*s", e->in->name, (int)m->folder.len, m->folder.data) == 0) {
		const char *path = name.data + strlen(e->in->name) + 1;
		int root = e->in->folders.root;

		if (fstatat(root, path, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode))
			found = opened_get(m->opened, name.data, root, path, f);
	}
	str_free(&name);
	if (found == NULL)
		return -1;
	e->in = found;
	return 0;
}

static int
write_message(struct courier *c, const struct place *p, const struct maildir_message *m,
    struct maildir_entry *e, struct outcome *o)
{
	struct mailbox_fault fault;

	e->in = opened_get(m->opened, p->name.data, p->base, p->path.data, &fault);
	if (e->in == NULL)
		return outcome_fault(o, &fault);
	if (maildir_quota_count(c, m, e, o) == -1)
		return -1;
	if (open_folder(e, m, &fault) == -1)
		return outcome_fault(o, &fault);
	if (c->count % CLEAN_EVERY == 0)
		maildir_clean(e->in->folders.tmp);
	return write_file(c, m->prefix, e, o);
}

int
maildir_write(struct courier *c, const struct place *p, const struct maildir_message *m,
    struct maildir_entry *e, struct outcome *o)
{
	*e = (struct maildir_entry){.fd = -1};
	str_init(&e->name, MAILDIR_NAME_MAX);
	if (write_message(c, p, m, e, o) == 0)
		return 0;
	maildir_close(e);
	return -1;
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
	return fsync(e->fd) == -1 ? outcome_errno(o, "unable to sync the message") : 0;
}

int
maildir_close_file(struct maildir_entry *e, struct outcome *o)
{
	int fd = e->fd;

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
move(const struct maildir_entry *e, const char *to)
{
	const char *name = e->name.data;

	if (renameat2(e->in->folders.tmp, name, e->in->folders.fresh, to, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -1;
	if (linkat(e->in->folders.tmp, name, e->in->folders.fresh, to, 0) == -1)
		return -1;
	/* a second name left in tmp/ harms nobody and goes with the leftovers */
	(void)unlinkat(e->in->folders.tmp, name, 0);
	return 0;
}

/* Moves it to new/ under a name that says how large it is, which spares readers many looks. */
static int
move_and_rename(struct maildir_entry *e)
{
	struct str name;
	int result = -1;

	str_init(&name, MAILDIR_NAME_MAX);
	if (str_add_slice(&name, str_slice(&e->name)) == 0 &&
	    maildir_name_add_sizes(&name, e->octets, e->octets + e->lines) == 0)
		result = move(e, name.data);
	if (result == -1) {
		str_free(&name);
		return -1;
	}
	str_free(&e->name);
	e->name = name;
	return 0;
}

int
maildir_publish(struct maildir_entry *e, struct outcome *o)
{
	if (move_and_rename(e) == -1)
		return outcome_errno(o, "unable to move the message to new/");
	e->published = true;
	return 0;
}

int
maildir_sync_name(struct maildir_entry *e, struct outcome *o)
{
	return opened_sync(e->in) == -1 ? outcome_errno(o, "unable to sync new/") : 0;
}

void
maildir_take_back(const struct maildir_entry *e)
{
	if (e->published && unlinkat(e->in->folders.fresh, e->name.data, 0) == 0)
		maildir_quota_uncount(e);
}

void
maildir_close(struct maildir_entry *e)
{
	if (e->created && !e->published)
		(void)unlinkat(e->in->folders.tmp, e->name.data, 0);
	if (!e->published)
		maildir_quota_uncount(e);
	io_close(e->fd);
	e->fd = -1;
	e->quota = NULL;
	str_free(&e->name);
}
