/* SPDX-License-Identifier: ISC */
/*
 * Every message of a selection, one after the other, as qstat and qctl look at them: nothing is
 * claimed, and what comes or goes meanwhile may be seen or not, but a message that is named is
 * found while it moves. Memory does not depend on how many there are, in the queue or on standard
 * input.
 */
#ifndef SPOOL_SURVEY_H
#define SPOOL_SURVEY_H

#include <stdbool.h>

#include "spool/place.h"
#include "spool/selection.h"
#include "spool/spool.h"
#include "spool/state.h"
#include "spool/view.h"

struct survey_message {
	const struct place *place;
	const struct place_entry *entry;
	struct view *view; /* open, before its first recipient; closed after the visit */
	enum view_result
	    result; /* VIEW_GOOD, _INCOMPLETE or _DAMAGED; the envelope is of the first */
	enum state state;
	int64_t arrival, age; /* seconds since 1970; seconds */
};

enum survey_trouble {
	SURVEY_NO_ID,	   /* NAME is no queue id */
	SURVEY_ABSENT,	   /* there is no message NAME, or it is in no place of KINDS */
	SURVEY_UNREADABLE, /* NAME, a path in the spool: errno says why */
};

struct survey {
	/* set by the caller */
	struct spool *spool; /* open */
	const struct selection *selection;
	char **ids; /* of id_count messages, "-" for those on standard input; none: of all */
	int id_count;
	unsigned kinds; /* of places, the sum of some */
	enum place_order order;
	int64_t now; /* seconds since 1970 */
	/* false: no more */
	bool (*visit)(void *context, const struct survey_message *m);
	/* the place just visited has no more for now; may be null */
	void (*leave)(void *context, const struct place *place);
	void (*complain)(void *context, enum survey_trouble trouble, const char *name);
	void *context;
};

/*
 * A message is visited once, though an id may come twice; those of up to 16 ids in the order of the
 * ids, otherwise in that of their places. 0, or -1 with errno and the spool's problem set.
 */
int survey_run(struct survey *s);

/*
 * The next recipient of M that the selection covers and that is not done (or is, with DONE_TOO).
 * False behind the last.
 */
bool survey_next(const struct survey *s, const struct survey_message *m, bool done_too,
    struct envelope_recipient *r, struct recipient_state *state);

#endif
