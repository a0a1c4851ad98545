/* SPDX-License-Identifier: ISC */
/*
 * Claims on messages (spool(5), CLAIMS), and what only the holder of one may do: read the envelope,
 * mark recipients, move and remove the file.
 */
#ifndef SPOOL_CLAIM_H
#define SPOOL_CLAIM_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"
#include "base/str.h"
#include "spool/envelope.h"
#include "spool/message.h"
#include "spool/spool.h"

enum claim_result {
	CLAIM_TAKEN,
	CLAIM_BUSY,	  /* somebody else holds it */
	CLAIM_GONE,	  /* the name does not lead to it any more, or never did */
	CLAIM_INCOMPLETE, /* its writer did not end, or has just begun; a cell: it is free */
	CLAIM_FINISHED,	  /* a cell whose message was finished before: it has been emptied */
	CLAIM_CORRUPT,	  /* a check of spool(5) failed */
	CLAIM_ERROR,	  /* errno says why */
};

struct claim {
	int fd;	       /* locked; never given to a child */
	int directory; /* where the name stands; not owned */
	char name[ID_SIZE];
	int cell;		   /* its number; -1 for what is in no cell */
	const struct spool *spool; /* of a cell; not owned */
	struct message_header header;
	struct str text;	  /* of the envelope */
	struct envelope envelope; /* points into text */
	char *states;		  /* header.recipients times MESSAGE_STATE_SIZE, owned */
	bool dirty;		  /* marks were written that are not synced */
};

/* The lock of a claim on FD; WAIT for it, or fail with EAGAIN. 0 or -1 with errno. */
int claim_lock(int fd, bool wait);

/*
 * Claims the message ID in DIRECTORY (a descriptor that must outlive the claim). Does not wait. The
 * file must be regular, ours, and have one link. With CHECK_SUM the message's checksum is compared
 * too, which reads all of it. With CLAIM_CORRUPT the file is locked as well, unless it is none that
 * could be; whatever else the result but CLAIM_TAKEN, nothing is held afterwards.
 */
enum claim_result claim_take(struct claim *c, int directory, const char *id, bool check_sum);
/*
 * The same for the message in CELL of S, which must outlive the claim. CHECK_SUM unless the trigger
 * told of it: it then waits until the message is written. With CLAIM_CORRUPT, header.id is the id
 * as far as it could be read, else "".
 */
enum claim_result claim_take_cell(struct claim *c, const struct spool *s, int cell, bool check_sum);
/* Lets go, without change; of nothing, too. */
void claim_release(struct claim *c);

/* The state of RECIPIENT; its reply points into the claim. */
void claim_state(const struct claim *c, size_t recipient, struct recipient_state *state);
/* Changes it in memory alone, for a file that is about to go. */
void claim_note(struct claim *c, size_t recipient, const struct recipient_state *state);
/* Writes it in place, not synced. 0, or -1 with errno. */
int claim_mark(struct claim *c, size_t recipient, const struct recipient_state *state);
/* Makes the marks durable. 0, or -1 with errno. */
int claim_sync(struct claim *c);

/* A read-only descriptor of its own for a worker, close-on-exec; -1 with errno. */
int claim_open_for_reading(const struct claim *c);

/*
 * Removes the file, or empties the cell, and lets go. 0, or -1 with errno: then it keeps what was
 * noted. A cell may be offered to others after cell_sync.
 */
int claim_remove(struct claim *c);
/*
 * Removes ID if it still is CLAIM_INCOMPLETE once nobody else holds it. The lock matters: its
 * writer may have made it this moment. CLAIM_INCOMPLETE: it is gone now; else nothing was done, and
 * as for claim_take.
 */
enum claim_result claim_remove_incomplete(int directory, const char *id);
/*
 * Moves it into DIRECTORY, under its id, and lets go; a cell goes with it. 0, or -1 with errno:
 * then it is where it was, and still claimed. A name that stands there already is EEXIST.
 */
int claim_move(struct claim *c, int directory);

#endif
