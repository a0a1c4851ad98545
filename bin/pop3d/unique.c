/* SPDX-License-Identifier: ISC */
#include "unique.h"

#include "base/siphash.h"

#define HASHED "hash-"

static bool
is_unique_id(struct slice base)
{
	for (size_t i = 0; i < base.len; i++)
		if (base.data[i] < 0x21 || base.data[i] > 0x7e)
			return false;
	return base.len > 0 && base.len <= UNIQUE_MAX && !slice_starts(base, HASHED);
}

/* Two keys for 128 bits. They are no secret: who makes names that collide does so to himself. */
int
unique_add(struct str *out, struct slice base)
{
	static const unsigned char keys[2][SIPHASH_KEY_OCTETS] = {
	    "pop3d unique 1.", "pop3d unique 2."};

	if (is_unique_id(base))
		return str_add_slice(out, base);
	return str_format(out, HASHED "%016llx%016llx", (unsigned long long)siphash(keys[0], base),
	    (unsigned long long)siphash(keys[1], base));
}
