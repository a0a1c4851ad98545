/* SPDX-License-Identifier: ISC */
/* t/fuzz/run SECONDS wire: text becomes wire format, the same however it is cut into pieces. */
#include "mail/wire.h"

#include "fuzz.h"

static void
convert(struct slice text, size_t piece, struct str *out)
{
	struct wire_convert c = {0};

	while (text.len > 0) {
		size_t n = text.len < piece ? text.len : piece;

		must(wire_convert_piece(&c, slice_make(text.data, n), out) == 0);
		text = slice_skip(text, n);
	}
	must(wire_convert_end(&c, out) == 0);
}

static bool
is_wire(struct slice text, size_t piece, size_t *received)
{
	struct wire_check c = {0};
	bool good = true;

	while (text.len > 0) {
		size_t n = text.len < piece ? text.len : piece;

		good = wire_check_piece(&c, slice_make(text.data, n)) && good;
		text = slice_skip(text, n);
	}
	*received = c.received;
	return wire_check_end(&c) && good;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = slice_make((const char *)data, size);
	size_t piece = size > 0 ? 1 + data[0] % 7 : 1, one, other;
	struct str whole, pieces;

	must(is_wire(text, piece, &one) == is_wire(text, size + 1, &other));
	str_init(&whole, 2 * size + 2);
	str_init(&pieces, 2 * size + 2);
	convert(text, size + 1, &whole);
	convert(text, piece, &pieces);
	must(slice_equal(str_slice(&whole), str_slice(&pieces)));
	if (slice_find(text, '\0') == text.len) {
		must(is_wire(str_slice(&whole), piece, &one));
		must(is_wire(str_slice(&whole), size + 2, &other) && one == other);
	}
	str_free(&whole);
	str_free(&pieces);
	return 0;
}
