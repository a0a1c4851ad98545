/* SPDX-License-Identifier: ISC */
/*
 * When to try again (RFC 5321, 4.5.4.1). Pure decisions. The interval to the next attempt is the
 * age of the message, but no shorter and no longer than two settings: so it doubles from one
 * attempt to the next and needs no counter. A tenth is added or taken at random, that messages of
 * one moment do not come back at one moment. All times are seconds since 1970.
 */
#ifndef SPOOL_SCHEDULE_H
#define SPOOL_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>

#define SCHEDULE_NAME_SIZE 16 /* of a slot's directory name, with its NUL */

struct schedule {
	int64_t minimum, maximum; /* seconds between attempts; minimum is at least 1 */
	int64_t lifetime;	  /* seconds */
	int64_t delay_notice;	  /* seconds; 0 for never */
};

/* RANDOM is any value. The result is later than NOW and rounded up to a slot. */
int64_t schedule_next(const struct schedule *s, int64_t arrival, int64_t now, uint32_t random);
/* True when an undelivered message has lived long enough to be returned. */
bool schedule_is_expired(const struct schedule *s, int64_t arrival, int64_t now);
bool schedule_wants_notice(const struct schedule *s, int64_t arrival, int64_t now);

/*
 * The time that age is counted from, of a message that came at ARRIVAL and was held until RELEASE
 * (0 for not at all; RFC 4865). One that somebody released before that has no age until then.
 */
int64_t schedule_origin(int64_t arrival, int64_t release, int64_t now);
/* True if it is still held. */
bool schedule_is_held(int64_t release, bool was_released, int64_t now);
/*
 * A time to try again that does not miss BY (0 for none; RFC 2852), where what is late has to be
 * returned or told of: DUE, or BY if that comes before.
 */
int64_t schedule_by(int64_t due, int64_t by, int64_t now);

/* WHEN, a time that a sender named, rounded up to a slot: by less than a minute. */
int64_t schedule_round(int64_t when, int64_t now);

/*
 * What is ready at SINCE (ms, of any clock) with PRIORITY (RFC 6710, -9 to 9) takes its place
 * by its rank, the lowest first. A priority is worth some time, so nothing waits for ever.
 */
int64_t schedule_rank(int64_t since, int priority);

/* The directory below deferred/ for what falls due at WHEN, and back; -1 for a name that is none.
 */
void schedule_slot_name(char name[SCHEDULE_NAME_SIZE], int64_t when);
int64_t schedule_slot_time(const char *name);

#endif
