/* SPDX-License-Identifier: ISC */
#include "base/siphash.h"

#include <stddef.h>

struct state {
	uint64_t a, b, c, d;
};

static uint64_t
rotate(uint64_t word, unsigned bits)
{
	return word << bits | word >> (64 - bits);
}

static void
mix(struct state *s, unsigned rounds)
{
	while (rounds-- > 0) {
		s->a += s->b;
		s->b = rotate(s->b, 13) ^ s->a;
		s->a = rotate(s->a, 32);
		s->c += s->d;
		s->d = rotate(s->d, 16) ^ s->c;
		s->a += s->d;
		s->d = rotate(s->d, 21) ^ s->a;
		s->c += s->b;
		s->b = rotate(s->b, 17) ^ s->c;
		s->c = rotate(s->c, 32);
	}
}

/* Up to eight octets, the first one lowest. */
static uint64_t
word_of(const unsigned char *octets, size_t count)
{
	uint64_t word = 0;

	while (count-- > 0)
		word = word << 8 | octets[count];
	return word;
}

uint64_t
siphash(const unsigned char key[SIPHASH_KEY_OCTETS], struct slice bytes)
{
	const unsigned char *octets = (const unsigned char *)bytes.data;
	uint64_t low = word_of(key, 8), high = word_of(key + 8, 8), word;
	struct state s = {
	    low ^ UINT64_C(0x736f6d6570736575),
	    high ^ UINT64_C(0x646f72616e646f6d),
	    low ^ UINT64_C(0x6c7967656e657261),
	    high ^ UINT64_C(0x7465646279746573),
	};
	size_t left = bytes.len;

	for (; left >= 8; left -= 8, octets += 8) {
		word = word_of(octets, 8);
		s.d ^= word;
		mix(&s, 2);
		s.a ^= word;
	}
	word = (uint64_t)bytes.len << 56 | word_of(octets, left);
	s.d ^= word;
	mix(&s, 2);
	s.a ^= word;
	s.c ^= 0xff;
	mix(&s, 4);
	return s.a ^ s.b ^ s.c ^ s.d;
}
