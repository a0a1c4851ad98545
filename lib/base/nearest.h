/* SPDX-License-Identifier: ISC */
/*
 * Which of some words a person may have meant who wrote one that is none of them: "did you mean
 * ...?". Nothing here allocates or blocks.
 */
#ifndef BASE_NEAREST_H
#define BASE_NEAREST_H

#include "base/slice.h"

struct nearest {
	struct slice asked;
	struct slice found; /* empty while nothing is near enough */
	size_t distance;    /* of what was found */
};

void nearest_begin(struct nearest *n, struct slice asked);
/* WORD is kept if it is nearer than what was offered before; it is not copied. */
void nearest_offer(struct nearest *n, struct slice word);

#endif
