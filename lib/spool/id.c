/* SPDX-License-Identifier: ISC */
#include "spool/id.h"

#include "base/random.h"

#define TIME_LENGTH 11
#define RANDOM_LENGTH (ID_LENGTH - TIME_LENGTH)
#define DIGIT_BITS 5

static const char digits[] = "0123456789abcdefghijklmnopqrstuv"; /* in the order of ASCII */

void
id_make(char id[ID_SIZE], int64_t microseconds)
{
	uint64_t time = (uint64_t)microseconds;
	unsigned char random[RANDOM_LENGTH];

	for (int i = TIME_LENGTH; i > 0; i--) {
		id[i - 1] = digits[time % 32];
		time >>= DIGIT_BITS;
	}
	random_bytes(random, sizeof random);
	for (int i = 0; i < RANDOM_LENGTH; i++)
		id[TIME_LENGTH + i] = digits[random[i] % 32];
	id[ID_LENGTH] = '\0';
}

static int
digit_value(char c)
{
	if (ascii_is_digit(c))
		return c - '0';
	return c >= 'a' && c <= 'v' ? c - 'a' + 10 : -1;
}

bool
id_is_valid(struct slice id)
{
	for (size_t i = 0; i < id.len; i++)
		if (digit_value(id.data[i]) == -1)
			return false;
	return id.len == ID_LENGTH;
}

int64_t
id_time(struct slice id)
{
	uint64_t time = 0;

	for (size_t i = 0; i < TIME_LENGTH; i++)
		time = time << DIGIT_BITS | (uint64_t)digit_value(id.data[i]);
	return (int64_t)time;
}
