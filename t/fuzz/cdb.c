/* SPDX-License-Identifier: ISC */
/*
 * t/fuzz/run SECONDS cdb: a compiled table of accounts that was damaged. Behind the first octet are
 * the lines "login: value" that it is made of; a 0xff ends them, and each three octets behind it
 * are a place in the file, the lowest octet first, and what changes there: 0 cuts the file off.
 *
 * By the first octet the damage is one of a disk, and then every answer is right or an error, "no
 * such account" as well; or its check sums were made anew by somebody who knows how, those of the
 * hash tables or all, and then there is an answer, which lies within the records.
 */
#include <sys/mman.h>
#include <sys/stat.h>

#include <string.h>

#include "../../lib/conf/cdb_reader.c" /* the map, to look whether what is found lies in it */
#include "conf/accounts.h"
#include "conf/cdb_writer.h"
#include "scratch.h"

#define NAME "users.cdb"
#define END '\xff'
#define RECORDS_MAX 100
#define EDIT_LEN 3

enum mending { MEND_NOTHING, MEND_TABLES, MEND_ALL, MENDINGS };

struct record {
	char key[CDB_KEY_MAX];
	struct slice login, value; /* the login in lower case, in KEY */
};

struct model {
	struct record records[RECORDS_MAX];
	size_t count;
	bool is_damaged; /* the file is not what was written */
	bool is_honest;	 /* nobody made its check sums anew */
};

/* What is asked here is not what a power cut leaves. */
int
fsync(int fd)
{
	(void)fd;
	return 0;
}

static void
make_records(struct model *m, struct slice text)
{
	struct slice line;

	while (m->count < RECORDS_MAX && slice_take(&text, '\n', &line)) {
		struct record *r = &m->records[m->count];
		size_t colon = slice_find(line, ':');

		if (colon == 0 || colon > sizeof r->key)
			continue;
		for (size_t i = 0; i < colon; i++)
			r->key[i] = ascii_lower(line.data[i]);
		r->login = slice_make(r->key, colon);
		r->value = slice_skip(line, colon < line.len ? colon + 1 : colon);
		m->count++;
	}
}

static void
write_table(const struct model *m, const struct control *c)
{
	struct cdb_writer *w = cdb_writer_open(c, NAME, 0644);

	must(w != NULL);
	for (size_t i = 0; i < m->count; i++)
		must(cdb_writer_add(w, m->records[i].login, m->records[i].value) == 0);
	must(cdb_writer_commit(w) == 0);
}

/* Where records were damaged, as far as they stand one behind the other. */
static void
mend_records(unsigned char *map, size_t len)
{
	size_t at = CDB_SUMS_AT + CDB_SUMS_LEN, end = cdb_unpack(map);

	while (end <= len && at <= end && end - at >= 8 + CDB_SUM_LEN) {
		uint64_t key_len = cdb_unpack(map + at), value_len = cdb_unpack(map + at + 4);
		const char *text = (char *)map + at + 8;

		if (value_len < CDB_SUM_LEN || key_len + value_len > end - at - 8)
			break;
		at += 8 + key_len + value_len;
		cdb_pack(cdb_record_sum(slice_make(text, key_len),
			     slice_make(text + key_len, value_len - CDB_SUM_LEN)),
		    map + at - CDB_SUM_LEN);
	}
}

static void
mend_tables(unsigned char *map, size_t len)
{
	unsigned char *sums = map + CDB_SUMS_AT;
	uint32_t all;

	for (size_t i = 0; i < CDB_TABLES; i++) {
		uint64_t at = cdb_unpack(map + i * 8), count = cdb_unpack(map + i * 8 + 4);

		if (at <= len && count <= (len - at) / 8)
			cdb_pack(crc32c(0, map + at, count * 8), sums + i * 4);
	}
	all = crc32c(crc32c(0, map, CDB_BEGIN), sums, CDB_SUMS_LEN - CDB_SUM_LEN);
	cdb_pack(all, sums + CDB_SUMS_LEN - CDB_SUM_LEN);
}

/* The new length. */
static size_t
edit(unsigned char *map, size_t len, struct slice edits)
{
	const unsigned char *e = (const unsigned char *)edits.data;

	for (; edits.len >= EDIT_LEN && len > 0; edits = slice_skip(edits, EDIT_LEN)) {
		size_t at;

		e = (const unsigned char *)edits.data;
		at = (e[0] | (size_t)e[1] << 8) % len;
		if (e[2] == 0)
			len = at;
		else
			map[at] ^= e[2];
	}
	return len;
}

static void
damage(struct model *m, const struct control *c, struct slice edits, enum mending mending)
{
	int fd = openat(c->fd, NAME, O_RDWR | O_CLOEXEC);
	unsigned char *map, *before;
	struct stat st;
	size_t was, len;

	must(fd != -1 && fstat(fd, &st) == 0);
	was = (size_t)st.st_size;
	map = mmap(NULL, was, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	before = malloc(was);
	must(map != MAP_FAILED && before != NULL);
	memcpy(before, map, was);
	len = edit(map, was, edits);
	if (mending == MEND_ALL && len >= CDB_SUMS_AT + CDB_SUMS_LEN)
		mend_records(map, len);
	if (mending != MEND_NOTHING && len >= CDB_SUMS_AT + CDB_SUMS_LEN)
		mend_tables(map, len);
	m->is_damaged = len != was || memcmp(before, map, was) != 0;
	m->is_honest = mending == MEND_NOTHING;
	free(before);
	must(munmap(map, was) == 0 && ftruncate(fd, (off_t)len) == 0 && close(fd) == 0);
}

static void
check_place(const struct accounts *a, const struct table_entry *entry)
{
	const struct cdb_reader *r = a->base.cdb;
	const char *begin = (const char *)r->map + CDB_SUMS_AT + CDB_SUMS_LEN;
	const char *end = (const char *)r->map + number_at(r, 0);

	must(end <= (const char *)r->map + r->cdb.cdb_fsize);
	must(entry->key.data >= begin && entry->value.data == entry->key.data + entry->key.len);
	must(entry->value.data + entry->value.len + CDB_SUM_LEN <= end);
}

static void
check_login(const struct model *m, const struct accounts *a, struct slice login,
    const struct record *wanted)
{
	struct table_entry entry = {.at = NULL};
	struct account account;
	int found = accounts_get(a, login, &entry, NULL);

	must(found != -1 || (errno == EIO && m->is_damaged));
	if (found == 1) {
		check_place(a, &entry);
		must(slice_equal(entry.key, login));
	}
	if (m->is_honest && found != -1)
		must(found == (wanted != NULL));
	if (m->is_honest && found == 1)
		must(slice_equal(entry.value, wanted->value));
	must(accounts_find(a, login, &account) <= found);
}

static const struct record *
find_record(const struct model *m, struct slice login)
{
	for (size_t i = 0; i < m->count; i++)
		if (slice_equal(m->records[i].login, login))
			return &m->records[i];
	return NULL;
}

static void
check_all(const struct model *m, const struct accounts *a)
{
	struct accounts_cursor cursor = {.text = {.line = 0}};
	struct table_entry entry;
	size_t count = 0;
	int found;

	while ((found = accounts_next(a, &cursor, &entry)) == 1) {
		check_place(a, &entry);
		must(count < a->base.cdb->cdb.cdb_fsize);
		if (m->is_honest) {
			must(count < m->count);
			must(slice_equal(entry.key, m->records[count].login));
			must(slice_equal(entry.value, m->records[count].value));
		}
		count++;
	}
	must(found == 0 || (errno == EIO && m->is_damaged));
	must(found != 0 || !m->is_honest || count == m->count);
}

static void
check_table(const struct model *m, const struct control *c)
{
	struct accounts a;
	struct str problem;
	struct slice logins;
	int result;

	str_init(&problem, 4096);
	result = accounts_open(&a, c, &problem);
	must(result == 0 || (m->is_damaged && errno == EINVAL && problem.len > 0));
	must(result == -1 || accounts_exist(&a));
	for (size_t i = 0; result == 0 && i < m->count; i++) {
		struct slice login = m->records[i].login,
			     shorter = slice_make(login.data, login.len - 1);

		check_login(m, &a, login, find_record(m, login));
		check_login(m, &a, shorter, find_record(m, shorter));
	}
	if (result == 0) {
		check_all(m, &a);
		must(accounts_samples(&a, "", &logins) <= 0 || !m->is_honest);
	}
	accounts_close(&a);
	str_free(&problem);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct control control = {.path = scratch_folder()};
	struct slice rest;
	struct model *m;

	if (size == 0 || size > 16384)
		return 0;
	rest = slice_make((const char *)data + 1, size - 1);
	m = calloc(1, sizeof *m);
	control.fd = open(control.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	must(m != NULL && control.fd != -1);
	make_records(m, part(&rest, END));
	write_table(m, &control);
	damage(m, &control, rest, (enum mending)(data[0] % MENDINGS));
	check_table(m, &control);
	control_close(&control);
	free(m);
	return 0;
}
