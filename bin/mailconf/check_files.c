/* SPDX-License-Identifier: ISC */
/* Each control file by itself: what it says, and what its name may have meant. */
#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "check.h"
#include "conf/cdb_reader.h"
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

/* A second value is nobody's, and was meant by somebody. */
static void
check_one_value(struct checks *k, const struct file *file)
{
	struct str text;
	struct slice rest, line;

	str_init(&text, CONTROL_FILE_MAX);
	if (file->form == FILE_LINE && control_read(k->control, file->name, &text) == 1) {
		rest = str_slice(&text);
		if (control_next_line(&rest, &line) && control_next_line(&rest, &line))
			finding(k, FINDING_WARNING, file->name, 0,
			    "its value is its first line; nobody reads \"%.*s\"",
			    (int)(line.len < 100 ? line.len : 100), line.data);
	}
	str_free(&text);
}

void
check_files(struct checks *k)
{
	struct str problem;

	str_init(&problem, 4096);
	for (size_t i = 0; i < files_count; i++) {
		check_text(k, &files[i], &problem);
		check_one_value(k, &files[i]);
	}
	str_free(&problem);
}

static bool
is_later(const struct stat *a, const struct stat *b)
{
	if (a->st_mtim.tv_sec != b->st_mtim.tv_sec)
		return a->st_mtim.tv_sec > b->st_mtim.tv_sec;
	return a->st_mtim.tv_nsec > b->st_mtim.tv_nsec;
}

/* Where NAME cannot be opened, what uses it stops; where a part is damaged, what needs that waits.
 */
static void
check_whole(struct checks *k, const char *name, const char *remedy)
{
	struct cdb_reader *reader;
	struct str problem;

	str_init(&problem, 4096);
	if (cdb_reader_open(&reader, k->control, name, false, &problem) != -1) {
		if (reader != NULL && cdb_reader_check(reader) == -1)
			finding(k, FINDING_ERROR, name, 0,
			    "it is damaged, so mail that needs it waits; run %s", remedy);
	} else if (errno == EACCES)
		finding(k, FINDING_UNKNOWN, name, 0,
		    "this user may not read it; run mailconf check as root");
	else if (problem.len > 0)
		finding(k, FINDING_ERROR, "", 0, "%s; run %s", problem.data, remedy);
	else
		finding(k, FINDING_ERROR, name, 0, "%s", strerror(errno));
	cdb_reader_close(reader);
	str_free(&problem);
}

/* A cdb is read in place of its text, but for accounts, whose text comes first. */
void
check_compiled(struct checks *k)
{
	struct stat text, compiled;
	char name[64], remedy[64];

	for (size_t i = 0; k->control->fd != -1 && i < files_count; i++) {
		const char *file = files[i].name;

		snprintf(name, sizeof name, "%s.cdb", file);
		if (strcmp(file, "users") == 0 || strcmp(file, "secrets") == 0 ||
		    fstatat(k->control->fd, name, &compiled, 0) == -1)
			continue;
		snprintf(remedy, sizeof remedy, "%s%s",
		    strcmp(file, "aliases") == 0 ? "newaliases" : "mailconf compile ",
		    strcmp(file, "aliases") == 0 ? "" : file);
		check_whole(k, name, remedy);
		if (fstatat(k->control->fd, file, &text, 0) == 0 && is_later(&text, &compiled))
			finding(k, FINDING_ERROR, name, 0,
			    "it is older than %s, whose changes do not count; run %s", file,
			    remedy);
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
