/* SPDX-License-Identifier: ISC */
#include <sys/file.h>
#include <sys/stat.h>

#include <fcntl.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/io.h"
#include "tls_report.h"

#define TEXT_MAX ((size_t)64 << 20)

int
sent_open(struct sent *s, int folder, int64_t day)
{
	char name[TLS_DAY_SIZE + 8], date[TLS_DAY_SIZE];
	struct stat st;

	str_init(&s->text, TEXT_MAX);
	tls_day_name(date, day);
	snprintf(name, sizeof name, "%s.sent", date);
	s->fd = openat(folder, name, O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (s->fd == -1 || flock(s->fd, LOCK_EX | LOCK_NB) == -1 || fstat(s->fd, &st) == -1 ||
	    str_reserve(&s->text, (size_t)st.st_size + 1) == -1 ||
	    io_pread(s->fd, s->text.data, (size_t)st.st_size, 0) == -1) {
		sent_close(s);
		return -1;
	}
	s->text.len = (size_t)st.st_size;
	return 0;
}

void
sent_close(struct sent *s)
{
	io_close(s->fd);
	str_free(&s->text);
}

bool
sent_has(const struct sent *s, struct slice domain, struct slice uri)
{
	struct slice rest = str_slice(&s->text), line, first;

	while (slice_take(&rest, '\n', &line))
		if (slice_take(&line, '\t', &first) && slice_equal(first, domain) &&
		    slice_equal(line, uri))
			return true;
	return false;
}

int
sent_add(struct sent *s, struct slice domain, struct slice uri)
{
	size_t before = s->text.len;

	if (str_format(&s->text, "%.*s\t%.*s\n", (int)domain.len, domain.data, (int)uri.len,
		uri.data) == -1)
		return -1;
	return io_write(s->fd, s->text.data + before, s->text.len - before, DEADLINE_NEVER);
}
