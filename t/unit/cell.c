/* SPDX-License-Identifier: ISC */
/* Cells: their names, the FIFO of free ones, and who may put a message into one. */
#include "spool/cell.h"

#include <sys/stat.h>

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "spool/claim.h"
#include "spool/commit.h"
#include "spool_scratch.h"
#include "tap.h"

static const char id_a[] = "0123456789abcdefghij", id_b[] = "0123456789abcdefghik";

static void
test_names(void)
{
	static const struct {
		const char *name;
		int cell;
	} good[] = {
	    {"0000", 0}, {"0009", 9}, {"000a", 10}, {"000v", 31}, {"0010", 32}, {"1vvv", 65535}};
	static const char *const bad[] = {"", "0", "000", "00000", "2000", "vvvv", "000w", "000A",
	    "00 0", "-001", "00.0", "...."};
	char name[CELL_NAME_SIZE];
	bool all = true;

	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
		cell_name(name, good[i].cell);
		tap_is_text(name, good[i].name, "the name of a number");
		tap_is_int(cell_number(slice_of(good[i].name)), good[i].cell, good[i].name);
	}
	for (int cell = 0; cell < CELL_COUNT_MAX; cell++) {
		cell_name(name, cell);
		all = all && cell_number(slice_of(name)) == cell;
	}
	tap_ok(all, "every number comes back from its name");
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		tap_ok(cell_number(slice_of(bad[i])) == -1, "no cell's name: \"%s\"", bad[i]);
	tap_is_int(cell_number(slice_make("0\0000", 4)), -1, "nor with a NUL");
}

/* As rubbish, or as somebody who offers. */
static void
put(const struct spool *s, const char *text)
{
	if (write(s->free_fd, text, strlen(text)) != (ssize_t)strlen(text))
		spool_scratch_fail("write to the FIFO");
}

static void
test_taking(const struct spool *s)
{
	static const int cells[] = {3, 65535, 3};
	int many[200];
	bool all = true;

	tap_is_int(cell_take(s), -1, "nothing waits");
	cell_offer(s, cells, 3);
	tap_is_int(cell_take(s), 3, "in the order of the offers");
	tap_is_int(cell_take(s), 65535, "the highest");
	tap_is_int(cell_take(s), 3, "a number may be there twice");
	tap_is_int(cell_take(s), -1, "and then no more");
	for (int i = 0; i < 200; i++)
		many[i] = i;
	cell_offer(s, many, 200);
	for (int i = 0; i < 200; i++)
		all = cell_take(s) == i && all;
	tap_ok(all && cell_take(s) == -1, "more than one write holds");
	put(s, "1\n0002\n0003\n");
	tap_is_int(cell_take(s), -1, "entries that begin anywhere");
	tap_is_int(cell_take(s), -1, "are all dropped");
	put(s, "wwww\n0001\n");
	tap_is_int(cell_take(s), -1, "no number");
	put(s, "00");
	tap_is_int(cell_take(s), -1, "half an entry");
	cell_offer(s, cells, 1);
	tap_is_int(cell_take(s), 3, "after rubbish it is in step again");
}

static void
test_full(struct spool *s)
{
	static int all[CELL_COUNT_MAX];
	int fd = s->free_fd, count = 0;

	for (int i = 0; i < CELL_COUNT_MAX; i++)
		all[i] = i;
	cell_offer(s, all, CELL_COUNT_MAX);
	while (cell_take(s) == count)
		count++;
	tap_ok(count > 64 && count % 64 == 0, "a full FIFO holds whole entries: %d", count);
	s->free_fd = -1;
	tap_is_int(cell_take(s), -1, "without the FIFO there are none");
	io_close(fd);
	cell_offer(s, all, 1);
	(void)spool_open_free(s);
	tap_is_int(cell_take(s), -1, "what nobody would take is not offered");
}

/* A cell of SIZE octets, with TEXT at its beginning. */
static void
make(const struct spool *s, int cell, off_t size, const char *text)
{
	char name[CELL_NAME_SIZE];
	int fd;

	cell_name(name, cell);
	fd = openat(s->cells_fd, name, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd == -1 || ftruncate(fd, size) == -1 || io_pwrite(fd, text, strlen(text), 0) == -1)
		spool_scratch_fail("make a cell");
	io_close(fd);
}

static void
expect_open(const struct spool *s, int cell, bool is_free, const char *name)
{
	int fd = cell_open_free(s, cell);

	tap_ok((fd != -1) == is_free, "%s", name);
	io_close(fd);
}

static void
test_opening(const struct spool *s)
{
	int fd, other;

	expect_open(s, 7, false, "an absent one");
	make(s, 7, 8192, "");
	fd = cell_open_free(s, 7);
	tap_ok(fd != -1, "a free one");
	expect_open(s, 7, false, "a locked one");
	io_close(fd);
	expect_open(s, 7, true, "free again");
	make(s, 7, 8192, "satchel1 ");
	expect_open(s, 7, false, "one with something in it");
	make(s, 7, 95, "");
	expect_open(s, 7, false, "one without room for a header");
	make(s, 7, 8192, "");
	tap_ok(linkat(s->cells_fd, "0007", s->cells_fd, "twice", 0) == 0, "another name for it");
	expect_open(s, 7, false, "one with two names");
	(void)unlinkat(s->cells_fd, "twice", 0);
	tap_ok(symlinkat("0007", s->cells_fd, "0008") == 0, "a symbolic link to it");
	expect_open(s, 8, false, "is not followed");
	(void)unlinkat(s->cells_fd, "0008", 0);
	(void)mkdirat(s->cells_fd, "0008", 0700);
	expect_open(s, 8, false, "a folder");
	(void)unlinkat(s->cells_fd, "0008", AT_REMOVEDIR);
	other = openat(s->cells_fd, "0007", O_RDWR | O_CLOEXEC);
	(void)claim_lock(other, false);
	expect_open(s, 7, false, "one locked by somebody else");
	io_close(other);
	(void)unlinkat(s->cells_fd, "0007", 0);
}

static void
expect_content(const struct spool *s, off_t size, const char *text, enum cell_content content,
    const char *name)
{
	char id[ID_SIZE] = "x";

	make(s, 9, size, text);
	tap_is_int((long long)cell_look(s, 9, id), (long long)content, name);
	tap_is_text(id, "", "and no id");
}

static void
test_looking(const struct spool *s)
{
	char id[ID_SIZE];

	tap_is_int((long long)cell_look(s, 9, id), CELL_ABSENT, "absent");
	expect_content(s, 8192, "", CELL_FREE, "free");
	expect_content(s, 8191, "", CELL_ABSENT, "empty and too short");
	expect_content(s, 95, "", CELL_ABSENT, "shorter than a header");
	expect_content(s, 8192, "satchel1 rubbish", CELL_TAKEN, "rubbish");
	expect_content(s, 96, "x", CELL_TAKEN, "short and not empty");
	(void)unlinkat(s->cells_fd, "0009", 0);
}

static void
test_records(const struct spool *s)
{
	char bytes[MESSAGE_HEADER_SIZE], record[33] = "";
	int fd;

	tap_ok(!cell_is_finished(s, 5, id_a), "no record, as the file is empty");
	make(s, 5, 8192, "satchel1 ");
	fd = openat(s->cells_fd, "0005", O_RDWR | O_CLOEXEC);
	tap_is_int(cell_finish(s, 5, fd, id_a), 0, "finished");
	io_close(fd);
	tap_ok(cell_is_finished(s, 5, id_a), "says its record");
	tap_ok(!cell_is_finished(s, 5, id_b), "and of no other id");
	tap_ok(!cell_is_finished(s, 4, id_a) && !cell_is_finished(s, 6, id_a), "or other cell");
	tap_is_int(cell_sync(s), 0, "synced");
	(void)io_pread(s->finished_fd, record, 32, (off_t)5 * 32);
	tap_is_text(record, "0123456789abcdefghij           \n", "a line that people can read");
	fd = cell_open_free(s, 5);
	tap_ok(
	    fd != -1 && io_pread(fd, bytes, sizeof bytes, 0) == 0 && message_header_is_empty(bytes),
	    "and the cell is free");
	io_close(fd);
	(void)unlinkat(s->cells_fd, "0005", 0);
}

/* A message of LENGTH octets: its id, and whether it found no cell. */
static void
commit_one(struct spool *s, size_t length, char id[ID_SIZE], bool *found_none)
{
	static char text[CELL_SIZE_MAX * 2];
	struct commit c;

	memset(text, 'x', sizeof text);
	memcpy(text + length - 2, "\r\n", 2);
	commit_init(&c, s);
	if (commit_begin(&c, slice_of("Fa@b.test\nTc@d.test\n"), 1) == -1 ||
	    commit_write(&c, text, length) == -1 || commit_finish(&c) == -1)
		spool_scratch_fail("commit a message");
	memcpy(id, c.header.id, ID_SIZE);
	*found_none = c.found_no_cell;
	commit_free(&c);
}

static off_t
size_of(int directory, const char *name)
{
	struct stat st;

	return fstatat(directory, name, &st, 0) == -1 ? -1 : st.st_size;
}

/* 96, envelope 20, states 192 and a line feed before the message */
#define OVERHEAD ((size_t)309)

static void
test_committing(struct spool *s)
{
	static const int twelve[] = {12, 12};
	char id[ID_SIZE], found[ID_SIZE];
	struct claim c;
	bool none;

	commit_one(s, 100, id, &none);
	tap_ok(none && size_of(s->new_fd, id) == (off_t)OVERHEAD + 100, "without a cell: new/");
	make(s, 12, 8192, "");
	cell_offer(s, twelve, 2);
	commit_one(s, 100, id, &none);
	tap_ok(!none && cell_look(s, 12, found) == CELL_TAKEN && strcmp(found, id) == 0,
	    "into the free cell");
	tap_is_int(size_of(s->cells_fd, "000c"), 8192, "which keeps its size");
	commit_one(s, 100, id, &none);
	tap_ok(none && size_of(s->new_fd, id) > 0, "a number that was there twice is not believed");
	tap_is_int((long long)claim_take_cell(&c, s, 12, true), CLAIM_TAKEN, "claimed");
	tap_ok(strcmp(c.header.id, found) == 0 && c.header.length == 100, "as what it is");
	tap_is_int(claim_remove(&c), 0, "removed");
	tap_ok(cell_is_finished(s, 12, found) && cell_look(s, 12, found) == CELL_FREE,
	    "which is recorded, and the cell is free");
	cell_offer(s, twelve, 1);
	commit_one(s, CELL_SIZE_MAX - OVERHEAD + 1, id, &none);
	tap_ok(!none && size_of(s->new_fd, id) == (off_t)CELL_SIZE_MAX + 1, "too large by one");
	tap_is_int(cell_take(s), 12, "so the cell is not asked for");
	cell_offer(s, twelve, 1);
	commit_one(s, CELL_SIZE_MAX - OVERHEAD, id, &none);
	tap_is_int(size_of(s->cells_fd, "000c"), (long long)CELL_SIZE_MAX, "just not too large");
	(void)claim_take_cell(&c, s, 12, true);
	tap_is_int(claim_move(&c, s->new_fd), 0, "moved");
	tap_ok(cell_look(s, 12, found) == CELL_ABSENT && size_of(s->new_fd, id) > 0,
	    "takes the file along");
}

static void
test_moving_is_cutting(struct spool *s)
{
	static const int cell = 20;
	char id[ID_SIZE];
	struct claim c;
	bool none;

	make(s, cell, 20000, "");
	cell_offer(s, &cell, 1);
	commit_one(s, 50, id, &none);
	(void)claim_take_cell(&c, s, cell, false);
	tap_is_int(claim_move(&c, s->new_fd), 0, "moved, of a cell that had grown");
	tap_is_int(size_of(s->new_fd, id), (long long)OVERHEAD + 50, "cut to its length");
	tap_is_int((long long)claim_take(&c, s->new_fd, id, true), CLAIM_TAKEN, "and whole");
	claim_release(&c);
}

/* What is given up leaves the cell empty and the number of no message. */
static void
test_giving_up(struct spool *s)
{
	static const int cell = 21;
	struct commit c;
	char id[ID_SIZE];

	make(s, cell, 8192, "");
	cell_offer(s, &cell, 1);
	commit_init(&c, s);
	(void)commit_begin(&c, slice_of("Fa@b.test\nTc@d.test\n"), 1);
	(void)commit_write(&c, "x\r\n", 3);
	c.cell = cell_take(s);
	c.fd = cell_open_free(s, c.cell);
	(void)io_pwrite(c.fd, "satchel1", 8, 0);
	commit_abort(&c);
	tap_is_int((long long)cell_look(s, cell, id), CELL_FREE, "given up: free");
	expect_open(s, cell, true, "and not locked");
	commit_free(&c);
}

/* What a power cut may leave of a cell, and what a claim says of it. */
static void
expect_claim(const struct spool *s, int cell, enum claim_result result, const char *name)
{
	struct claim c;

	tap_is_int((long long)claim_take_cell(&c, s, cell, true), (long long)result, name);
	claim_release(&c);
}

static void
poke(const struct spool *s, const char *name, off_t offset, const char *text)
{
	int fd = openat(s->cells_fd, name, O_WRONLY | O_CLOEXEC);

	if (fd == -1 || io_pwrite(fd, text, strlen(text), offset) == -1)
		spool_scratch_fail("change a cell");
	io_close(fd);
}

static void
test_after_power_cut(struct spool *s)
{
	static const int cell = 22;
	char id[ID_SIZE], record[32];
	struct claim c;
	bool none;

	make(s, cell, 8192, "");
	cell_offer(s, &cell, 1);
	commit_one(s, 50, id, &none);
	expect_claim(s, cell, CLAIM_TAKEN, "whole");
	(void)claim_take_cell(&c, s, cell, true);
	expect_claim(s, cell, CLAIM_BUSY, "locked");
	claim_release(&c);
	poke(s, "000m", (off_t)OVERHEAD + 10, "T");
	tap_is_int((long long)claim_take_cell(&c, s, cell, true), CLAIM_CORRUPT, "torn");
	tap_is_text(c.header.id, id, "under its id");
	expect_claim(s, cell, CLAIM_BUSY, "and locked until it is moved away");
	claim_release(&c);
	memset(record, ' ', sizeof record);
	memcpy(record, id, ID_LENGTH);
	(void)io_pwrite(s->finished_fd, record, sizeof record, (off_t)cell * 32);
	expect_claim(s, cell, CLAIM_FINISHED, "torn, but its record says that it is finished");
	tap_is_int((long long)cell_look(s, cell, id), CELL_FREE, "so it is free");
	expect_claim(s, cell, CLAIM_INCOMPLETE, "free");
	make(s, cell, 8192, "satchel1 rubbish");
	tap_is_int((long long)claim_take_cell(&c, s, cell, true), CLAIM_CORRUPT, "rubbish");
	tap_is_text(c.header.id, "", "of no id");
	claim_release(&c);
	(void)unlinkat(s->cells_fd, "000m", 0);
	expect_claim(s, cell, CLAIM_GONE, "absent");
}

int
main(void)
{
	struct spool s;

	spool_scratch_open(&s);
	if (spool_open_free(&s) == -1)
		spool_scratch_fail("open the FIFO");
	test_names();
	test_taking(&s);
	test_full(&s);
	test_opening(&s);
	test_looking(&s);
	test_records(&s);
	test_committing(&s);
	test_moving_is_cutting(&s);
	test_giving_up(&s);
	test_after_power_cut(&s);
	spool_scratch_remove(&s);
	return tap_done();
}
