/* SPDX-License-Identifier: ISC */
#include "together.h"

#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/vfs.h>

#include <linux/magic.h>
#include <stdio.h>
#include <unistd.h>

#define XFS_MAGIC 0x58465342 /* what statfs(2) says of XFS; no header of the kernel does */
#define DEVICES_MAX 8
#define SLOW_MS 100	 /* a sync that takes longer than this, */
#define SLOW_EACH_MS 10	 /* and this for each file, makes us */
#define PAUSE_SECONDS 30 /* do without for so long */

/* Before Linux 5.8 syncfs was silent about data that could not be written (syncfs(2)). */
static bool
is_safe_kernel(void)
{
	struct utsname name;
	unsigned major, minor;

	if (uname(&name) == -1 || sscanf(name.release, "%u.%u", &major, &minor) != 2)
		return false;
	return major > 5 || (major == 5 && minor >= 8);
}

/* Local ones that write everything; of FUSE, for one, syncfs asks less than fsync. */
static bool
is_safe_file_system(int fd)
{
	struct statfs st;

	if (fstatfs(fd, &st) == -1)
		return false;
	return st.f_type == EXT4_SUPER_MAGIC || st.f_type == XFS_MAGIC ||
	       st.f_type == BTRFS_SUPER_MAGIC;
}

/* Finds, for each device, the first of FDS that is on it. Their number; 0 if it cannot be said. */
static size_t
find_devices(const int *fds, size_t count, int *firsts)
{
	dev_t devices[DEVICES_MAX];
	size_t found = 0;

	for (size_t i = 0; i < count; i++) {
		struct stat st;
		size_t n = 0;

		if (fstat(fds[i], &st) == -1)
			return 0;
		while (n < found && devices[n] != st.st_dev)
			n++;
		if (n < found)
			continue;
		if (found == DEVICES_MAX || !is_safe_file_system(fds[i]))
			return 0;
		devices[found] = st.st_dev;
		firsts[found++] = fds[i];
	}
	return found;
}

bool
together_sync(struct together *t, const int *fds, size_t count, size_t files)
{
	int64_t begun = clock_monotonic_ms();
	int firsts[DEVICES_MAX];
	size_t found;

	if (!t->is_known) {
		t->is_unsafe = !is_safe_kernel();
		t->is_known = true;
	}
	if (files < TOGETHER_MIN || t->is_unsafe || begun < t->pause)
		return false;
	found = find_devices(fds, count, firsts);
	/* where there is no journal, syncfs writes metadata behind its flush; fsync flushes again
	 */
	for (size_t i = 0; i < found; i++)
		if (syncfs(firsts[i]) == -1 || fsync(firsts[i]) == -1)
			return false;
	if (clock_monotonic_ms() - begun > SLOW_MS + SLOW_EACH_MS * (int64_t)files)
		t->pause = deadline_in_seconds(PAUSE_SECONDS);
	return found > 0;
}
