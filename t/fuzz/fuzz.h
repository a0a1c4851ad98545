/* SPDX-License-Identifier: ISC */
/*
 * What the fuzz targets share. Each is one file, which libFuzzer calls with bytes of its making; a
 * rule that does not hold ends it, as does what the sanitizers find. t/fuzz/run builds and runs.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/slice.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Ends the program where a rule does not hold; unlike assert(3) it is always there. */
#define must(rule) ((rule) ? (void)0 : must_fail(__FILE__, __LINE__, #rule))

_Noreturn static inline void
must_fail(const char *file, int line, const char *rule)
{
	fprintf(stderr, "%s:%d: %s\n", file, line, rule);
	abort();
}

/* The bytes before the first MARK, taken off *REST; all of them where there is none. */
static inline struct slice
part(struct slice *rest, char mark)
{
	struct slice one = slice_of(NULL);

	(void)slice_take(rest, mark, &one);
	return one;
}

#endif
