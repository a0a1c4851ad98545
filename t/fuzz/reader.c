/* SPDX-License-Identifier: ISC */
/* t/fuzz/run SECONDS reader: lines out of a pipe, against the plainest way to find them. */
#include "base/reader.h"

#include <string.h>
#include <unistd.h>

#include "fuzz.h"

#define MAX_OCTETS 20
#define INPUT_MAX 32768 /* less than a pipe holds, so that one process can play both sides */

/* What a line of TEXT, without its LF, is. */
static enum reader_result
judge(struct slice text)
{
	bool crlf = text.len > 0 && text.data[text.len - 1] == '\r';
	struct slice line = slice_make(text.data, text.len - crlf);

	if (line.len > MAX_OCTETS)
		return READER_TOO_LONG;
	if (slice_find(line, '\r') < line.len)
		return READER_BARE_CR;
	if (!crlf)
		return READER_BARE_LF;
	return slice_find(line, '\0') < line.len ? READER_NUL : READER_LINE;
}

static void
check_lines(struct reader *r, struct slice rest)
{
	struct slice line, text;

	while (slice_find(rest, '\n') < rest.len) {
		enum reader_result result = reader_line(r, &line, MAX_OCTETS), wanted;

		text = part(&rest, '\n');
		wanted = judge(text);
		must(result == wanted);
		if (result == READER_LINE)
			must(line.len + 1 == text.len &&
			     memcmp(line.data, text.data, line.len) == 0);
	}
	must(reader_line(r, &line, MAX_OCTETS) == READER_EOF);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct reader reader;
	size_t room;
	int ends[2];

	if (size == 0 || size > INPUT_MAX)
		return 0;
	/* the smallest buffer in which every line that is good fits, and a little more */
	room = MAX_OCTETS + 2 + data[0] % 8;
	must(pipe(ends) == 0 && write(ends[1], data, size) == (ssize_t)size);
	close(ends[1]);
	must(reader_init(&reader, ends[0], room) == 0);
	check_lines(&reader, slice_make((const char *)data, size));
	reader_free(&reader);
	close(ends[0]);
	return 0;
}
