/* SPDX-License-Identifier: ISC */
#include "days.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/slice.h"

#define DAY_SECONDS ((int64_t)24 * 60 * 60)
#define REMOVED_MAX 1024 /* at a time: a million a day, for once a minute it is looked */

static bool
is_kept(const struct days_kept *kept, const char *name)
{
	int64_t today = clock_wall_seconds() / DAY_SECONDS;
	uint64_t day;

	if (name[0] == '.' || (kept->name != NULL && strcmp(name, kept->name) == 0))
		return true;
	return slice_number(slice_of(name), INT64_MAX, &day) &&
	       (int64_t)day <= today + kept->ahead && (int64_t)day >= today - kept->back;
}

/* Removes files of the folder FD, at most *LEFT. */
static void
empty_folder(int fd, int *left)
{
	DIR *dir = fd == -1 ? NULL : fdopendir(fd);
	const struct dirent *entry;

	if (dir == NULL)
		io_close(fd);
	while (dir != NULL && *left > 0 && (entry = readdir(dir)) != NULL)
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
		    unlinkat(dirfd(dir), entry->d_name, 0) == 0)
			--*left;
	if (dir != NULL)
		closedir(dir);
}

/* Files that stand beside the folders are of an older version. */
void
days_clean(int fd, const struct days_kept *kept)
{
	int copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), left = REMOVED_MAX;
	DIR *dir = copy == -1 ? NULL : fdopendir(copy);
	const struct dirent *entry;

	if (dir == NULL)
		io_close(copy);
	while (dir != NULL && left > 0 && (entry = readdir(dir)) != NULL) {
		if (is_kept(kept, entry->d_name))
			continue;
		if (unlinkat(fd, entry->d_name, 0) == 0) {
			left--;
			continue;
		}
		empty_folder(
		    openat(fd, entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC),
		    &left);
		if (left > 0 && unlinkat(fd, entry->d_name, AT_REMOVEDIR) == -1)
			break; /* another time */
	}
	if (dir != NULL)
		closedir(dir);
}
