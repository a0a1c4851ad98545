/* SPDX-License-Identifier: ISC */
#include "wire.h"

#include <string.h>

#include "base/crc32c.h"

#define LINE_MAX_OCTETS 998

static const char *const names[WIRE_FAULTS] = {
    [WIRE_BARE_CR] = "bare-cr",
    [WIRE_BARE_LF] = "bare-lf",
    [WIRE_NUL] = "nul",
    [WIRE_LONG_LINE] = "long-line",
    [WIRE_UNSTUFFED] = "unstuffed-dot",
    [WIRE_UNENDED] = "unended-line",
    [WIRE_8BIT] = "undeclared-8bit",
    [WIRE_OVER_SIZE] = "over-size",
    [WIRE_LONG_COMMAND] = "long-command",
    [WIRE_BARE_COMMAND] = "bare-command",
    [WIRE_PIPELINED] = "pipelined",
    [WIRE_NOT_OFFERED] = "not-offered",
    [WIRE_OVER_LIMIT] = "over-limit",
    [WIRE_CHANGED] = "changed",
    [WIRE_TWICE] = "twice",
};

const char *
wire_fault_name(enum wire_fault fault)
{
	return names[fault];
}

void
wire_begin(struct wire *w, bool is_dotted, bool is_8bit_fine)
{
	memset(w, 0, offsetof(struct wire, gathered));
	w->gathered_len = 0;
	w->check = (struct wire_check){.is_there = false};
	w->is_dotted = is_dotted;
	w->is_8bit_fine = is_8bit_fine;
	w->is_in_header = w->is_line_start = true;
}

static bool
take_hexadecimal(struct slice *rest, uint64_t *value)
{
	struct slice word;

	*value = 0;
	if (!slice_word(rest, &word) || word.len > 8)
		return false;
	for (size_t i = 0; i < word.len; i++) {
		const char *digits = "0123456789abcdef";
		const char *digit = memchr(digits, word.data[i], 16);

		if (digit == NULL)
			return false;
		*value = *value << 4 | (uint64_t)(digit - digits);
	}
	return true;
}

static bool
take_number(struct slice *rest, uint64_t *value)
{
	struct slice word;

	return slice_word(rest, &word) && slice_number(word, UINT32_MAX, value);
}

static void
read_field(struct wire *w, struct slice line)
{
	struct wire_check c = {.is_there = true};
	struct slice rest = slice_skip(line, strlen(WIRE_FIELD));

	if (!w->check.is_there && slice_starts_nocase(line, WIRE_FIELD) &&
	    take_hexadecimal(&rest, &c.run) && take_number(&rest, &c.session) &&
	    take_number(&rest, &c.sequence) && take_number(&rest, &c.number) &&
	    take_number(&rest, &c.octets) && take_hexadecimal(&rest, &c.crc))
		w->check = c;
}

static void
flush_body(struct wire *w)
{
	w->crc = crc32c(w->crc, w->gathered, w->gathered_len);
	w->gathered_len = 0;
}

static void
add_octet(struct wire *w, char octet)
{
	if (!w->is_in_header) {
		if (w->gathered_len == sizeof w->gathered)
			flush_body(w);
		w->gathered[w->gathered_len++] = octet;
		w->body++;
	} else if (w->line < sizeof w->field) {
		w->field[w->line] = octet;
	}
	w->line++;
	w->total++;
}

/* Behind CRLF. */
static void
end_line(struct wire *w)
{
	size_t len = w->line - 2;

	if (len > LINE_MAX_OCTETS)
		w->has[WIRE_LONG_LINE] = true;
	if (w->is_in_header && len == 0)
		w->is_in_header = false;
	else if (w->is_in_header && len <= sizeof w->field)
		read_field(w, slice_make(w->field, len));
	w->line = 0;
	w->is_line_start = true;
}

static void
take_octet(struct wire *w, char octet)
{
	bool was_cr = w->is_after_cr, was_start = w->is_line_start, was_dot = w->is_after_dot;

	w->is_after_dot = was_start && octet == '.' && w->is_dotted;
	w->is_after_cr = octet == '\r';
	w->is_line_start = false;
	if (was_dot && octet != '.')
		w->has[WIRE_UNSTUFFED] = true;
	if (was_cr && octet != '\n')
		w->has[WIRE_BARE_CR] = true;
	if (octet == '\n' && !was_cr)
		w->has[WIRE_BARE_LF] = true;
	if (octet == '\0')
		w->has[WIRE_NUL] = true;
	if ((octet & 0x80) != 0 && !w->is_8bit_fine)
		w->has[WIRE_8BIT] = true;
	if (w->is_after_dot)
		return;
	add_octet(w, octet);
	if (was_cr && octet == '\n')
		end_line(w);
}

void
wire_take(struct wire *w, struct slice bytes)
{
	for (size_t i = 0; i < bytes.len; i++)
		take_octet(w, bytes.data[i]);
}

void
wire_end(struct wire *w)
{
	flush_body(w);
	if (!w->is_line_start)
		w->has[WIRE_UNENDED] = true;
	if (w->check.is_there && (w->check.octets != w->body || w->check.crc != w->crc))
		w->has[WIRE_CHANGED] = true;
}
