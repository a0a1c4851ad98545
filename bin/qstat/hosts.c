/* SPDX-License-Identifier: ISC */
/* qstat hosts: what is known of destinations, from the files of hosts/ (spool(5)). */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/die.h"
#include "base/fields.h"
#include "base/io.h"
#include "base/span.h"
#include "object.h"
#include "qstat.h"
#include "spool/host_name.h"

#define FILE_MAX ((size_t)8192)
#define DAY_SECONDS ((int64_t)24 * 60 * 60)
#define DAYS_KEPT 2
#define NAME_COLUMNS 30

/* One file. Slices point into text. */
struct host {
	char text[FILE_MAX];
	struct str name;
	int64_t succeeded, until, failed, failures;
	struct slice relay, tls, code, failed_relay, reply;
};

struct hosts {
	struct qstat *q;
	int64_t today;
	int days[DAYS_KEPT]; /* folders, today's first; -1 for none */
	struct host host;
	uint64_t count, dead;
};

static void
take_number(struct slice value, int64_t *number)
{
	uint64_t n;

	if (slice_number(value, INT64_MAX, &n))
		*number = (int64_t)n;
}

static void
take_field(struct host *h, const struct field *field)
{
	switch (field->letter) {
	case 'S':
		take_number(field->value, &h->succeeded);
		break;
	case 'U':
		take_number(field->value, &h->until);
		break;
	case 'A':
		take_number(field->value, &h->failed);
		break;
	case 'N':
		take_number(field->value, &h->failures);
		break;
	case 'R':
		h->relay = field->value;
		break;
	case 'T':
		h->tls = field->value;
		break;
	case 'C':
		h->code = field->value;
		break;
	case 'Y':
		h->failed_relay = field->value;
		break;
	case 'X':
		h->reply = field->value;
		break;
	default:
		break; /* of a later version */
	}
}

/* False for what is no file of a destination, or cannot be read. */
static bool
read_host(struct host *h, int day, const char *file)
{
	int fd = openat(day, file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	ssize_t n = fd == -1 ? -1 : read(fd, h->text, sizeof h->text);
	struct slice rest = slice_make(h->text, n > 0 ? (size_t)n : 0);
	struct field field;

	io_close(fd);
	h->succeeded = h->until = h->failed = h->failures = 0;
	h->relay = h->tls = h->code = h->failed_relay = h->reply = slice_of("");
	while (fields_next(&rest, '\n', &field) == FIELDS_ONE)
		take_field(h, &field);
	return n > 0;
}

/* The domain or host that a destination is called by: "mx:DOMAIN", "smtp:HOST:PORT". */
static struct slice
domain_of(struct slice name)
{
	bool is_relay = slice_starts(name, "smtp:") || slice_starts(name, "lmtp:");
	struct slice rest = slice_skip(name, slice_find(name, ':') + 1);

	if (is_relay && slice_find_last(rest, ':') < rest.len)
		rest.len = slice_find_last(rest, ':');
	return rest;
}

static void
put_json(struct qstat *q, const struct host *h)
{
	object_begin(q, NULL, '{');
	object_number(q, "v", 1);
	object_text(q, "destination", str_slice(&h->name));
	object_bool(q, "is_left_alone", h->until > q->now);
	object_time(q, "until", h->until);
	object_number(q, "failures", h->failures);
	object_time(q, "failed", h->failed);
	object_text(q, "code", h->code);
	object_text(q, "failed_relay", h->failed_relay);
	object_reply(q, "reply", h->reply);
	object_time(q, "succeeded", h->succeeded);
	object_text(q, "relay", h->relay);
	object_text(q, "tls", h->tls);
	put(q, "}\n");
}

static void
put_age(struct qstat *q, int64_t when)
{
	char age[SPAN_SIZE];

	put_format(q, " %7s", when == 0 ? "-" : span_text(age, q->now - when));
}

/* A line of columns, and the reply below it: of two lines, so that it need not be cut. */
static void
put_plain(struct qstat *q, const struct host *h)
{
	char until[SPAN_SIZE];
	bool is_dead = h->until > q->now;
	size_t reply_columns = q->terminal.width > 4 ? q->terminal.width - 4 : 0;
	struct slice name = safe(q, str_slice(&h->name));

	put_format(q, "%-5s", is_dead ? span_text(until, h->until - q->now) : "ok");
	put_format(q, " %8" PRId64, h->failures);
	put_age(q, h->failed);
	put_age(q, h->succeeded);
	put(q, " ");
	put_slice(q, name);
	if (h->tls.len > 0) {
		put(q, " ");
		put_slice(q, safe(q, h->tls));
	}
	put(q, "\n");
	if (h->reply.len == 0 || (h->failures == 0 && !is_dead))
		return;
	str_clear(&q->text);
	put(q, "    ");
	put(q, terminal_on(&q->terminal, TERMINAL_FAINT));
	if (!q->terminal.is_terminal)
		reply_columns = SIZE_MAX;
	if (terminal_fit(&q->terminal, &q->out, safe_reply(q, h->reply), reply_columns, false) ==
	    -1)
		q->is_broken = true;
	put(q, terminal_off(&q->terminal));
	put(q, "\n");
}

static void
put_heading(struct qstat *q)
{
	put(q, terminal_on(&q->terminal, TERMINAL_BOLD));
	put_format(
	    q, "%-5s %8s %7s %7s %s", "RETRY", "FAILURES", "FAILED", "WORKED", "DESTINATION");
	put(q, terminal_off(&q->terminal));
	put(q, "\n");
}

static bool
is_selected(struct qstat *q, const struct host *h)
{
	struct slice domain = domain_of(str_slice(&h->name));

	str_clear(&q->text); /* selections are about addresses */
	if (str_add_char(&q->text, '@') == -1 || str_add_slice(&q->text, domain) == -1)
		return false;
	return selection_has_recipient(&q->selection, str_slice(&q->text), h->reply);
}

static void
see_file(struct hosts *s, int day, const char *file)
{
	struct qstat *q = s->q;
	struct host *h = &s->host;

	str_clear(&h->name);
	if (host_name_read(&h->name, file) == -1 || !read_host(h, day, file))
		return;
	if (!is_selected(q, h))
		return;
	if (s->count == 0 && !q->wants_json)
		put_heading(q);
	s->count++;
	s->dead += h->until > q->now;
	if (q->wants_json)
		put_json(q, h);
	else
		put_plain(q, h);
	queue_flush(q, false);
}

/* What was written today stands over what was written yesterday. */
static void
see_day(struct hosts *s, size_t days_ago)
{
	DIR *dir = s->days[days_ago] == -1 ? NULL : fdopendir(dup(s->days[days_ago]));
	const struct dirent *entry;

	while (dir != NULL && !s->q->is_broken && (entry = readdir(dir)) != NULL) {
		bool is_newer = days_ago > 0 && s->days[0] != -1 &&
				faccessat(s->days[0], entry->d_name, F_OK, 0) == 0;

		if (entry->d_name[0] != '.' && !is_newer)
			see_file(s, s->days[days_ago], entry->d_name);
	}
	if (dir != NULL)
		closedir(dir);
}

static int
open_day(struct qstat *q, int64_t day)
{
	char name[64];

	snprintf(name, sizeof name, "hosts/%" PRId64, day);
	return openat(q->spool.fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

void
hosts_show(struct qstat *q)
{
	struct hosts s = {.q = q, .today = q->now / DAY_SECONDS};

	str_init(&s.host.name, NAME_MAX);
	for (size_t i = 0; i < DAYS_KEPT; i++)
		s.days[i] = open_day(q, s.today - (int64_t)i);
	for (size_t i = 0; i < DAYS_KEPT; i++)
		see_day(&s, i);
	for (size_t i = 0; i < DAYS_KEPT; i++)
		io_close(s.days[i]);
	if (!q->wants_json)
		put_format(q, "%" PRIu64 " destination%s, %" PRIu64 " left alone for now\n",
		    s.count, s.count == 1 ? "" : "s", s.dead);
	str_free(&s.host.name);
}
