/* SPDX-License-Identifier: ISC */
#include <sys/stat.h>

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "mailbox/maildir.h"

#define LEFTOVER_SECONDS (36 * 3600)
#define CLEAN_MAX 1000 /* entries looked at in one pass */

void
maildir_clean(int tmp)
{
	int fd = openat(tmp, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd == -1 ? NULL : fdopendir(fd);
	time_t oldest = (time_t)(clock_wall_seconds() - LEFTOVER_SECONDS);
	struct dirent *entry;

	if (dir == NULL) {
		io_close(fd);
		return;
	}
	for (int i = 0; i < CLEAN_MAX && (entry = readdir(dir)) != NULL; i++) {
		struct stat st;

		if (fstatat(tmp, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		    S_ISREG(st.st_mode) && st.st_mtime < oldest)
			(void)unlinkat(tmp, entry->d_name, 0);
	}
	closedir(dir);
}
