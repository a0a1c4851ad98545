/* SPDX-License-Identifier: ISC */
#ifndef BASE_SIPHASH_H
#define BASE_SIPHASH_H

#include <stdint.h>

#include "base/slice.h"

#define SIPHASH_KEY_OCTETS 16

/* SipHash-2-4 (Aumasson and Bernstein): who does not know KEY cannot aim at what it gives. */
uint64_t siphash(const unsigned char key[SIPHASH_KEY_OCTETS], struct slice bytes);

#endif
