/* SPDX-License-Identifier: ISC */
/* What is happening to a message, in one word, for those who look at it and do not claim it. */
#ifndef SPOOL_STATE_H
#define SPOOL_STATE_H

#include <stdbool.h>

#include "base/slice.h"
#include "spool/place.h"
#include "spool/view.h"

/* Bits, so that several can be asked for. */
enum state {
	STATE_NEW = 1,	       /* not tried yet, or to be tried now */
	STATE_ACTIVE = 2,      /* claimed */
	STATE_DEFERRED = 4,    /* waits for its time */
	STATE_HELD = 8,	       /* until somebody releases it, or asks for its domain */
	STATE_ARRIVING = 16,   /* being written */
	STATE_INCOMPLETE = 32, /* its writer died */
	STATE_CORRUPT = 64,    /* set aside */
	STATE_DAMAGED = 128,   /* not set aside yet */
};

/* RESULT is view_open's for a message in PLACE, neither VIEW_GONE nor VIEW_ERROR. */
enum state state_of(const struct place *place, enum view_result result, const struct view *view);
/* "new", "active", … */
const char *state_word(enum state state);
/* The state of that name; false if there is none. */
bool state_read(struct slice word, enum state *state);

#endif
