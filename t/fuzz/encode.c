/* SPDX-License-Identifier: ISC */
/*
 * t/fuzz/run SECONDS encode: whatever a name holds, its phrase is one (RFC 5322, RFC 2047), and
 * what was escaped has no control characters.
 */
#include "mail/encode.h"

#include "base/escape.h"
#include "fuzz.h"
#include "mail/recipients.h"

#define LINE_MAX_OCTETS 76 /* RFC 2047, 2: with an encoded-word in it */

static void
check_lines(struct slice field)
{
	while (field.len > 0) {
		struct slice line = part(&field, '\n');
		bool encoded = slice_find(line, '?') < line.len && line.data[0] != '"';

		if (field.len > 0) {
			must(line.data[line.len - 1] == '\r' && field.data[0] == ' ');
			line.len--;
		}
		must(!slice_has_control(line) && slice_is_ascii(line));
		must(!encoded || line.len <= LINE_MAX_OCTETS);
	}
}

static void
check_phrase(struct slice name)
{
	struct str field, address;
	struct slice list;

	str_init(&field, 100 + 40 * name.len);
	str_init(&address, field.cap);
	must(str_add_text(&field, "From: ") == 0 &&
	     encode_mailbox(&field, name, slice_of("joe@example.org")) == 0);
	if (!slice_is_ascii(name))
		check_lines(str_slice(&field));
	list = slice_skip(str_slice(&field), 6);
	must(recipients_next(&list, &address) == RECIPIENTS_ONE);
	must(slice_is(str_slice(&address), "joe@example.org"));
	must(recipients_next(&list, &address) == RECIPIENTS_END);
	str_free(&field);
	str_free(&address);
}

/* XTEXT stands for TEXT. */
static void
check_undo(struct slice text, struct slice xtext)
{
	struct str again;

	str_init(&again, xtext.len);
	must(encode_undo_xtext(&again, xtext) == 0);
	must(!slice_has_control(str_slice(&again)));
	if (slice_is_ascii(text) && !slice_has_control(text))
		must(slice_equal(str_slice(&again), text));
	str_free(&again);
}

static void
check_escapes(struct slice text, struct str *out)
{
	must(escape_text(out, text) == 0 && !slice_has_control(str_slice(out)));
	str_clear(out);
	must(escape_value(out, text) == 0 && !slice_has_control(str_slice(out)));
	must(out->data[0] == '"' || slice_find(str_slice(out), ' ') == out->len);
	str_clear(out);
	must(encode_xtext(out, text) == 0 && !slice_has_control(str_slice(out)));
	must(slice_is_ascii(str_slice(out)) && slice_find(str_slice(out), ' ') == out->len);
	check_undo(text, str_slice(out));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = slice_make((const char *)data, size);
	struct str out;

	check_phrase(text);
	str_init(&out, 4 * size + 2);
	check_escapes(text, &out);
	str_free(&out);
	return 0;
}
