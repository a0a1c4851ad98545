/* SPDX-License-Identifier: ISC */
/*
 * slowdisk MOUNTPOINT MEGABYTES MILLISECONDS
 *
 * A disk in memory whose flush takes its time: a FUSE file system with the file "disk", to be put
 * below a loop device. The loop driver turns a flush of the block device into an fsync of this
 * file, and that takes MILLISECONDS, one at a time, as a disk does it. Writes cost what memory
 * costs. "counts" in the same folder says how many flushes and writes there were. Runs in the
 * foreground until it is unmounted.
 */
#define FUSE_USE_VERSION 31
#include <sys/mman.h>
#include <sys/stat.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <fuse.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define DISK_NAME "/disk"
#define COUNTS_NAME "/counts"
#define COUNTS_SIZE 128

struct disk {
	int fd; /* the contents, in memory */
	off_t size;
	struct timespec delay;
	pthread_mutex_t flushing;
	atomic_ulong flushes, writes, bytes;
};

static struct disk *
current_disk(void)
{
	return fuse_get_context()->private_data;
}

static int
disk_getattr(const char *path, struct stat *st, struct fuse_file_info *info)
{
	const struct disk *disk = current_disk();

	(void)info;
	*st = (struct stat){.st_nlink = 1};
	if (strcmp(path, "/") == 0) {
		st->st_mode = S_IFDIR | 0700;
	} else if (strcmp(path, DISK_NAME) == 0) {
		st->st_mode = S_IFREG | 0600;
		st->st_size = disk->size;
	} else if (strcmp(path, COUNTS_NAME) == 0) {
		st->st_mode = S_IFREG | 0400;
	} else {
		return -ENOENT;
	}
	return 0;
}

static int
disk_readdir(const char *path, void *list, fuse_fill_dir_t fill, off_t offset,
    struct fuse_file_info *info, enum fuse_readdir_flags flags)
{
	(void)path, (void)offset, (void)info, (void)flags;
	if (fill(list, DISK_NAME + 1, NULL, 0, 0) != 0 ||
	    fill(list, COUNTS_NAME + 1, NULL, 0, 0) != 0)
		return -ENOMEM;
	return 0;
}

/* The counts change without a write: they are read past the page cache, to the end. */
static int
disk_open(const char *path, struct fuse_file_info *info)
{
	info->direct_io = strcmp(path, COUNTS_NAME) == 0;
	return 0;
}

static int
read_counts(struct disk *disk, char *buf, size_t size, off_t offset)
{
	char text[COUNTS_SIZE];
	int len = snprintf(text, sizeof text, "flushes %lu writes %lu bytes %lu\n", disk->flushes,
	    disk->writes, disk->bytes);

	if (len < 0 || offset >= len)
		return 0;
	if (size > (size_t)(len - offset))
		size = (size_t)(len - offset);
	memcpy(buf, text + offset, size);
	return (int)size;
}

static int
disk_read(const char *path, char *buf, size_t size, off_t offset, struct fuse_file_info *info)
{
	struct disk *disk = current_disk();
	ssize_t n;

	(void)info;
	if (strcmp(path, COUNTS_NAME) == 0)
		return read_counts(disk, buf, size, offset);
	n = pread(disk->fd, buf, size, offset);
	return n == -1 ? -errno : (int)n;
}

static int
disk_write(
    const char *path, const char *buf, size_t size, off_t offset, struct fuse_file_info *info)
{
	struct disk *disk = current_disk();
	ssize_t n = pwrite(disk->fd, buf, size, offset);

	(void)path, (void)info;
	if (n == -1)
		return -errno;
	disk->writes++;
	disk->bytes += (unsigned long)n;
	return (int)n;
}

static int
disk_fsync(const char *path, int data_only, struct fuse_file_info *info)
{
	struct disk *disk = current_disk();

	(void)path, (void)data_only, (void)info;
	pthread_mutex_lock(&disk->flushing);
	disk->flushes++;
	if (disk->delay.tv_sec != 0 || disk->delay.tv_nsec != 0)
		nanosleep(&disk->delay, NULL);
	pthread_mutex_unlock(&disk->flushing);
	return 0;
}

static void *
disk_init(struct fuse_conn_info *connection, struct fuse_config *config)
{
	(void)connection;
	config->kernel_cache = 1; /* nobody else writes to the file */
	return current_disk();
}

static double
number_argument(const char *text)
{
	char *end;
	double value = strtod(text, &end);

	if (end == text || *end != '\0' || value < 0 || value > 1e6)
		errx(100, "not a number from 0 to a million: %s", text);
	return value;
}

int
main(int argc, char **argv)
{
	static const struct fuse_operations operations = {.getattr = disk_getattr,
	    .readdir = disk_readdir,
	    .open = disk_open,
	    .read = disk_read,
	    .write = disk_write,
	    .fsync = disk_fsync,
	    .init = disk_init};
	struct disk disk = {.flushing = PTHREAD_MUTEX_INITIALIZER};
	double milliseconds;

	if (argc != 4)
		errx(100, "usage: slowdisk MOUNTPOINT MEGABYTES MILLISECONDS");
	disk.size = (off_t)number_argument(argv[2]) * 1024 * 1024;
	milliseconds = number_argument(argv[3]);
	disk.delay.tv_sec = (time_t)(milliseconds / 1000);
	disk.delay.tv_nsec = (long)((milliseconds - 1e3 * (double)disk.delay.tv_sec) * 1e6);
	if ((disk.fd = memfd_create("slowdisk", MFD_CLOEXEC)) == -1 ||
	    ftruncate(disk.fd, disk.size) == -1)
		err(111, "fatal: unable to make a disk of %s MB in memory", argv[2]);
	return fuse_main(5, ((char *[]){argv[0], "-f", "-o", "max_idle_threads=64", argv[1], NULL}),
		   &operations, &disk) == 0
		   ? 0
		   : 111;
}
