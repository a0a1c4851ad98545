/* SPDX-License-Identifier: ISC */
/* What qrun does until it ends: finds work, gives it to workers, hears them, and is told things. */
#ifndef QRUN_LOOP_H
#define QRUN_LOOP_H

#include <poll.h>

#include "control.h"
#include "progress.h"
#include "qrun.h"
#include "scan.h"
#include "trigger.h"

struct loop {
	struct scan scan;
	struct trigger trigger;
	struct control_socket control;
	int signal_fd;
	int64_t next_tick, next_look; /* monotonic, ms */
	int64_t stopping_since;	      /* the same */
	pid_t root;		      /* the process that passes signals on (root.h), or 0 */
	bool is_told, is_told_by_root;
	/* of a pass in the background, the same: since when it has nothing to do, and what for it
	 * stays */
	int64_t idle_since, takes_until;
	int rescans;
	struct progress progress;
	struct pollfd *fds;
	size_t fds_room;
};

/* What every loop needs; the trigger and the control socket are its owner's to open. 0, or -1. */
int loop_open(struct loop *l, const struct qrun *q);
/* One pass, or with is_watching until a signal. */
void loop_run(struct loop *l, struct qrun *q);
void loop_close(struct loop *l, struct qrun *q);

#endif
