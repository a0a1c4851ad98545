/* SPDX-License-Identifier: ISC */
#include "conf/cdb_reader.h"

#include <sys/stat.h>

#include <cdb.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "conf/cdb_parts.h"

struct cdb_reader {
	struct cdb cdb;
	const unsigned char *map; /* all of it; cdb_init mapped it */
	bool *sound;		  /* hash tables whose check sum was found to be right */
	char *name;
};

static int
complain(struct str *problem, const char *name, const char *cause)
{
	/* what does not fit is left out: errno says the same in fewer words */
	(void)str_format(problem, "%s: %s", name, cause);
	errno = EINVAL;
	return -1;
}

static int
check_file(const struct control *c, const char *name, int fd, bool is_private, struct str *problem)
{
	struct stat st, folder;

	if (fstat(fd, &st) == -1 || fstat(c->fd, &folder) == -1)
		return -1;
	if (!S_ISREG(st.st_mode))
		return complain(problem, name, "it is no file");
	/* authd owns what is private, and root must be able to make that anew */
	if (!is_private && st.st_uid != 0 && st.st_uid != geteuid() && st.st_uid != folder.st_uid)
		return complain(problem, name, "it belongs to somebody else");
	if ((st.st_mode & (S_IWGRP | S_IWOTH)) != 0)
		return complain(problem, name, "others may write it");
	if (is_private && (st.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
		errno = EPERM;
		return -1;
	}
	/* a cdb's places have 32 bits */
	if ((uint64_t)st.st_size > UINT32_MAX)
		return complain(problem, name, "it is too large");
	if (st.st_size < CDB_SUMS_AT + CDB_SUMS_LEN)
		return complain(problem, name, "it is cut short, or no compiled table");
	return 0;
}

static uint32_t
number_at(const struct cdb_reader *r, uint32_t at)
{
	return cdb_unpack(r->map + at);
}

/* Place and slots of a hash table; it was checked that it lies in the file. */
static const unsigned char *
slots_of(const struct cdb_reader *r, uint32_t table, uint32_t *count)
{
	*count = number_at(r, table * 8 + 4);
	return r->map + number_at(r, table * 8);
}

/*
 * Hash tables stand one behind the other from the end of the records to the end of the file, so a
 * file that lost its end, or whose table of contents is not what it was, does not come out even.
 */
static bool
is_whole(const struct cdb_reader *r)
{
	uint64_t at = number_at(r, 0), slots = 0;

	if (at < CDB_SUMS_AT + CDB_SUMS_LEN || number_at(r, CDB_BEGIN) != CDB_SUMS_KEY_LEN ||
	    number_at(r, CDB_BEGIN + 4) != CDB_SUMS_LEN ||
	    memcmp(r->map + CDB_BEGIN + 8, CDB_SUMS_KEY, CDB_SUMS_KEY_LEN) != 0)
		return false;
	for (uint32_t i = 0; i < CDB_TABLES; i++) {
		if (number_at(r, i * 8) != at)
			return false;
		slots = number_at(r, i * 8 + 4);
		at += slots * 8;
	}
	return at == r->cdb.cdb_fsize && crc32c(crc32c(0, r->map, CDB_BEGIN), r->map + CDB_SUMS_AT,
					     CDB_SUMS_LEN - CDB_SUM_LEN) ==
					     number_at(r, CDB_SUMS_AT + CDB_SUMS_LEN - CDB_SUM_LEN);
}

static int
begin(struct cdb_reader *r, int fd, const char *name, struct str *problem)
{
	r->name = strdup(name);
	r->sound = calloc(CDB_TABLES, sizeof *r->sound);
	if (r->name == NULL || r->sound == NULL || cdb_init(&r->cdb, fd) == -1)
		return -1;
	r->map = cdb_get(&r->cdb, r->cdb.cdb_fsize, 0);
	/* the file may have been cut since it was looked at */
	if (r->cdb.cdb_fsize < CDB_SUMS_AT + CDB_SUMS_LEN || r->map == NULL || !is_whole(r))
		return complain(problem, name, "it is damaged, or no compiled table; make it anew");
	return 0;
}

int
cdb_reader_open(struct cdb_reader **reader, const struct control *c, const char *name,
    bool is_private, struct str *problem)
{
	struct cdb_reader *r;
	int fd, result;

	*reader = NULL;
	if (c->fd == -1)
		return 0;
	fd = openat(c->fd, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd == -1)
		return errno == ENOENT ? 0 : -1;
	r = calloc(1, sizeof *r);
	result = r == NULL ? -1 : check_file(c, name, fd, is_private, problem);
	if (result == 0)
		result = begin(r, fd, name, problem);
	io_close(fd); /* the map keeps the file */
	if (result == -1) {
		int saved = errno;

		cdb_reader_close(r);
		errno = saved;
		return -1;
	}
	*reader = r;
	return 1;
}

void
cdb_reader_close(struct cdb_reader *r)
{
	if (r == NULL)
		return;
	if (r->cdb.cdb_mem != NULL)
		cdb_free(&r->cdb);
	free(r->sound);
	free(r->name);
	free(r);
}

const char *
cdb_reader_name(const struct cdb_reader *r)
{
	return r->name;
}

static int
damaged(void)
{
	errno = EIO;
	return -1;
}

/* The record at AT: 0, and -1 where it does not lie among the records or is not what was written.
 */
static int
read_record(const struct cdb_reader *r, uint32_t at, struct slice *key, struct slice *value)
{
	const char *text = (const char *)r->map + at;
	uint32_t end = number_at(r, 0), key_len, len;

	if (at < CDB_SUMS_AT + CDB_SUMS_LEN || at > end || end - at < 8 + CDB_SUM_LEN)
		return damaged();
	key_len = number_at(r, at);
	len = number_at(r, at + 4);
	end -= at + 8;
	if (key_len > end || len > end - key_len || len < CDB_SUM_LEN)
		return damaged();
	*key = slice_make(text + 8, key_len);
	*value = slice_make(text + 8 + key_len, len - CDB_SUM_LEN);
	if (cdb_record_sum(*key, *value) != number_at(r, at + 8 + key_len + len - CDB_SUM_LEN))
		return damaged();
	return 0;
}

static int
check_slots(const struct cdb_reader *r, uint32_t table)
{
	uint32_t count;
	const unsigned char *slots = slots_of(r, table, &count);

	if (!r->sound[table] &&
	    crc32c(0, slots, (size_t)count * 8) != number_at(r, CDB_SUMS_AT + table * 4))
		return damaged();
	r->sound[table] = true;
	return 0;
}

/*
 * Not cdb_find: it takes a record whose key is damaged for that of another key, and says that there
 * is none.
 */
int
cdb_reader_find(const struct cdb_reader *r, struct slice *key, struct slice *value)
{
	uint32_t hash, table, count;
	const unsigned char *slots;

	if (key->len > UINT_MAX)
		return 0;
	hash = cdb_hash(key->data, (unsigned)key->len);
	table = hash % CDB_TABLES;
	if (check_slots(r, table) == -1)
		return -1;
	slots = slots_of(r, table, &count);
	for (uint32_t i = 0; i < count; i++) {
		const unsigned char *slot = slots + 8 * ((hash / CDB_TABLES + (uint64_t)i) % count);
		uint32_t at = cdb_unpack(slot + 4);
		struct slice found;

		if (at == 0)
			return 0;
		if (cdb_unpack(slot) != hash || at == CDB_BEGIN)
			continue;
		if (read_record(r, at, &found, value) == -1)
			return -1;
		if (slice_equal(found, *key)) {
			*key = found;
			return 1;
		}
	}
	return 0;
}

int
cdb_reader_next(const struct cdb_reader *r, uint32_t *at, struct slice *key, struct slice *value)
{
	if (*at == 0)
		*at = CDB_SUMS_AT + CDB_SUMS_LEN;
	if (*at == number_at(r, 0))
		return 0;
	if (read_record(r, *at, key, value) == -1)
		return -1;
	*at += (uint32_t)(8 + key->len + value->len + CDB_SUM_LEN);
	return 1;
}

int
cdb_reader_check(const struct cdb_reader *r)
{
	struct slice key, value;
	uint32_t at = 0;
	int more;

	for (uint32_t table = 0; table < CDB_TABLES; table++)
		if (check_slots(r, table) == -1)
			return -1;
	while ((more = cdb_reader_next(r, &at, &key, &value)) == 1)
		continue;
	return more;
}
