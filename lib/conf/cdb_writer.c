/* SPDX-License-Identifier: ISC */
#include "conf/cdb_writer.h"

#include <sys/mman.h>
#include <sys/stat.h>

#include <cdb.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "conf/cdb_parts.h"

struct cdb_writer {
	struct cdb_make make;
	int folder; /* the control directory; not owned */
	int fd;
	bool is_made; /* make has memory to be freed */
	char name[NAME_MAX + 1];
	char other[NAME_MAX + 1]; /* as it is called until it is whole */
};

static int
name_it(struct cdb_writer *w, const char *name)
{
	int len = snprintf(w->other, sizeof w->other, ".%s.%ld", name, (long)getpid());

	if (len < 0 || (size_t)len >= sizeof w->other) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(w->name, name, strlen(name) + 1); /* it is shorter than the other */
	return 0;
}

/*
 * Nobody may read more in it than in the text. What not everybody may read belongs to whom the text
 * belongs to, or, where it is private, to whom the old one does.
 */
static int
keep_rights(const struct cdb_writer *w, mode_t *mode)
{
	bool is_private = (*mode & (S_IRWXG | S_IRWXO)) == 0;
	char text[NAME_MAX + 1];
	size_t len = strlen(w->name);
	struct stat st;

	memcpy(text, w->name, len + 1);
	if (len > 4 && strcmp(text + len - 4, ".cdb") == 0)
		text[len - 4] = '\0';
	if ((!is_private || fstatat(w->folder, w->name, &st, 0) == -1) &&
	    fstatat(w->folder, text, &st, 0) == -1)
		return errno == ENOENT ? 0 : -1;
	*mode &= st.st_mode | S_IRUSR | S_IWUSR;
	if ((*mode & S_IROTH) != 0 || (st.st_uid == geteuid() && st.st_gid == getegid()))
		return 0;
	return fchown(w->fd, st.st_uid, st.st_gid);
}

/* What a process of this number left behind when it was killed makes way. */
static int
create(struct cdb_writer *w, mode_t mode)
{
	if (unlinkat(w->folder, w->other, 0) == -1 && errno != ENOENT)
		return -1;
	w->fd = openat(w->folder, w->other, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
	    S_IRUSR | S_IWUSR);
	if (w->fd == -1)
		return -1;
	if (keep_rights(w, &mode) == -1)
		return -1;
	return fchmod(w->fd, mode);
}

struct cdb_writer *
cdb_writer_open(const struct control *c, const char *name, mode_t mode)
{
	static const char no_sums[CDB_SUMS_LEN];
	struct cdb_writer *w;

	if (c->fd == -1) {
		errno = ENOENT;
		return NULL;
	}
	w = calloc(1, sizeof *w);
	if (w == NULL)
		return NULL;
	w->folder = c->fd;
	w->fd = -1;
	if (name_it(w, name) == -1 || create(w, mode) == -1 ||
	    cdb_make_start(&w->make, w->fd) == -1)
		goto failed;
	w->is_made = true;
	if (cdb_make_add(&w->make, CDB_SUMS_KEY, CDB_SUMS_KEY_LEN, no_sums, CDB_SUMS_LEN) == 0)
		return w;
failed:
	cdb_writer_abandon(w);
	return NULL;
}

int
cdb_writer_add(struct cdb_writer *w, struct slice key, struct slice value)
{
	unsigned char sum[CDB_SUM_LEN];
	char *whole;
	int result;

	if (key.len > CDB_KEY_MAX || value.len > INT_MAX) {
		errno = EMSGSIZE;
		return -1;
	}
	/* places have 32 bits; there will be two slots of a hash table for each record */
	if (w->make.cdb_dpos + (uint64_t)w->make.cdb_rcnt * 16 + value.len + CDB_KEY_MAX >=
	    UINT32_MAX - 4096) {
		errno = EFBIG;
		return -1;
	}
	whole = malloc(value.len + CDB_SUM_LEN);
	if (whole == NULL)
		return -1;
	if (value.len > 0)
		memcpy(whole, value.data, value.len);
	cdb_pack(cdb_record_sum(key, value), sum);
	memcpy(whole + value.len, sum, CDB_SUM_LEN);
	result = cdb_make_add(
	    &w->make, key.data, (unsigned)key.len, whole, (unsigned)(value.len + CDB_SUM_LEN));
	explicit_bzero(whole, value.len);
	free(whole);
	return result;
}

/* Fills in the first record, of a file that is complete but for it. */
static int
add_sums(struct cdb_writer *w)
{
	unsigned char sums[CDB_SUMS_LEN];
	const unsigned char *map;
	struct stat st;
	uint32_t all;

	if (fstat(w->fd, &st) == -1)
		return -1;
	map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, w->fd, 0);
	if (map == MAP_FAILED)
		return -1;
	for (size_t i = 0; i < CDB_TABLES; i++)
		cdb_pack(crc32c(0, map + cdb_unpack(map + i * 8),
			     (size_t)cdb_unpack(map + i * 8 + 4) * 8),
		    sums + i * 4);
	all = crc32c(crc32c(0, map, CDB_BEGIN), sums, CDB_SUMS_LEN - CDB_SUM_LEN);
	cdb_pack(all, sums + CDB_SUMS_LEN - CDB_SUM_LEN);
	if (munmap((void *)(uintptr_t)map, (size_t)st.st_size) == -1)
		return -1;
	return io_pwrite(w->fd, sums, sizeof sums, CDB_SUMS_AT);
}

int
cdb_writer_commit(struct cdb_writer *w)
{
	int result = cdb_make_finish(&w->make);

	w->is_made = false;
	if (result == 0)
		result = add_sums(w);
	if (result == 0)
		result = fsync(w->fd);
	if (result == 0)
		result = renameat(w->folder, w->other, w->folder, w->name);
	if (result == 0) {
		w->other[0] = '\0';
		result = fsync(w->folder);
	}
	cdb_writer_abandon(w);
	return result;
}

void
cdb_writer_abandon(struct cdb_writer *w)
{
	int saved = errno;

	if (w->is_made) /* it frees its memory whatever becomes of the rest */
		(void)cdb_make_finish(&w->make);
	if (w->fd != -1 && w->other[0] != '\0')
		(void)unlinkat(w->folder, w->other, 0);
	io_close(w->fd);
	free(w);
	errno = saved;
}
