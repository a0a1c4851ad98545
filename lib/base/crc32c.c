/* SPDX-License-Identifier: ISC */
#include "base/crc32c.h"

#include <string.h>

#define POLYNOMIAL 0x82f63b78u /* 0x1edc6f41, bits reversed */

#if defined(__x86_64__)
#include <nmmintrin.h>

__attribute__((target("sse4.2"))) static uint32_t
update_with_instruction(uint32_t crc, const unsigned char *at, size_t len)
{
	uint64_t wide = crc;

	for (; len >= 8; at += 8, len -= 8) {
		uint64_t word;

		memcpy(&word, at, sizeof word);
		wide = _mm_crc32_u64(wide, word);
	}
	crc = (uint32_t)wide;
	for (; len > 0; at++, len--)
		crc = _mm_crc32_u8(crc, *at);
	return crc;
}
#endif

/* One bit at a time needs no table; it serves machines without the instruction. */
static uint32_t
update_by_bits(uint32_t crc, const unsigned char *at, size_t len)
{
	for (; len > 0; at++, len--) {
		crc ^= *at;
		for (int bit = 0; bit < 8; bit++)
			crc = (crc >> 1) ^ (POLYNOMIAL & -(crc & 1));
	}
	return crc;
}

uint32_t
crc32c(uint32_t crc, const void *data, size_t len)
{
	crc = ~crc;
#if defined(__x86_64__)
	if (__builtin_cpu_supports("sse4.2"))
		return ~update_with_instruction(crc, data, len);
#endif
	return ~update_by_bits(crc, data, len);
}
