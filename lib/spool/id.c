/* SPDX-License-Identifier: ISC */
#include "spool/id.h"

#include "base/random.h"

#define TIME_LENGTH 11
#define RANDOM_LENGTH (ID_LENGTH - TIME_LENGTH)
#define DIGIT_BITS 5

static const char digits[] = "0123456789abcdefghijklmnopqrstuv"; /* in the order of ASCII */

void
id_write_digits(char *out, size_t count, uint64_t number)
{
	for (size_t i = count; i > 0; i--) {
		out[i - 1] = digits[number % 32];
		number >>= DIGIT_BITS;
	}
}

static int
digit_value(char c)
{
	if (ascii_is_digit(c))
		return c - '0';
	return c >= 'a' && c <= 'v' ? c - 'a' + 10 : -1;
}

bool
id_read_digits(struct slice text, uint64_t *number)
{
	*number = 0;
	for (size_t i = 0; i < text.len; i++) {
		int value = digit_value(text.data[i]);

		if (value == -1)
			return false;
		*number = *number << DIGIT_BITS | (uint64_t)value;
	}
	return true;
}

void
id_make(char id[ID_SIZE], int64_t microseconds)
{
	unsigned char random[RANDOM_LENGTH];

	id_write_digits(id, TIME_LENGTH, (uint64_t)microseconds);
	random_bytes(random, sizeof random);
	for (int i = 0; i < RANDOM_LENGTH; i++)
		id[TIME_LENGTH + i] = digits[random[i] % 32];
	id[ID_LENGTH] = '\0';
}

bool
id_is_valid(struct slice id)
{
	uint64_t number;

	return id.len == ID_LENGTH && id_read_digits(id, &number);
}

int64_t
id_time(struct slice id)
{
	uint64_t time;

	return id_read_digits(slice_make(id.data, TIME_LENGTH), &time) ? (int64_t)time : 0;
}
