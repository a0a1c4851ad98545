/* SPDX-License-Identifier: ISC */
/*
 * t/fuzz/run SECONDS stuffed: a message in blocks of any size, made transparent for DATA. What goes
 * out undoes to what came in, does not end before its end, and is called whole only if it is.
 */
#include "smtp/stuffed.h"

#include <string.h>

#include "base/str.h"
#include "fuzz.h"
#include "mail/wire.h"

#define OUT_MAX 16384

/* Takes one block; each piece goes to OUT. */
static void
take(struct stuffed *s, struct slice block, int max, struct str *out)
{
	while (block.len > 0) {
		struct iovec pieces[16];
		int count;
		size_t taken = stuffed_take(s, block, pieces, max, &count);

		must(taken > 0 && taken <= block.len && count <= max);
		for (int i = 0; i < count; i++)
			must(str_add(out, pieces[i].iov_base, pieces[i].iov_len) == 0);
		block = slice_skip(block, taken);
	}
}

/* The receiver's side (RFC 5321, 4.5.2): a dot at the front of a line goes. */
static void
check(struct slice sent, struct slice message, bool whole)
{
	bool line_start = true;
	size_t at = 0;

	if (whole)
		must(memmem(sent.data, sent.len, "\r\n.\r\n", 5) == NULL &&
		     !slice_starts(sent, ".\r\n"));
	for (size_t i = 0; i < sent.len; i++) {
		if (line_start && sent.data[i] == '.')
			i++;
		must(i < sent.len && at < message.len && sent.data[i] == message.data[at]);
		line_start = message.data[at++] == '\n';
	}
	must(at == message.len);
}

static bool
is_wire(struct slice message)
{
	struct wire_check wire = {0};

	return memchr(message.data, '\0', message.len) == NULL &&
	       wire_check_piece(&wire, message) && wire_check_end(&wire);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice message, rest;
	struct stuffed s;
	struct str out;
	size_t block;
	int max;

	if (size < 2)
		return 0;
	block = 1 + data[0];
	max = 3 + data[1] % 13;
	message = rest = slice_make((const char *)data + 2, size - 2);
	str_init(&out, OUT_MAX);
	stuffed_init(&s);
	while (rest.len > 0) {
		size_t len = rest.len < block ? rest.len : block;

		take(&s, slice_make(rest.data, len), max, &out);
		rest = slice_skip(rest, len);
	}
	check(str_slice(&out), message, stuffed_is_whole(&s));
	if (message.len > 0 && is_wire(message))
		must(stuffed_is_whole(&s));
	str_free(&out);
	return 0;
}
