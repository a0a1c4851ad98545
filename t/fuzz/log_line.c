/* SPDX-License-Identifier: ISC */
/*
 * t/fuzz/run SECONDS log_line: what is read as a log line is written as the same line by log.h, but
 * for what was escaped without need; and what log.h writes is read.
 */
#include "base/log_line.h"

#include <string.h>

#include "base/log.h"
#include "fuzz.h"

#define ROOM 65536

/* Reads LINE, and writes it again. False if it is none. */
static bool
again(struct slice line, struct str *out)
{
	struct log_line l;
	struct log_field f;
	enum log_line_result result;
	struct str value;

	if (!log_line_begin(line, &l))
		return false;
	must(str_add_slice(out, l.program) == 0 && str_add_text(out, ": ") == 0 &&
	     str_add_slice(out, l.event) == 0);
	str_init(&value, ROOM);
	while ((result = log_line_next(&l.fields, &f)) == LOG_LINE_ONE) {
		struct event e;

		str_clear(&value);
		must(log_line_unescape(&value, f.value) == 0 && value.len <= f.value.len);
		str_init(&e.line, ROOM);
		must(f.is_escaped || value.len == f.value.len);
		event_slice(&e, "k", str_slice(&value));
		must(str_add_char(out, ' ') == 0 && str_add_slice(out, f.key) == 0 &&
		     str_add_slice(out, slice_skip(str_slice(&e.line), 2)) == 0);
		str_free(&e.line);
	}
	str_free(&value);
	must((result == LOG_LINE_END) == (l.fields.len == 0));
	return result == LOG_LINE_END;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str once, twice;

	if (size > 900) /* event_slice cuts what is longer */
		return 0;
	str_init(&once, ROOM);
	str_init(&twice, ROOM);
	if (again(slice_make((const char *)data, size), &once)) {
		must(again(str_slice(&once), &twice));
		must(once.len == twice.len && memcmp(once.data, twice.data, once.len) == 0);
	}
	str_free(&once);
	str_free(&twice);
	return 0;
}
