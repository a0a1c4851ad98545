/* SPDX-License-Identifier: ISC */
/*
 * The worker processes: kept from task to task, given to the destination that they served last
 * where possible, told several tasks ahead where many wait, ended when they are idle for long or
 * hang. A worker that breaks the protocol or dies loses its tasks, whose recipients without an
 * answer are told so.
 */
#ifndef QRUN_WORKERS_H
#define QRUN_WORKERS_H

#include <poll.h>

#include "launcher.h"
#include "qrun.h"
#include "spool/job.h"

struct workers;

struct workers *workers_open(struct qrun *q, struct launcher *launcher);
/* Ends all: closes their sockets; those that are our children are waited for. */
void workers_close(struct workers *w);

/*
 * Gives TASK to a worker, started if need be. 1; 0 if as many as may run are busy; -1 if none can
 * be started or the job cannot be told: then the answers have been given (recipient_answer).
 */
int workers_give(struct qrun *q, struct task *task);
/*
 * A worker for D, which is a turn, with the connection FD, told as RELAY; the worker gets a
 * duplicate of it. 0, or -1 with PROBLEM, or with errno where that is empty.
 */
int workers_begin_turn(
    struct qrun *q, struct destination *d, int fd, struct slice relay, struct str *problem);
/* Lets it say QUIT. */
void workers_end_turn(struct qrun *q, struct destination *d);
/*
 * True where D has to wait, as those that may hang have all workers but the quarter (one at least,
 * of several) that is kept for others.
 */
bool workers_are_kept(const struct qrun *q, const struct destination *d);
/* How many have something to do. */
size_t workers_busy(const struct workers *w);
/* How many descriptors there are to poll, and their list, filled in. */
size_t workers_poll(struct workers *w, struct pollfd *fds, size_t max);
/* True while there are some, or some that have not been reaped. */
bool workers_need_checks(const struct workers *w);
/* Takes what the workers have said, as poll reported it in FDS. */
void workers_hear(struct qrun *q, const struct pollfd *fds, size_t count);
/* What workers of other users say, which is theirs to choose, goes to the log as such. */
int workers_words_fd(const struct workers *w);
void workers_overhear(struct workers *w);
/* DESTINATION will be freed. */
void workers_forget_destination(struct workers *w, const struct destination *destination);
/* Ends those that hang or are not needed; reaps children. */
void workers_check(struct qrun *q);

#endif
