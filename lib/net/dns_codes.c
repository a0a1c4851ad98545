/* SPDX-License-Identifier: ISC */
#include "net/dns_codes.h"

#include <string.h>

#define LOOPBACK 127

static void
add(uint8_t set[32], unsigned first, unsigned last)
{
	for (unsigned i = first; i <= last; i++)
		set[i / 8] = (uint8_t)(set[i / 8] | 1U << i % 8);
}

void
dns_codes_all(struct dns_codes *c)
{
	memset(c, 0, sizeof *c);
	add(c->sets[0], LOOPBACK, LOOPBACK);
	for (size_t i = 1; i < 4; i++)
		add(c->sets[i], 0, UINT8_MAX);
}

static bool
take_number(struct slice *rest, unsigned *number)
{
	uint64_t value;
	size_t digits = 0;

	while (digits < rest->len && ascii_is_digit(rest->data[digits]))
		digits++;
	if (!slice_number(slice_make(rest->data, digits), UINT8_MAX, &value))
		return false;
	*number = (unsigned)value;
	*rest = slice_skip(*rest, digits);
	return true;
}

/* Behind "[": numbers and ranges "FIRST..LAST" with semicolons between, and "]". */
static bool
take_set(struct slice *rest, uint8_t set[32])
{
	unsigned first, last;

	for (;;) {
		if (!take_number(rest, &first))
			return false;
		last = first;
		if (slice_starts(*rest, "..")) {
			*rest = slice_skip(*rest, 2);
			if (!take_number(rest, &last) || last < first)
				return false;
		}
		add(set, first, last);
		if (slice_starts(*rest, "]")) {
			*rest = slice_skip(*rest, 1);
			return true;
		}
		if (!slice_starts(*rest, ";"))
			return false;
		*rest = slice_skip(*rest, 1);
	}
}

static bool
take_octet(struct slice *rest, uint8_t set[32])
{
	unsigned number;

	if (slice_starts(*rest, "[")) {
		*rest = slice_skip(*rest, 1);
		return take_set(rest, set);
	}
	if (!take_number(rest, &number))
		return false;
	add(set, number, number);
	return true;
}

bool
dns_codes_parse(struct dns_codes *c, struct slice text)
{
	memset(c, 0, sizeof *c);
	for (size_t i = 0; i < 4; i++) {
		if (i > 0) {
			if (!slice_starts(text, "."))
				return false;
			text = slice_skip(text, 1);
		}
		if (!take_octet(&text, c->sets[i]))
			return false;
	}
	return text.len == 0;
}

bool
dns_codes_match(const struct dns_codes *c, const uint8_t address[4])
{
	for (size_t i = 0; i < 4; i++)
		if ((c->sets[i][address[i] / 8] >> address[i] % 8 & 1) == 0)
			return false;
	return true;
}

bool
dns_codes_is_error(const uint8_t address[4])
{
	return address[0] != LOOPBACK || (address[1] == UINT8_MAX && address[2] == UINT8_MAX);
}
