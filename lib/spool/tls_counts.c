/* SPDX-License-Identifier: ISC */
#include "spool/tls_counts.h"

#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fields.h"
#include "base/io.h"
#include "base/random.h"

#define FLUSH_MS 60000

void
tls_day_name(char name[TLS_DAY_SIZE], int64_t day)
{
	time_t seconds = (time_t)(day * TLS_DAY_SECONDS);
	struct tm tm = {.tm_mday = 1};

	if (gmtime_r(&seconds, &tm) == NULL || strftime(name, TLS_DAY_SIZE, "%Y-%m-%d", &tm) == 0)
		snprintf(name, TLS_DAY_SIZE, "1970-01-01");
}

bool
tls_day_parse(struct slice name, int64_t *day)
{
	uint64_t year, month, mday;
	char again[TLS_DAY_SIZE];
	struct tm tm = {.tm_isdst = 0};

	if (name.len != 10 || name.data[4] != '-' || name.data[7] != '-' ||
	    !slice_number(slice_make(name.data, 4), 9999, &year) || year < 1970 ||
	    !slice_number(slice_make(name.data + 5, 2), 12, &month) ||
	    !slice_number(slice_make(name.data + 8, 2), 31, &mday))
		return false;
	tm.tm_year = (int)year - 1900;
	tm.tm_mon = (int)month - 1;
	tm.tm_mday = (int)mday;
	*day = timegm(&tm) / TLS_DAY_SECONDS;
	tls_day_name(again, *day); /* there is no 31 of February */
	return slice_is(name, again);
}

void
tls_counts_init(struct tls_counts *c)
{
	memset(c, 0, sizeof *c);
	c->folder_fd = -1;
}

static int64_t
today(void)
{
	return clock_wall_seconds() / TLS_DAY_SECONDS;
}

static void
remove_old(const struct tls_counts *c)
{
	int fd = openat(c->folder_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *folder = fd == -1 ? NULL : fdopendir(fd);
	const struct dirent *one;
	int64_t day;

	if (folder == NULL) {
		io_close(fd);
		return;
	}
	while ((one = readdir(folder)) != NULL) {
		struct slice name = slice_of(one->d_name); /* DAY, or DAY.sent */

		name.len = slice_find(name, '.');
		if (tls_day_parse(name, &day) && day + TLS_COUNTS_DAYS < c->day)
			(void)unlinkat(c->folder_fd, one->d_name, 0);
	}
	closedir(folder);
}

int
tls_counts_open(struct tls_counts *c, int spool_fd)
{
	tls_counts_init(c);
	if (mkdirat(spool_fd, TLS_COUNTS_FOLDER, 0700) == -1 && errno != EEXIST)
		return -1;
	c->folder_fd =
	    openat(spool_fd, TLS_COUNTS_FOLDER, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (c->folder_fd == -1)
		return -1;
	random_bytes(c->secret, sizeof c->secret);
	c->day = today();
	c->flush_at = deadline_in_ms(FLUSH_MS);
	remove_old(c);
	return 0;
}

/* One write, so that what several processes append does not mix. */
static void
write_slot(struct tls_counts *c, int fd, size_t slot)
{
	char line[TLS_COUNTS_LINE_MAX + 1];
	int head = snprintf(line, sizeof line, "N%llu\t", (unsigned long long)c->slots[slot].count);
	size_t length = (size_t)head + c->slots[slot].length;

	if (fd != -1 && length < sizeof line) {
		memcpy(line + head, c->slots[slot].record, c->slots[slot].length);
		line[length++] = '\n';
		if (io_write(fd, line, length, DEADLINE_NEVER) == -1)
			errno = 0; /* a full disk has other things to care about */
	}
	free(c->slots[slot].record);
	c->slots[slot].record = NULL;
}

/* The file of c->day; -1 if it cannot be had, or is full. */
static int
open_day(const struct tls_counts *c)
{
	char name[TLS_DAY_SIZE];
	struct stat st;
	int fd;

	tls_day_name(name, c->day);
	fd = openat(
	    c->folder_fd, name, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd != -1 &&
	    (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode) || st.st_size >= TLS_COUNTS_FILE_MAX)) {
		io_close(fd);
		return -1;
	}
	return fd;
}

static void
flush_all(struct tls_counts *c)
{
	int fd = -1;

	for (size_t i = 0; i < TLS_COUNTS_SLOTS; i++) {
		if (c->slots[i].record == NULL)
			continue;
		if (fd == -1)
			fd = open_day(c);
		write_slot(c, fd, i);
	}
	io_close(fd);
	c->flush_at = deadline_in_ms(FLUSH_MS);
}

void
tls_counts_tick(struct tls_counts *c)
{
	int64_t day;

	if (c->folder_fd == -1)
		return;
	day = today();
	if (day != c->day || deadline_poll_ms(c->flush_at) == 0)
		flush_all(c);
	if (day != c->day) {
		c->day = day;
		remove_old(c);
	}
}

void
tls_counts_close(struct tls_counts *c)
{
	if (c->folder_fd == -1)
		return;
	flush_all(c);
	io_close(c->folder_fd);
	c->folder_fd = -1;
}

static void
count(struct tls_counts *c, struct slice record)
{
	size_t slot = (size_t)(siphash(c->secret, record) % TLS_COUNTS_SLOTS);
	char *copy;

	if (c->slots[slot].record != NULL &&
	    slice_equal(slice_make(c->slots[slot].record, c->slots[slot].length), record)) {
		c->slots[slot].count++;
		return;
	}
	if (c->slots[slot].record != NULL) {
		int fd = open_day(c);

		write_slot(c, fd, slot);
		io_close(fd);
	}
	copy = malloc(record.len);
	if (copy == NULL)
		return;
	memcpy(copy, record.data, record.len);
	c->slots[slot].record = copy;
	c->slots[slot].length = record.len;
	c->slots[slot].count = 1;
}

bool
tls_counts_add(struct tls_counts *c, struct slice fields)
{
	struct tls_outcome outcome;
	struct str record;

	if (!tls_outcome_parse(&outcome, fields, '\0'))
		return false;
	if (c->folder_fd == -1)
		return true;
	tls_counts_tick(c);
	str_init(&record, TLS_OUTCOME_MAX);
	if (tls_outcome_add(&record, &outcome, '\t') == 0)
		count(c, str_slice(&record));
	str_free(&record);
	return true;
}

bool
tls_counts_parse(struct slice line, struct tls_outcome *o, uint64_t *number)
{
	struct field field;

	return fields_next(&line, '\t', &field) == FIELDS_ONE && field.letter == 'N' &&
	       slice_number(field.value, UINT32_MAX, number) && *number > 0 &&
	       tls_outcome_parse(o, line, '\t');
}
