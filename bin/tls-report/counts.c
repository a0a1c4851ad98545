/* SPDX-License-Identifier: ISC */
/* The day's counts, sorted so that what is reported together stands together. */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "tls_report.h"

#define TEXT_MAX ((size_t)(TLS_COUNTS_FILE_MAX * 2)) /* others may append while it is full */

static int
compare(struct slice a, struct slice b)
{
	size_t common = a.len < b.len ? a.len : b.len;
	int order = common == 0 ? 0 : memcmp(a.data, b.data, common);

	return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

/* For DANE each mail exchanger has a policy of its own (RFC 7672, 2.2.3). */
static int
compare_policies(const struct tls_outcome *a, const struct tls_outcome *b)
{
	int order = compare(a->domain, b->domain);

	if (order == 0)
		order = (a->type > b->type) - (a->type < b->type);
	if (order == 0)
		order = compare(a->policy, b->policy);
	if (order == 0 && a->type == TLS_POLICY_TLSA)
		order = compare(a->mx, b->mx);
	return order;
}

int
count_compare(const void *one, const void *other)
{
	const struct tls_outcome *a = &((const struct count *)one)->outcome;
	const struct tls_outcome *b = &((const struct count *)other)->outcome;
	const struct slice pairs[][2] = {{a->failure, b->failure}, {a->mx, b->mx},
	    {a->address, b->address}, {a->sender, b->sender}, {a->helo, b->helo},
	    {a->reason, b->reason}};
	int order = compare_policies(a, b);

	for (size_t i = 0; order == 0 && i < sizeof pairs / sizeof pairs[0]; i++)
		order = compare(pairs[i][0], pairs[i][1]);
	return order;
}

bool
count_same_policy(const struct tls_outcome *a, const struct tls_outcome *b)
{
	return compare_policies(a, b) == 0;
}

static int
read_text(struct str *text, int folder, const char *name)
{
	int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC), result = -1;
	struct stat st;

	if (fd == -1)
		return errno == ENOENT ? 0 : -1;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    str_reserve(text, (size_t)st.st_size + 1) == 0 &&
	    io_pread(fd, text->data, (size_t)st.st_size, 0) == 0) {
		text->len = (size_t)st.st_size;
		text->data[text->len] = '\0';
		result = 0;
	}
	io_close(fd);
	return result;
}

static size_t
count_lines(struct slice text)
{
	size_t lines = 1;

	for (size_t i = 0; i < text.len; i++)
		lines += text.data[i] == '\n';
	return lines;
}

int
counts_read(struct counts *c, int folder, int64_t day)
{
	char name[TLS_DAY_SIZE];
	struct slice rest, line;

	*c = (struct counts){.count = 0};
	str_init(&c->text, TEXT_MAX);
	tls_day_name(name, day);
	if (read_text(&c->text, folder, name) == -1)
		return -1;
	rest = str_slice(&c->text);
	c->list = calloc(count_lines(rest), sizeof *c->list);
	if (c->list == NULL)
		return -1;
	while (slice_take(&rest, '\n', &line)) {
		struct count *one = &c->list[c->count];

		/* a line that a power cut tore is none */
		if (tls_counts_parse(line, &one->outcome, &one->sessions))
			c->count++;
	}
	qsort(c->list, c->count, sizeof *c->list, count_compare);
	return 0;
}

void
counts_free(struct counts *c)
{
	str_free(&c->text);
	free(c->list);
}

bool
counts_next(const struct counts *c, size_t *at, struct report *r)
{
	size_t end = *at;

	if (*at == c->count)
		return false;
	r->list = &c->list[*at];
	r->domain = r->list->outcome.domain;
	while (end < c->count && slice_equal(c->list[end].outcome.domain, r->domain))
		end++;
	r->count = end - *at;
	*at = end;
	return true;
}
