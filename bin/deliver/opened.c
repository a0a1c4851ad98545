/* SPDX-License-Identifier: ISC */
#include "opened.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"

bool
opened_is_full(const struct opened_list *l)
{
	return l->count + 2 > OPENED_MAX; /* a Maildir, and a folder of it */
}

/* The last name of PATH. */
static bool
begins_with_dot(const char *path)
{
	const char *slash = strrchr(path, '/');

	return *(slash == NULL ? path : slash + 1) == '.';
}

struct opened *
opened_get(
    struct opened_list *l, const char *name, int base, const char *path, struct mailbox_fault *f)
{
	struct opened *o = &l->list[l->count];

	for (size_t i = l->count; i > 0; i--) /* the last one is the likeliest */
		if (strcmp(l->list[i - 1].name, name) == 0)
			return &l->list[i - 1];
	*o = (struct opened){.name = strdup(name), .quota_root = -1};
	if (o->name == NULL) {
		(void)mailbox_fault_errno(f, "unable to open %s", name);
		return NULL;
	}
	if (maildir_open(&o->folders, base, path, true, f) == -1) {
		free(o->name);
		return NULL;
	}
	o->may_be_folder = begins_with_dot(path);
	l->count++;
	return o;
}

int
opened_quota_root(struct opened *o, struct mailbox_fault *f)
{
	if (!o->may_be_folder)
		return o->folders.root;
	if (o->quota_root == -1)
		o->quota_root = maildir_open_quota_root(o->folders.root, o->name, f);
	return o->quota_root;
}

int
opened_sync(struct opened *o)
{
	if (!o->is_synced)
		o->synced_errno = fsync(o->folders.fresh) == -1 ? errno : 0;
	o->is_synced = true;
	errno = o->synced_errno;
	return o->synced_errno == 0 ? 0 : -1;
}

void
opened_close(struct opened_list *l)
{
	for (; l->count > 0; l->count--) {
		struct opened *o = &l->list[l->count - 1];

		io_close(o->quota_root);
		maildir_release(&o->folders);
		free(o->name);
	}
}
