/* SPDX-License-Identifier: ISC */
#include "mail/message_id.h"

#include "base/random.h"

#define RANDOM_CHARACTERS 16 /* of five bits each */

static char
digit(unsigned value)
{
	return "0123456789abcdefghijklmnopqrstuv"[value & 31];
}

int
message_id_add(struct str *out, int64_t seconds, struct slice host)
{
	unsigned char bytes[RANDOM_CHARACTERS];
	char text[RANDOM_CHARACTERS + 1] = "";

	random_bytes(bytes, sizeof bytes);
	for (size_t i = 0; i < RANDOM_CHARACTERS; i++)
		text[i] = digit(bytes[i]);
	return str_format(
	    out, "<%llx.%s@%.*s>", (unsigned long long)seconds, text, (int)host.len, host.data);
}
