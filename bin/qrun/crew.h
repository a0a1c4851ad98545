/* SPDX-License-Identifier: ISC */
/*
 * The worker processes, for the two parts that deal with them: who gets a task (assign.c), and what
 * comes back (workers.c).
 */
#ifndef QRUN_CREW_H
#define QRUN_CREW_H

#include "launcher.h"
#include "qrun.h"

struct worker {
	pid_t pid;
	int fd;
	enum worker_kind kind;
	char *user;
	struct destination *last; /* whom it served last */
	struct destination *turn; /* whose connection it has; null for most */
	struct task *first, *end; /* what it was told and has not done; null: idle */
	size_t count, weight;	  /* of these */
	int64_t until_ms;	  /* monotonic: busy, when it hangs; idle, when it is not needed */
	bool broken;		  /* to be ended */
	bool is_slow;		  /* it gave tasks back, and has not done one since */
};

struct workers {
	struct launcher *launcher;
	struct worker *list;
	size_t count, room;
	size_t of_kind[2];
	uint64_t next_number;
	char *buf; /* of one packet */
};

/*
 * Ends a worker that is idle, and forgets it. One that delivers runs as somebody else, who could
 * let it linger; nothing is lost by killing it. One that sends may have to say QUIT.
 */
void crew_dismiss(struct workers *w, struct worker *worker);
/* Sets until_ms, as it has tasks or not. */
void crew_set_deadline(const struct qrun *q, struct worker *worker);
/* TASK is one of its tasks, and it has no more to do with it. */
void crew_take_task(const struct qrun *q, struct worker *worker, struct task *task);

#endif
