/* SPDX-License-Identifier: ISC */
/*
 * Finding what is due: one walk through cells/ and new/, and one through the slots of deferred/
 * whose time has come, and behind that one through hold/, for what has become too old. Both go on
 * side by side, as far as there is room for more messages, and then
 * on from there; neither can take all the room from the other, nor from what the trigger names.
 */
#ifndef QRUN_SCAN_H
#define QRUN_SCAN_H

#include "qrun.h"
#include "walk.h"

struct scan {
	bool wants_cells; /* cells/ is still to be looked through, before new/ */
	bool wants_new;	  /* new/ is still to be looked through */
	bool wants_slots; /* deferred/ is still to be listed */
	bool wants_held;  /* hold/ is still to be listed */
	struct str held; /* folders of hold/ that are still to be looked through, NUL behind each */
	size_t held_at;
	int64_t *slots; /* due ones that are still to be looked through, latest first */
	size_t slot_count;
	struct walk of_new, of_slots;
	bool slots_turn; /* to admit the next message */
	size_t admitted; /* since scan_begin */
};

/* Asks for a walk; one that is under way is extended. Both together include hold/. */
void scan_begin(struct scan *s, bool with_new, bool with_slots);
bool scan_is_over(const struct scan *s);
/* True if scan_run would go on. */
bool scan_can_run(const struct scan *s, const struct qrun *q);
/* Admits messages until there is no more room or nothing more to find. */
void scan_run(struct scan *s, struct qrun *q);
void scan_free(struct scan *s, struct qrun *q);

#endif
