/* SPDX-License-Identifier: ISC */
/*
 * Tables in the form of a cdb: what was written is found, whatever is beside it; and a file that is
 * not what was written gives an error or the right answer, never a wrong one.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf/cdb_reader.h"
#include "conf/cdb_writer.h"
#include "scratch.h"
#include "tap.h"

#define RECORDS 40

static struct slice
number_text(char buffer[32], const char *format, int number)
{
	(void)snprintf(buffer, 32, format, number);
	return slice_of(buffer);
}

static int
write_records(const struct control *c, int count, const char *format)
{
	struct cdb_writer *w = cdb_writer_open(c, "t.cdb", 0644);
	char key[32], value[32];

	if (w == NULL)
		return -1;
	for (int i = 0; i < count; i++)
		if (cdb_writer_add(
			w, number_text(key, "key%d", i), number_text(value, format, i)) == -1) {
			cdb_writer_abandon(w);
			return -1;
		}
	return cdb_writer_commit(w);
}

static int
open_it(struct cdb_reader **r, const struct control *c)
{
	struct str problem;
	int found;

	str_init(&problem, 4096);
	found = cdb_reader_open(r, c, "t.cdb", false, &problem);
	if (found == -1 && errno == EINVAL && problem.len == 0)
		found = -2;
	str_free(&problem);
	return found;
}

/* How many of the keys are there, with their values; -1 for a wrong answer, -2 for an error. */
static int
count_right(const struct cdb_reader *r, int count, const char *format)
{
	int right = 0;

	for (int i = 0; i < count; i++) {
		char name[32], wanted[32];
		struct slice key = number_text(name, "key%d", i), value;
		int found = cdb_reader_find(r, &key, &value);

		if (found == -1)
			return -2;
		if (found == 0 || !slice_equal(value, number_text(wanted, format, i)))
			return -1;
		right++;
	}
	return right;
}

static void
test_many(const struct control *c)
{
	struct cdb_reader *r, *old;
	struct slice key = slice_of("key"), value, first, first_key = slice_of("key0");
	uint32_t at = 0;
	int count = 0;

	tap_is_int(open_it(&r, c), 0, "no file");
	tap_is_int(write_records(c, 5000, "value %d"), 0, "5000 records");
	tap_is_int(open_it(&r, c), 1, "are opened");
	tap_is_int(count_right(r, 5000, "value %d"), 5000, "and found");
	tap_is_int(cdb_reader_find(r, &key, &value), 0, "what is none is none");
	key = slice_of("");
	tap_is_int(cdb_reader_find(r, &key, &value), 0, "nor is the empty key");
	key = slice_of("\nsatchel 1");
	tap_is_int(cdb_reader_find(r, &key, &value), 0, "nor are the check sums");
	while (cdb_reader_next(r, &at, &key, &value) == 1)
		count++;
	tap_is_int(count, 5000, "each comes up once");
	tap_is_int(cdb_reader_find(r, &first_key, &first), 1, "an answer");
	old = r;
	tap_is_int(write_records(c, 3, "other %d"), 0, "another in its place");
	tap_is_int(count_right(old, 5000, "value %d"), 5000, "who has the old one keeps it");
	tap_ok(slice_is(first, "value 0"), "and its answers");
	tap_is_int(open_it(&r, c), 1, "who opens it now");
	tap_is_int(count_right(r, 3, "other %d"), 3, "has the new one");
	cdb_reader_close(old);
	cdb_reader_close(r);
}

static void
test_writer(const struct control *c)
{
	struct cdb_writer *w = cdb_writer_open(c, "t.cdb", 0644);
	char *large = malloc(CDB_KEY_MAX + 1);
	struct cdb_reader *r;
	struct stat st;
	char other[64];

	memset(large, 'x', CDB_KEY_MAX + 1);
	tap_is_int(
	    cdb_writer_add(w, slice_make(large, CDB_KEY_MAX), slice_of("")), 0, "a long key");
	tap_is_int(cdb_writer_add(w, slice_make(large, CDB_KEY_MAX + 1), slice_of("")), -1,
	    "a key that is too long");
	tap_is_int(errno, EMSGSIZE, "is said to be");
	cdb_writer_abandon(w);
	tap_is_int(open_it(&r, c), 1, "one that is given up");
	tap_is_int(count_right(r, 3, "other %d"), 3, "changes nothing");
	cdb_reader_close(r);
	(void)snprintf(other, sizeof other, ".t.cdb.%ld", (long)getpid());
	tap_ok(fstatat(c->fd, other, &st, 0) == -1 && errno == ENOENT, "and leaves nothing");
	tap_is_int(symlinkat("/nowhere/x", c->fd, other), 0, "a link in its way");
	tap_is_int(write_records(c, 1, "%d"), 0, "is not followed");
	free(large);
}

static void
test_files(const struct control *c)
{
	struct cdb_reader *r;
	struct str problem;

	str_init(&problem, 4096);
	tap_is_int(fchmodat(c->fd, "t.cdb", 0664, 0), 0, "written by others");
	tap_is_int(cdb_reader_open(&r, c, "t.cdb", false, &problem), -1, "is refused");
	tap_is_text(problem.data, "t.cdb: others may write it", "with the cause");
	tap_is_int(fchmodat(c->fd, "t.cdb", 0644, 0), 0, "read by others");
	tap_is_int(cdb_reader_open(&r, c, "t.cdb", true, &problem), -1, "is refused if private");
	tap_is_int(errno, EPERM, "by its own error");
	tap_is_int(fchmodat(c->fd, "t.cdb", 0600, 0), 0, "else");
	tap_is_int(cdb_reader_open(&r, c, "t.cdb", true, &problem), 1, "it is opened");
	cdb_reader_close(r);
	tap_is_int(unlinkat(c->fd, "t.cdb", 0), 0, "no file");
	tap_is_int(mkfifoat(c->fd, "t.cdb", 0600), 0, "but a pipe");
	tap_is_int(open_it(&r, c), -1, "is refused, and does not block");
	tap_is_int(unlinkat(c->fd, "t.cdb", 0), 0, "again none");
	tap_is_int(mkdirat(c->fd, "t.cdb", 0700), 0, "but a folder");
	tap_is_int(open_it(&r, c), -1, "is refused");
	tap_is_int(unlinkat(c->fd, "t.cdb", AT_REMOVEDIR), 0, "which goes");
	str_free(&problem);
}

static size_t
read_whole(const struct control *c, char *data, size_t room)
{
	int fd = openat(c->fd, "t.cdb", O_RDONLY);
	ssize_t n = fd == -1 ? -1 : read(fd, data, room);

	if (fd == -1 || n <= 0 || close(fd) == -1)
		return 0;
	return (size_t)n;
}

/* In place, which nobody else may do: here nobody has it open meanwhile. */
static void
put_whole(const struct control *c, const char *data, size_t len)
{
	int fd = openat(c->fd, "t.cdb", O_WRONLY);

	if (fd == -1 || pwrite(fd, data, len, 0) != (ssize_t)len ||
	    ftruncate(fd, (off_t)len) == -1 || close(fd) == -1)
		abort();
}

/* What a damaged file says: true for an error, or for what is right. */
static bool
is_honest(const struct control *c)
{
	struct cdb_reader *r;
	struct slice key, value;
	uint32_t at = 0;
	int found = open_it(&r, c), right, next, steps = 0;

	if (found == -1)
		return true;
	if (found != 1)
		return false;
	right = count_right(r, RECORDS, "value %d");
	key = slice_of("nobody");
	if (cdb_reader_find(r, &key, &value) == 1)
		right = -1;
	while ((next = cdb_reader_next(r, &at, &key, &value)) == 1)
		steps++;
	if (next == 0 && steps != RECORDS)
		right = -1;
	cdb_reader_close(r);
	return right != -1;
}

/* True if it is opened, and nothing is found wrong with any of it. */
static bool
passes(const struct control *c)
{
	struct cdb_reader *r;
	bool is_so = open_it(&r, c) == 1 && cdb_reader_check(r) == 0;

	cdb_reader_close(r);
	return is_so;
}

/* Each length, and each octet changed in several ways. */
static void
test_damage(const struct control *c)
{
	static char whole[65536], bad[sizeof whole];
	static const unsigned char changes[] = {0x01, 0x80, 0xff};
	size_t len, dishonest = 0, opened = 0, passed = 0;

	tap_is_int(write_records(c, RECORDS, "value %d"), 0, "a few records");
	len = read_whole(c, whole, sizeof whole);
	tap_ok(len > 2048 && is_honest(c), "a whole file of %zu octets is honest", len);
	tap_ok(passes(c), "and nothing is found wrong with it");
	for (size_t cut = len; cut-- > 0;) {
		struct cdb_reader *r;

		put_whole(c, whole, cut);
		if (open_it(&r, c) == 1) {
			opened++;
			cdb_reader_close(r);
		}
	}
	tap_is_int((long long)opened, 0, "cut short anywhere it is not opened");
	for (size_t at = 0; at < len; at++)
		for (size_t i = 0; i < sizeof changes; i++) {
			memcpy(bad, whole, len);
			bad[at] = (char)(bad[at] ^ (char)changes[i]);
			put_whole(c, bad, len);
			dishonest += !is_honest(c);
			passed += passes(c);
		}
	tap_is_int((long long)dishonest, 0, "with any octet changed it is honest");
	tap_is_int((long long)passed, 0, "and does not pass for a whole one");
	memcpy(bad, whole, len);
	memset(bad + len, 0, 4096);
	put_whole(c, bad, len + 4096);
	{
		struct cdb_reader *r;

		tap_is_int(open_it(&r, c), -1, "with more behind it, it is not opened");
	}
}

/* Changes at random places, several at once; the seed is always the same. */
static void
test_random_damage(const struct control *c)
{
	static char whole[65536], bad[sizeof whole];
	size_t len, dishonest = 0;
	unsigned short seed[3] = {1, 2, 3};

	tap_is_int(write_records(c, RECORDS, "value %d"), 0, "the same again");
	len = read_whole(c, whole, sizeof whole);
	for (int round = 0; round < 5000; round++) {
		long changes = 1 + nrand48(seed) % 8;

		memcpy(bad, whole, len);
		for (long i = 0; i < changes; i++)
			bad[(size_t)nrand48(seed) % len] = (char)nrand48(seed);
		put_whole(c, bad, len);
		if (!is_honest(c))
			dishonest++;
	}
	tap_is_int((long long)dishonest, 0, "damaged at random it is honest");
}

int
main(void)
{
	struct control c;

	(void)scratch_open(&c);
	test_many(&c);
	test_writer(&c);
	test_files(&c);
	test_damage(&c);
	test_random_damage(&c);
	control_close(&c);
	scratch_remove();
	return tap_done();
}
