/* SPDX-License-Identifier: ISC */
/*
 * t/fuzz/run SECONDS input: what local programs write becomes wire format in sendmail, the same
 * however it arrives, and a lone dot ends it or does not.
 */
#include "../../bin/sendmail/input.c"

#include <string.h>
#include <unistd.h>

#include "fuzz.h"
#include "mail/wire.h"

#define INPUT_MAX 32768 /* less than a pipe holds, so that one process can play both sides */

/* Sends TEXT piece by piece; true if it held no NUL before its end. */
static bool
read_all(struct slice text, size_t piece, bool dots_are_data, struct str *out)
{
	static struct input in;
	enum input_result result = INPUT_MORE;
	int ends[2];

	must(pipe(ends) == 0);
	input_init(&in, ends[0], dots_are_data);
	while (result == INPUT_MORE) {
		size_t n = text.len < piece ? text.len : piece;

		if (n > 0)
			must(write(ends[1], text.data, n) == (ssize_t)n);
		text = slice_skip(text, n);
		if (n == 0 && ends[1] != -1) {
			close(ends[1]);
			ends[1] = -1;
		}
		result = input_read(&in, out);
		must(result != INPUT_FAILED);
	}
	if (ends[1] != -1)
		close(ends[1]);
	close(ends[0]);
	return result == INPUT_END;
}

static bool
is_wire(struct slice text)
{
	struct wire_check wire = {0};

	return wire_check_piece(&wire, text) && wire_check_end(&wire);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = slice_make((const char *)data, size);
	size_t piece = size > 0 ? 1 + data[0] % 7 : 1;
	bool dots_are_data = size > 0 && data[size - 1] % 2 == 1;
	struct str whole, pieces;

	if (size > INPUT_MAX)
		return 0;
	str_init(&whole, 2 * size + 4);
	str_init(&pieces, 2 * size + 4);
	if (read_all(text, size + 1, dots_are_data, &whole)) {
		must(read_all(text, piece, dots_are_data, &pieces));
		must(slice_equal(str_slice(&whole), str_slice(&pieces)));
		must(is_wire(str_slice(&whole)));
		must(dots_are_data || !slice_starts(str_slice(&whole), ".\r\n"));
		must(dots_are_data || strstr(whole.data, "\r\n.\r\n") == NULL);
	}
	str_free(&whole);
	str_free(&pieces);
	return 0;
}
