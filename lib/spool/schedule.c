/* SPDX-License-Identifier: ISC */
#include "spool/schedule.h"

#include <stdio.h>

#include "base/slice.h"

#define SLOT_DIGITS 12
#define SLOTS_AN_INTERVAL 16
#define ROUND_MAX 32
#define PRIORITY_MS ((int64_t)60000) /* that one level goes ahead of the next */

/* The largest power of two that is at most a sixteenth of the interval, and at least a second. */
static int64_t
slot_length(int64_t interval)
{
	int64_t length = 1;

	while (length * 2 <= interval / SLOTS_AN_INTERVAL)
		length *= 2;
	return length;
}

int64_t
schedule_next(const struct schedule *s, int64_t arrival, int64_t now, uint32_t random)
{
	int64_t interval = now - arrival, jitter, due, length;

	if (interval < s->minimum)
		interval = s->minimum;
	if (interval > s->maximum)
		interval = s->maximum;
	if (interval < 1)
		interval = 1;
	jitter = interval / 10;
	due = now + interval - jitter + (int64_t)(random % (uint64_t)(2 * jitter + 1));
	length = slot_length(interval);
	return (due + length - 1) / length * length;
}

bool
schedule_is_expired(const struct schedule *s, int64_t arrival, int64_t now)
{
	return now - arrival >= s->lifetime;
}

bool
schedule_wants_notice(const struct schedule *s, int64_t arrival, int64_t now)
{
	return s->delay_notice > 0 && now - arrival >= s->delay_notice;
}

int64_t
schedule_origin(int64_t arrival, int64_t release, int64_t now)
{
	int64_t origin = release < now ? release : now;

	return release == 0 || origin < arrival ? arrival : origin;
}

bool
schedule_is_held(int64_t release, bool was_released, int64_t now)
{
	return !was_released && release > now;
}

int64_t
schedule_by(int64_t due, int64_t by, int64_t now)
{
	return by > now && by < due ? schedule_round(by, now) : due;
}

int64_t
schedule_round(int64_t when, int64_t now)
{
	int64_t length = slot_length(when - now);

	if (length > ROUND_MAX)
		length = ROUND_MAX;
	return (when + length - 1) / length * length;
}

int64_t
schedule_rank(int64_t since, int priority)
{
	return since - priority * PRIORITY_MS;
}

void
schedule_slot_name(char name[SCHEDULE_NAME_SIZE], int64_t when)
{
	snprintf(
	    name, SCHEDULE_NAME_SIZE, "%0*lld", SLOT_DIGITS, (long long)(when % 1000000000000));
}

int64_t
schedule_slot_time(const char *name)
{
	struct slice text = slice_of(name);
	uint64_t when;

	if (text.len != SLOT_DIGITS || !slice_number(text, INT64_MAX, &when))
		return -1;
	return (int64_t)when;
}
