/* SPDX-License-Identifier: ISC */
/*
 * Finding what is due: a walk through new/ and through the slots of deferred/ whose time has come,
 * as far as there is room for more messages, and then on from there.
 */
#ifndef QRUN_SCAN_H
#define QRUN_SCAN_H

#include <dirent.h>

#include "qrun.h"

struct scan {
	bool wants_new;	  /* new/ is still to be looked through */
	bool wants_slots; /* deferred/ is still to be listed */
	int64_t *slots;	  /* due ones that are still to be looked through, latest first */
	size_t slot_count;
	DIR *dir; /* what is being looked through; null for nothing */
	struct folder *folder;
	size_t admitted; /* since scan_begin */
};

/* Asks for a walk; one that is under way is extended. */
void scan_begin(struct scan *s, bool with_new, bool with_slots);
bool scan_is_over(const struct scan *s);
/* Admits messages until there is no more room or nothing more to find. */
void scan_run(struct scan *s, struct qrun *q);
void scan_free(struct scan *s, struct qrun *q);

#endif
