/* SPDX-License-Identifier: ISC */
/* Dot-stuffing: every table row whole, and cut in two at every place. */
#include "smtp/stuffed.h"

#include "base/str.h"
#include "tap.h"

#define PIECES 5

struct row {
	const char *input;
	const char *want;
	bool is_whole;
};

static const struct row rows[] = {
    {"", "", true},
    {"a\r\n", "a\r\n", true},
    {".\r\n", "..\r\n", true},
    {"..\r\n", "...\r\n", true},
    {".a\r\nb\r\n", "..a\r\nb\r\n", true},
    {"a\r\n.\r\nb\r\n", "a\r\n..\r\nb\r\n", true},
    {"a.\r\n.b\r\n.\r\n", "a.\r\n..b\r\n..\r\n", true},
    {".\r\n.\r\n.\r\n.\r\n.\r\n.\r\n.\r\n", "..\r\n..\r\n..\r\n..\r\n..\r\n..\r\n..\r\n", true},
    {"\r\n\r\n", "\r\n\r\n", true},
    {"a", "a", false},
    {"a\r", "a\r", false},
    {"a\n", "a\n", false},
    {"a\r\n.", "a\r\n..", false},
    {"\n", "\n", false},
    {"\r", "\r", false},
    {"a\rb\r\n", "a\rb\r\n", false},
    {"a\r\r\n", "a\r\r\n", false},
    {"a\r\n\nb\r\n", "a\r\n\nb\r\n", false},
    {"a\n.\r\nb\r\n", "a\n..\r\nb\r\n", false},
};

static void
add_all(struct stuffed *s, struct slice block, struct str *out)
{
	while (block.len > 0) {
		struct iovec pieces[PIECES];
		int count;
		size_t taken = stuffed_take(s, block, pieces, PIECES, &count);

		if (taken == 0 || count > PIECES) {
			tap_ok(false, "progress within the pieces given");
			return;
		}
		for (int i = 0; i < count; i++)
			(void)str_add(out, pieces[i].iov_base, pieces[i].iov_len);
		block = slice_skip(block, taken);
	}
}

/* Cut at AT, the two parts must give what the whole gives. */
static bool
agrees(const struct row *row, size_t at)
{
	struct slice input = slice_of(row->input);
	struct stuffed s;
	struct str out;
	bool same;

	str_init(&out, 1000);
	stuffed_init(&s);
	add_all(&s, slice_make(input.data, at), &out);
	add_all(&s, slice_skip(input, at), &out);
	same = slice_is(str_slice(&out), row->want) && stuffed_is_whole(&s) == row->is_whole;
	if (!same) {
		tap_note("cut at %zu", at);
		tap_show("got", out.data);
	}
	str_free(&out);
	return same;
}

int
main(void)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		bool same = true;

		for (size_t at = 0; at <= strlen(rows[i].input); at++)
			same = agrees(&rows[i], at) && same;
		if (!tap_ok(same, "row %zu", i))
			tap_show("input", rows[i].input);
	}
	return tap_done();
}
