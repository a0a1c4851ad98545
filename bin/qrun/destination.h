/* SPDX-License-Identifier: ISC */
/*
 * Destinations: where tasks queue up, how many of them run at once, and which destination is served
 * next (round robin among those that are ready).
 */
#ifndef QRUN_DESTINATION_H
#define QRUN_DESTINATION_H

#include "qrun.h"

#define DESTINATION_TEXT_MAX 2048 /* octets of what is kept of a reply */

/* The destination for ROUTE, made if it is new; null with ENOMEM. ROUTE is of a kind that has one.
 */
struct destination *destination_of(struct qrun *q, const struct route *route);
/* One that nobody knows of, with nothing known of it: to be freed; null with ENOMEM. */
struct destination *destination_make(const struct qrun *q, const struct route *route);
void destination_free(struct destination *d);
/* A new one for a connection that was handed over; null with ENOMEM. */
struct destination *destination_make_turn(struct qrun *q);
/* Puts a task behind the others. */
void destination_add(struct qrun *q, struct task *task);
/*
 * How many tasks a worker of it is told ahead, the one at work counted. Once a task has succeeded,
 * a worker that delivers takes all that waits at once and lets it share the syncs, and one that
 * sends has the next at hand, so that message follows message; it is told more where that is fast.
 */
size_t destination_depth(const struct qrun *q, const struct destination *d);
/*
 * True where a system user, or a program of an alias, says how long a delivery takes, and was slow
 * or is not known.
 */
bool destination_may_hang(const struct qrun *q, const struct destination *d);
/* A delivery took MS. */
void destination_note_pace(struct destination *d, int64_t ms);
/* True if its server takes a message within a moment. */
bool destination_is_fast(const struct destination *d);
/* True if its mail, or too much of it, would take the room of others: it is slow, or not known yet.
 */
bool destination_is_slow(const struct qrun *q, const struct destination *d);
/* Takes the next task for a worker of KIND that may run now; null if there is none. */
struct task *destination_next_task(struct qrun *q, enum worker_kind kind);
/* Puts a task back, to be the next again: no worker could be had for it. */
void destination_put_back(struct qrun *q, struct task *task);
/* The same, but its workers have enough to do: it is not tried again before one is done. */
void destination_set_aside(struct qrun *q, struct task *task);
/* The same, and none of its tasks is tried before UNTIL_MS (monotonic). */
void destination_rest(struct qrun *q, struct task *task, int64_t until_ms);
/* Those whose rest is over stand in line again. */
void destinations_wake(struct qrun *q, int64_t now_ms);
/* A delivery succeeded, at RELAY and under TLS; the first of a day, and other TLS, are recorded. */
void destination_note_success(
    struct qrun *q, struct destination *d, struct slice relay, struct slice tls);
/* What is said of a host that could not be reached, kept for those who are not tried at all. */
void destination_note_failure(
    struct destination *d, struct slice code, struct slice relay, struct slice reply);
/*
 * A task is over. The window grows with successes (spool/window.h); when the host could
 * not be reached it is halved, and the destination is left alone for a time, twice as long with
 * each failure.
 */
void destination_succeeded(struct qrun *q, struct destination *d);
void destination_failed(struct qrun *q, struct destination *d);
/*
 * The host said that it is too much: its window shrinks. True if it says so to a single worker
 * again and again, and so counts as out of reach.
 */
bool destination_refused(struct qrun *q, struct destination *d);
/* Neither: the task said nothing about the host. */
void destination_finished(struct qrun *q, struct destination *d);
/* True while it is to be left alone. */
bool destination_is_dead(const struct qrun *q, const struct destination *d);
/* Somebody asked at WHEN for another attempt: what was found out before does not count. */
void destination_forgive(struct qrun *q, struct destination *d, int64_t when);
/*
 * Forgets those that nothing has been queued for in a while, also if they are out of reach, as long
 * as hosts/ says so: a million domains may be.
 */
void destination_free_idle(struct qrun *q);
/* Replaces TEXT, cut to what is kept. */
void destination_keep(struct str *text, struct slice value);
/* True if ROUTE is delivered as another user than the spool's owner, where root starts qrun. */
bool destination_is_users(const struct route *route);
void destination_free_all(struct qrun *q);

#endif
