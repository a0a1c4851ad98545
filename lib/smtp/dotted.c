/* SPDX-License-Identifier: ISC */
#include "smtp/dotted.h"

#include <string.h>

#define RECEIVED "received"
/* Of a header line that is not whole yet, as much is waited for as tells whether it is Received. */
#define HEADER_HOLD (sizeof RECEIVED)

void
dotted_init(struct dotted *d)
{
	*d = (struct dotted){.line_start = true, .header = true};
}

static void
look_at_header_line(struct dotted *d, struct slice line)
{
	struct slice rest;

	if (slice_starts(line, "\r\n")) {
		d->header = false;
	} else if (slice_starts_nocase(line, RECEIVED)) {
		rest = slice_skip(line, strlen(RECEIVED));
		if (rest.len > 0 &&
		    (rest.data[0] == ':' || rest.data[0] == ' ' || rest.data[0] == '\t'))
			d->received++;
	}
}

/* The part of a line, from AT to END, that has no LF in it yet: where it can be taken to. */
static const char *
take_tail(struct dotted *d, const char *at, const char *end)
{
	if (d->line_start && d->header) {
		if ((size_t)(end - at) < HEADER_HOLD)
			return at;
		look_at_header_line(d, slice_make(at, (size_t)(end - at)));
	}
	if (end[-1] == '\r')
		end--; /* its LF may be the next byte to come */
	if (end > at) {
		d->line_start = false;
		if (memchr(at, '\r', (size_t)(end - at)) != NULL)
			d->has_bare = true;
	}
	return end;
}

/* A line, or the rest of one, from AT to the LF at END - 1. */
static void
take_line(struct dotted *d, const char *at, const char *end)
{
	size_t len = (size_t)(end - at);

	if (d->line_start && d->header)
		look_at_header_line(d, slice_make(at, len));
	d->line_start = len >= 2 && end[-2] == '\r';
	if (!d->line_start || (len > 2 && memchr(at, '\r', len - 2) != NULL))
		d->has_bare = true;
}

/* Takes lines from AT up to END or to a dot that begins one: where it stopped. */
static const char *
take_lines(struct dotted *d, const char *at, const char *end)
{
	while (at < end) {
		const char *lf = memchr(at, '\n', (size_t)(end - at));

		if (lf == NULL)
			return take_tail(d, at, end);
		take_line(d, at, lf + 1);
		at = lf + 1;
		if (d->line_start && at < end && *at == '.')
			break;
	}
	return at;
}

enum dotted_result
dotted_take(struct dotted *d, struct slice input, struct slice *run, size_t *taken)
{
	const char *begin = input.data, *end = input.data + input.len, *stop;

	*run = slice_make(begin, 0);
	*taken = 0;
	if (input.len == 0)
		return DOTTED_MORE;
	if (d->line_start && *begin == '.') {
		if (input.len < 3 && (input.len == 1 || begin[1] == '\r'))
			return DOTTED_MORE;
		if (slice_starts(input, ".\r\n")) {
			*taken = 3;
			return DOTTED_END;
		}
		/* the stuffed dot makes what follows no header field and no empty line */
		d->line_start = false;
		begin++;
	}
	stop = take_lines(d, begin, end);
	*run = slice_make(begin, (size_t)(stop - begin));
	*taken = (size_t)(stop - input.data);
	if (run->len > 0 && memchr(run->data, '\0', run->len) != NULL)
		d->has_bare = true;
	return *taken == 0 ? DOTTED_MORE : DOTTED_RUN;
}
