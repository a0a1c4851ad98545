/* SPDX-License-Identifier: ISC */
#include "hosts.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/escape.h"
#include "base/fields.h"
#include "base/io.h"
#include "days.h"
#include "destination.h"
#include "spool/host_name.h"

#define FILE_MAX ((size_t)8192)
#define DAY_SECONDS ((int64_t)24 * 60 * 60)
#define DAY_NAME_SIZE 24
#define DAYS_KEPT 2
#define TEMPORARY_SIZE 32
#define FAILURES_MAX UINT64_C(1000000)

static void
take_number(struct slice value, int64_t *number)
{
	uint64_t n;

	if (slice_number(value, INT64_MAX, &n))
		*number = (int64_t)n;
}

static void
take_field(struct destination *d, const struct field *field)
{
	uint64_t failures;

	switch (field->letter) {
	case 'U':
		take_number(field->value, &d->dead_until);
		break;
	case 'A':
		take_number(field->value, &d->failed_at);
		break;
	case 'S':
		take_number(field->value, &d->succeeded_at);
		break;
	case 'N':
		if (slice_number(field->value, FAILURES_MAX, &failures))
			d->failures = failures;
		break;
	case 'R':
		destination_keep(&d->relay, field->value);
		break;
	case 'T':
		destination_keep(&d->tls, field->value);
		break;
	case 'C':
		destination_keep(&d->dead_code, field->value);
		break;
	case 'Y':
		destination_keep(&d->dead_relay, field->value);
		break;
	case 'X':
		destination_keep(&d->dead_reply, field->value);
		break;
	default:
		break; /* of a later version */
	}
}

/* The folder of a day, DAYS_AGO; -1 where there is none. */
static int
open_day(const struct qrun *q, int64_t days_ago, bool make)
{
	char name[DAY_NAME_SIZE];

	snprintf(
	    name, sizeof name, "%lld", (long long)(clock_wall_seconds() / DAY_SECONDS - days_ago));
	if (make && mkdirat(q->hosts_fd, name, 0700) == -1 && errno != EEXIST)
		return -1;
	return openat(q->hosts_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

void
hosts_clean(struct qrun *q)
{
	static const struct days_kept kept = {.back = DAYS_KEPT - 1};

	days_clean(q->hosts_fd, &kept);
}

static ssize_t
read_file(int directory, const char *name, char text[FILE_MAX])
{
	int fd = directory == -1
		     ? -1
		     : openat(directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	ssize_t n = fd == -1 ? -1 : read(fd, text, FILE_MAX);

	io_close(fd);
	return n;
}

void
hosts_read(struct qrun *q, struct destination *d)
{
	char text[FILE_MAX];
	struct slice rest;
	struct field field;
	struct str name;
	ssize_t n = -1;

	str_init(&name, NAME_MAX);
	if (host_name_add(&name, d->address) == 0)
		for (int64_t days_ago = 0; days_ago < DAYS_KEPT && n <= 0; days_ago++) {
			int day = open_day(q, days_ago, false);

			n = read_file(day, name.data, text);
			io_close(day);
		}
	d->is_on_record = n > 0;
	rest = slice_make(text, n > 0 ? (size_t)n : 0);
	while (fields_next(&rest, '\n', &field) == FIELDS_ONE)
		take_field(d, &field);
	if (d->failed_at == 0 && d->dead_until > 0) /* of an older version */
		d->failed_at = d->dead_until - (int64_t)q->limits.retry_minimum;
	str_free(&name);
}

static int
write_file(int day, const char *name, struct slice text)
{
	char temporary[TEMPORARY_SIZE];
	int fd, result;

	/* of each process its own: what one wrote must not end under the name that another gave it;
	 * the day's end removes what a killed one left */
	snprintf(temporary, sizeof temporary, ".writing.%ld", (long)getpid());
	fd = openat(day, temporary,
	    O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
	if (fd == -1)
		return -1;
	result = io_pwrite(fd, text.data, text.len, 0);
	io_close(fd);
	return result == -1 ? -1 : renameat(day, temporary, day, name);
}

/* A number that is 0 is left out. */
static int
add_number(struct str *text, char letter, int64_t number)
{
	return number == 0 ? 0 : fields_add_number(text, letter, number, '\n');
}

static int
add_text(struct str *text, char letter, const struct str *value)
{
	return value->len == 0 ? 0 : fields_add(text, letter, str_slice(value), '\n');
}

static int
describe(const struct destination *d, struct str *text)
{
	if (add_number(text, 'S', d->succeeded_at) == -1 || add_text(text, 'R', &d->relay) == -1 ||
	    add_text(text, 'T', &d->tls) == -1 || add_number(text, 'U', d->dead_until) == -1 ||
	    add_number(text, 'N', (int64_t)d->failures))
		return -1;
	if (d->failed_at == 0)
		return 0;
	return fields_add_number(text, 'A', d->failed_at, '\n') == -1 ||
		       fields_add(text, 'C', str_slice(&d->dead_code), '\n') == -1 ||
		       fields_add(text, 'Y', str_slice(&d->dead_relay), '\n') == -1 ||
		       fields_add(text, 'X', str_slice(&d->dead_reply), '\n') == -1
		   ? -1
		   : 0;
}

void
hosts_write(struct qrun *q, struct destination *d)
{
	struct str name, text;
	int day = open_day(q, 0, true);

	str_init(&name, NAME_MAX);
	str_init(&text, FILE_MAX);
	/* what fails is a hint less */
	d->is_on_record = day != -1 && host_name_add(&name, d->address) == 0 &&
			  describe(d, &text) == 0 &&
			  write_file(day, name.data, str_slice(&text)) == 0;
	io_close(day);
	str_free(&name);
	str_free(&text);
}
