/* SPDX-License-Identifier: ISC */
/* What is to be done at which step, as --at says: STEP=ACTION[@WHEN]. */
#ifndef STEPS_H
#define STEPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

struct step;

struct steps {
	struct step *list;
	uint64_t random; /* state of the generator; set by the caller, not 0 */
};

/* TEXT is not copied. 0, or -1: ENOMEM, or EINVAL for what is no STEP=ACTION. */
int steps_add(struct steps *s, const char *text);
void steps_free(struct steps *s);
/* True if there is an action for STEP, whenever. */
bool steps_knows(const struct steps *s, const char *step);
/* Counts that STEP has come. True if something is to be done now: ACTION. */
bool steps_take(struct steps *s, const char *step, struct slice *action);

#endif
