/* SPDX-License-Identifier: ISC */
/* Whose each control file is, and who can read it. */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "files.h"

/* A group that is the owner's own, or root's, is nobody else. */
static bool
is_shared_group(const struct stat *st)
{
	struct who owner;

	who_of(&owner, st->st_uid);
	return st->st_gid != 0 && st->st_gid != owner.gid;
}

/* Whoever may write there decides over mail. */
static void
check_writers(struct checks *k, const char *name, const struct stat *st, bool is_secret)
{
	struct stat settings;

	if ((st->st_mode & S_IWOTH) != 0)
		finding(k, FINDING_ERROR, name, 0,
		    "every user can change it, and so decide over mail; chmod o-w");
	else if ((st->st_mode & S_IWGRP) != 0 && is_shared_group(st))
		finding(k, FINDING_WARNING, name, 0,
		    "a group can change it, and so decide over mail; chmod g-w");
	if (fstat(k->control->fd, &settings) == -1 || st->st_uid == 0 || is_secret ||
	    st->st_uid == settings.st_uid || st->st_uid == k->owner.uid)
		return;
	finding(k, FINDING_ERROR, name, 0,
	    "it belongs to uid %ld, who can change it, and so decide over mail; chown root",
	    (long)st->st_uid);
}

/* Those that only one part reads may be closed to the others. */
static bool
is_for_one(const struct file *file)
{
	static const char *const names[] = {
	    "tls", "fingerprints", "authentication", "tlsclient", "mta-sts", "tls-report"};

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (strcmp(file->name, names[i]) == 0)
			return true;
	return file->form == FILE_SECRET;
}

static void
check_reader(struct checks *k, const char *name, const char *path, const struct who *who)
{
	if (who->is_found && who_can(k, who, path, R_OK) == CANNOT)
		finding(k, FINDING_ERROR, name, 0, "%s cannot read it (%s), and stops; chmod a+r",
		    who->name, strerror(errno));
}

static void
check_readers(struct checks *k, const char *name)
{
	struct str path;
	struct who server;

	str_init(&path, 4096);
	if (str_format(&path, "%s/%s", k->control->path, name) == -1)
		k->has_failed = true;
	who_find(&server, slice_of("satchel-smtpd"));
	check_reader(k, name, path.data, &k->owner);
	if (k->is_split)
		check_reader(k, name, path.data, &server);
	str_free(&path);
}

static void
check_mode(struct checks *k, const struct file *file, const char *name)
{
	struct stat st;

	if (fstatat(k->control->fd, name, &st, 0) == -1 || !S_ISREG(st.st_mode))
		return;
	check_writers(k, name, &st, file->form == FILE_SECRET);
	if (!is_for_one(file))
		check_readers(k, name);
}

void
check_modes(struct checks *k)
{
	struct stat st;
	char compiled[64];

	if (k->control->fd == -1)
		return;
	if (fstat(k->control->fd, &st) == 0)
		check_writers(k, k->control->path, &st, false);
	for (size_t i = 0; i < files_count; i++) {
		snprintf(compiled, sizeof compiled, "%s.cdb", files[i].name);
		check_mode(k, &files[i], files[i].name);
		check_mode(k, &files[i], compiled);
	}
	if (strcmp(k->tables.aliases.name, "/etc/aliases") == 0 && stat("/etc/aliases", &st) == 0)
		check_writers(k, "/etc/aliases", &st, false);
}
