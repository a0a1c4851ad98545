/* SPDX-License-Identifier: ISC */
/* What other users may do with files: root asks the kernel in their name, others do not know. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/die.h"
#include "check.h"
#include "mailconf.h"

static void
take(struct who *who, const struct passwd *entry)
{
	if (entry == NULL)
		return;
	who->uid = entry->pw_uid;
	who->gid = entry->pw_gid;
	who->is_found = true;
}

void
who_find(struct who *who, struct slice name)
{
	*who = (struct who){.is_found = false};
	snprintf(who->name, sizeof who->name, "%.*s", (int)name.len, name.data);
	take(who, getpwnam(who->name));
}

void
who_of(struct who *who, uid_t uid)
{
	const struct passwd *entry = getpwuid(uid);

	*who = (struct who){.uid = uid, .gid = (gid_t)-1, .is_found = true};
	if (entry == NULL)
		snprintf(who->name, sizeof who->name, "uid %ld", (long)uid);
	else
		snprintf(who->name, sizeof who->name, "%s", entry->pw_name);
	take(who, entry);
}

void
who_service(const struct checks *k, struct who *who, const char *name)
{
	if (k->is_split)
		who_find(who, slice_of(name));
	else
		*who = k->owner;
}

static void
become(const struct who *who)
{
	gid_t gid = who->gid == (gid_t)-1 ? getgid() : who->gid;

	if (initgroups(who->name, gid) == -1 || setegid(gid) == -1 || seteuid(who->uid) == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to look as %s", who->name);
}

static void
become_root(void)
{
	if (seteuid(0) == -1 || setegid(0) == -1 || setgroups(0, NULL) == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to be root again");
}

/* Root is asked to be somebody else for one system call: nobody else's program runs meanwhile. */
static int
ask_as(const struct who *who, const char *path, int mode)
{
	int result, saved;

	become(who);
	result = faccessat(AT_FDCWD, path, mode, AT_EACCESS);
	saved = errno;
	become_root();
	errno = saved;
	return result;
}

static enum can
cannot_tell(struct checks *k, const char *path)
{
	if (k->unseen_paths++ == 0 && str_add_text(&k->unseen, path) == -1)
		k->has_failed = true;
	return CAN_UNKNOWN;
}

enum can
who_can(struct checks *k, const struct who *who, const char *path, int mode)
{
	if (!who->is_found)
		return cannot_tell(k, path);
	if (geteuid() == who->uid)
		return faccessat(AT_FDCWD, path, mode, AT_EACCESS) == 0 ? CAN : CANNOT;
	if (geteuid() == 0)
		return ask_as(who, path, mode) == 0 ? CAN : CANNOT;
	/* a name that does not exist exists for nobody */
	if (access(path, F_OK) == -1 && errno == ENOENT)
		return CANNOT;
	return cannot_tell(k, path);
}
