/* SPDX-License-Identifier: ISC */
/* Each control file by itself: what it says, whose it is, and what its name may have meant. */
#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "check.h"
#include "files.h"

static void
check_text(struct checks *k, const struct file *file, struct str *problem)
{
	struct slice cause;
	size_t name_len = strlen(file->name);

	if (file_problem(k->control, file, problem) == 0)
		return;
	cause = str_slice(problem);
	if (errno == EACCES)
		finding(k, FINDING_UNKNOWN, file->name, 0,
		    "this user may not read it; run mailconf check as root");
	else if (slice_starts(cause, file->name) && cause.len > name_len &&
		 (cause.data[name_len] == ':' || cause.data[name_len] == ','))
		finding(k, FINDING_ERROR, "", 0, "%s", problem->data);
	else
		finding(k, FINDING_ERROR, file->name, 0, "%s", problem->data);
}

void
check_files(struct checks *k)
{
	struct str problem;

	str_init(&problem, 4096);
	for (size_t i = 0; i < files_count; i++)
		check_text(k, &files[i], &problem);
	str_free(&problem);
}

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
	static const char *const names[] = {"tls", "users", "fingerprints", "authentication",
	    "tlsclient", "mta-sts", "tls-report", "domains"};

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
check_readers(struct checks *k, const struct file *file)
{
	struct str path;
	struct who server;

	str_init(&path, 4096);
	if (str_format(&path, "%s/%s", k->control->path, file->name) == -1)
		k->has_failed = true;
	who_find(&server, slice_of("satchel-smtpd"));
	check_reader(k, file->name, path.data, &k->owner);
	if (k->is_split)
		check_reader(k, file->name, path.data, &server);
	str_free(&path);
}

void
check_modes(struct checks *k)
{
	struct stat st;

	if (k->control->fd == -1)
		return;
	if (fstat(k->control->fd, &st) == 0)
		check_writers(k, k->control->path, &st, false);
	for (size_t i = 0; i < files_count; i++) {
		if (fstatat(k->control->fd, files[i].name, &st, 0) == -1 || !S_ISREG(st.st_mode))
			continue;
		check_writers(k, files[i].name, &st, files[i].form == FILE_SECRET);
		if (!is_for_one(&files[i]))
			check_readers(k, &files[i]);
	}
	if (strcmp(k->tables.aliases.name, "/etc/aliases") == 0 && stat("/etc/aliases", &st) == 0)
		check_writers(k, "/etc/aliases", &st, false);
}

static bool
is_later(const struct stat *a, const struct stat *b)
{
	if (a->st_mtim.tv_sec != b->st_mtim.tv_sec)
		return a->st_mtim.tv_sec > b->st_mtim.tv_sec;
	return a->st_mtim.tv_nsec > b->st_mtim.tv_nsec;
}

/* A cdb is read in place of its text, but for accounts, whose text comes first. */
void
check_compiled(struct checks *k)
{
	struct stat text, compiled;
	char name[64];

	for (size_t i = 0; k->control->fd != -1 && i < files_count; i++) {
		const char *file = files[i].name;

		snprintf(name, sizeof name, "%s.cdb", file);
		if (strcmp(file, "users") == 0 || strcmp(file, "secrets") == 0 ||
		    fstatat(k->control->fd, file, &text, 0) == -1 ||
		    fstatat(k->control->fd, name, &compiled, 0) == -1 ||
		    !is_later(&text, &compiled))
			continue;
		if (strcmp(file, "aliases") == 0)
			finding(k, FINDING_ERROR, name, 0,
			    "it is older than %s, whose changes do not count; run newaliases",
			    file);
		else
			finding(k, FINDING_ERROR, name, 0,
			    "it is older than %s, whose changes do not count; run mailconf compile "
			    "%s",
			    file, file);
	}
}

static size_t
least(size_t a, size_t b, size_t c)
{
	size_t ab = a < b ? a : b;

	return ab < c ? ab : c;
}

/* How many letters one has to change, add or take away to make A of B (Levenshtein's distance). */
static size_t
distance(const char *a, const char *b)
{
	size_t row[64], len = strlen(b);

	if (len >= sizeof row / sizeof row[0])
		return len;
	for (size_t j = 0; j <= len; j++)
		row[j] = j;
	for (size_t i = 0; a[i] != '\0'; i++) {
		size_t before = row[0]++;

		for (size_t j = 0; j < len; j++) {
			size_t above = row[j + 1];

			row[j + 1] = least(above + 1, row[j] + 1, before + (a[i] != b[j]));
			before = above;
		}
	}
	return row[len];
}

static void
check_stranger(struct checks *k, const char *name)
{
	const struct file *nearest = NULL;
	size_t best = 3;

	for (size_t i = 0; i < files_count; i++) {
		size_t n = distance(name, files[i].name);

		/* of a short name, three letters are another word */
		if (n < best && n < (strlen(files[i].name) + 1) / 2) {
			best = n;
			nearest = &files[i];
		}
	}
	if (nearest != NULL)
		finding(k, FINDING_WARNING, name, 0,
		    "no program reads a file of this name; did you mean %s?", nearest->name);
}

void
check_names(struct checks *k)
{
	int fd = k->control->fd == -1
		     ? -1
		     : openat(k->control->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd == -1 ? NULL : fdopendir(fd);
	struct dirent *entry;
	struct stat st;

	if (dir == NULL) {
		io_close(fd);
		if (k->control->fd != -1)
			finding(k, FINDING_UNKNOWN, k->control->path, 0,
			    "this user may not list it; run mailconf check as root");
		return;
	}
	while ((entry = readdir(dir)) != NULL)
		if (entry->d_name[0] != '.' && !file_is_known(entry->d_name) &&
		    fstatat(dirfd(dir), entry->d_name, &st, 0) == 0 && S_ISREG(st.st_mode))
			check_stranger(k, entry->d_name);
	closedir(dir);
}
