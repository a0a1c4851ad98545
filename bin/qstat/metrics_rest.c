/* SPDX-License-Identifier: ISC */
/* What the spool has beside messages, for qstat --metrics. */
#include <sys/stat.h>
#include <sys/statvfs.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/fields.h"
#include "base/io.h"
#include "metrics_parts.h"
#include "spool/key.h"

#define DAY_SECONDS 86400
#define FILE_SIZE ((size_t)8192) /* of a destination */
#define NAME_SIZE 32

/* A folder of DIRECTORY, to be read; null where there is none. */
static DIR *
open_folder(int directory, const char *name)
{
	int fd = openat(directory, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *dir = fd == -1 ? NULL : fdopendir(fd);

	if (dir == NULL)
		io_close(fd);
	return dir;
}

/* Until when a destination is left alone (spool(5), HOSTS); 0 if it is not. */
static int64_t
rests_until(int folder, const char *name)
{
	char text[FILE_SIZE];
	struct slice rest;
	struct field field;
	uint64_t until = 0;
	int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	ssize_t n = fd == -1 ? -1 : read(fd, text, sizeof text);

	io_close(fd);
	rest = slice_make(text, n < 0 ? 0 : (size_t)n);
	while (fields_next(&rest, '\n', &field) == FIELDS_ONE)
		if (field.letter == 'U' && slice_number(field.value, INT64_MAX, &until))
			break;
	return (int64_t)until;
}

/* Those of a day; what NEWER has, too, was counted there. */
static void
count_hosts_of(struct metrics *m, DIR *day, int newer)
{
	const struct dirent *entry;

	while ((entry = readdir(day)) != NULL) {
		if (entry->d_name[0] == '.' || (newer != -1 && faccessat(newer, entry->d_name, F_OK,
								   AT_SYMLINK_NOFOLLOW) == 0))
			continue;
		m->hosts++;
		m->hosts_resting += rests_until(dirfd(day), entry->d_name) > m->now;
	}
}

static void
count_hosts(struct metrics *m, const struct spool *spool)
{
	char name[NAME_SIZE];
	DIR *today, *yesterday;

	snprintf(name, sizeof name, "hosts/%lld", (long long)(m->now / DAY_SECONDS));
	today = open_folder(spool->fd, name);
	snprintf(name, sizeof name, "hosts/%lld", (long long)(m->now / DAY_SECONDS - 1));
	yesterday = open_folder(spool->fd, name);
	if (yesterday != NULL)
		count_hosts_of(m, yesterday, today == NULL ? -1 : dirfd(today));
	if (today != NULL)
		count_hosts_of(m, today, -1);
	if (today != NULL)
		closedir(today);
	if (yesterday != NULL)
		closedir(yesterday);
}

static void
count_keys_of(struct metrics *m, int keys, const char *name)
{
	DIR *day = open_folder(keys, name);
	const struct dirent *entry;

	while (day != NULL && (entry = readdir(day)) != NULL)
		m->keys += entry->d_name[0] != '.';
	if (day != NULL)
		closedir(day);
}

static void
count_keys(struct metrics *m, const struct spool *spool)
{
	DIR *keys = open_folder(spool->fd, KEY_FOLDER);
	const struct dirent *entry;

	while (keys != NULL && (entry = readdir(keys)) != NULL)
		if (ascii_is_digit(entry->d_name[0]))
			count_keys_of(m, dirfd(keys), entry->d_name);
	if (keys != NULL)
		closedir(keys);
}

static void
look_at_room(struct metrics *m, const struct spool *spool)
{
	struct statvfs st;

	if (fstatvfs(spool->fd, &st) == -1)
		return;
	m->has_room = true;
	m->free_octets = (uint64_t)st.f_bavail * st.f_frsize;
	m->size_octets = (uint64_t)st.f_blocks * st.f_frsize;
	m->free_inodes = (uint64_t)st.f_favail;
	m->inodes = (uint64_t)st.f_files;
}

/* qrun -w holds a lock, and each pass leaves its time (spool(5)). */
static void
look_at_qrun(struct metrics *m, const struct spool *spool)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	int fd = openat(spool->fd, "run/qrun/lock", O_RDWR | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	if (fd != -1)
		m->is_watched = fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
	io_close(fd);
	if (fstatat(spool->fd, "run/qrun/pass", &st, AT_SYMLINK_NOFOLLOW) == 0)
		m->last_pass = (int64_t)st.st_mtim.tv_sec;
}

void
metrics_count_rest(struct metrics *m, struct spool *spool)
{
	count_hosts(m, spool);
	count_keys(m, spool);
	look_at_room(m, spool);
	look_at_qrun(m, spool);
}
