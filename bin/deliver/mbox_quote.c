/* SPDX-License-Identifier: ISC */
#include "mbox_quote.h"

#include <errno.h>
#include <string.h>
#include <time.h>

/* Where the line of AT begins if nothing but ">" stands before AT in it; null if not. */
static const char *
quotable_start(struct slice block, const char *at, bool in_line)
{
	while (at > block.data && at[-1] == '>')
		at--;
	if (at > block.data)
		return at[-1] == '\n' ? at : NULL;
	return in_line ? NULL : at;
}

int
mbox_quote(struct str *out, struct slice block, bool in_line)
{
	struct slice rest = block;

	for (;;) {
		const char *from = rest.len == 0 ? NULL : memmem(rest.data, rest.len, "From ", 5);
		const char *start;
		size_t before;

		if (from == NULL)
			return str_add_slice(out, rest);
		start = quotable_start(block, from, in_line);
		before = (size_t)((start == NULL ? from : start) - rest.data);
		if (str_add(out, rest.data, before) == -1 ||
		    (start != NULL && str_add_char(out, '>') == -1) ||
		    str_add(out, rest.data + before, (size_t)(from + 5 - rest.data) - before) == -1)
			return -1;
		rest = slice_skip(rest, (size_t)(from + 5 - rest.data));
	}
}

int
mbox_add_separator(struct str *out, struct slice sender, int64_t seconds)
{
	time_t when = (time_t)seconds;
	struct tm t;
	char date[32];

	if (gmtime_r(&when, &t) == NULL || asctime_r(&t, date) == NULL) {
		errno = EOVERFLOW;
		return -1;
	}
	if (str_add_text(out, "From ") == -1)
		return -1;
	if (sender.len == 0)
		sender = slice_of("MAILER-DAEMON");
	for (size_t i = 0; i < sender.len; i++) {
		bool is_blank = sender.data[i] == ' ' || sender.data[i] == '\t';

		if (str_add_char(out, is_blank ? '-' : sender.data[i]) == -1)
			return -1;
	}
	return str_format(out, " %s", date);
}
