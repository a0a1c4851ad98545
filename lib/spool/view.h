/* SPDX-License-Identifier: ISC */
/*
 * A message as somebody sees it who does not claim it: read as it stands, whole or not, while qrun
 * may be marking or removing it. Recipients are read one by one, so memory is bounded.
 */
#ifndef SPOOL_VIEW_H
#define SPOOL_VIEW_H

#include <stdbool.h>

#include "base/slice.h"
#include "spool/envelope.h"
#include "spool/message.h"
#include "spool/place.h"

#define VIEW_HEAD ((size_t)4096)    /* octets of the file that are read at once */
#define VIEW_WINDOW ((size_t)65536) /* octets of the envelope in memory */

enum view_result {
	VIEW_GOOD,
	VIEW_GONE,	 /* it is not there any more */
	VIEW_INCOMPLETE, /* its writer has not ended, or never will */
	VIEW_DAMAGED,
	VIEW_ERROR, /* errno says why */
};

struct view {
	int fd;
	bool is_locked;	      /* somebody has claimed it, or still writes it */
	uint64_t size;	      /* of the file, octets; of a cell without what is left in it */
	char head[VIEW_HEAD]; /* of most messages, all that is asked for */
	size_t head_length;
	struct message_header header;
	struct envelope envelope; /* its slices point into window, until view_next */
	char window[VIEW_WINDOW];
	size_t start, end; /* unread: window[start..end) */
	size_t read;	   /* octets of the envelope read into the window so far */
	bool has_moved;	   /* the window does not begin with the envelope any more */
	size_t recipient;  /* index of the next */
	char state[MESSAGE_STATE_SIZE];
};

/*
 * A descriptor of the message, whose beginning the kernel is asked to read meanwhile; or a number
 * below zero, which tells view_open why there is none.
 */
int view_prepare(const struct place *place, const struct place_entry *entry);

/*
 * PREPARED belongs to the view from here on. To be closed whatever the result. size and is_locked
 * are set but for VIEW_GONE and _ERROR.
 */
enum view_result view_open(struct view *v, int prepared, const struct place_entry *entry);
void view_close(struct view *v);

/*
 * The next recipient and its state, whose slices hold until the next call. False behind the last,
 * or where the envelope is damaged: then fewer than header.recipients came.
 */
bool view_next(struct view *v, struct envelope_recipient *r, struct recipient_state *state);

/*
 * Back to the first recipient, with the envelope as view_open gave it. False where it cannot be
 * read any more.
 */
bool view_rewind(struct view *v);

#endif
