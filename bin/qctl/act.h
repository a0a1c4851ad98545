/* SPDX-License-Identifier: ISC */
/*
 * One verb at work on messages. Each is claimed first, so nothing is taken from under a delivery;
 * what was done to some is made durable together, and said after that.
 */
#ifndef QCTL_ACT_H
#define QCTL_ACT_H

#include <stdio.h>

#include "base/clock.h"
#include "spool/claim.h"
#include "spool/spool.h"
#include "spool/submit.h"
#include "spool/survey.h"
#include "verbs.h"

#define ACT_TOGETHER 1024 /* messages that are made durable at once */

struct act {
	const struct wish *wish;
	const struct verb *verb;
	struct spool spool;
	struct survey survey;
	int target; /* directory, -1 for none */
	struct str note, why;
	struct str said;	 /* lines about what is not durable yet */
	size_t count;		 /* of these lines */
	int cells[ACT_TOGETHER]; /* emptied, and not offered yet */
	size_t cell_count;
	char (*busy)[ID_SIZE]; /* in somebody's hands, to be tried again */
	size_t busy_count;
	bool is_again; /* these are tried */
	struct submit submit;
	int64_t asked_at; /* when it was counted, microseconds since 1970; 0: nobody was asked */
	uint64_t done;
	int code;
};

/* What the verbs of the table do. */
enum deed deed_hold(struct act *a, const struct place *place, struct claim *claim);
enum deed deed_release(struct act *a, const struct place *place, struct claim *claim);
enum deed deed_retry(struct act *a, const struct place *place, struct claim *claim);
enum deed deed_bounce(struct act *a, const struct place *place, struct claim *claim);
enum deed deed_delete(struct act *a, const struct place *place, struct claim *claim);
enum deed deed_redirect(struct act *a, const struct place *place, struct claim *claim);
enum deed deed_resubmit(struct act *a, const struct place *place, struct claim *claim);

/* True if the recipient of that address waits, and is one of those that this is about. */
bool deed_is_about(
    const struct act *a, const struct envelope_recipient *r, const struct recipient_state *state);
/*
 * Marks those whom this is about as STATUS with the last reply REPLY, durably. How many, or -1 with
 * errno: then all of them are marked in memory alone.
 */
int64_t deed_mark(
    struct act *a, struct claim *claim, enum recipient_status status, const char *reply);
/*
 * Removes a message of which nothing more is to be said to anybody, which does even where its marks
 * could not be written; leaves another as it is, which then has failed unless it IS_MARKED.
 */
enum deed deed_leave(struct act *a, struct claim *claim, bool is_marked);
enum deed deed_refuse(struct act *a, enum deed deed, const char *why);

/* A line on standard error about one message, and the exit code. */
void act_fail(struct act *a, int code, const char *id, const char *why);

/* ask.c: shows what would be done. */
void ask_show(struct act *a);
/* Whether it is to be done to so many, after a question where there is somebody to answer it. */
bool ask_first(struct act *a);

#endif
