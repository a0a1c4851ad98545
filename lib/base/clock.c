/* SPDX-License-Identifier: ISC */
#include "base/clock.h"

#include <limits.h>
#include <time.h>

int64_t
clock_monotonic_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t
clock_wall_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t
clock_wall_seconds(void)
{
	return clock_wall_us() / 1000000;
}

deadline
deadline_in_ms(int64_t ms)
{
	return clock_monotonic_ms() + ms;
}

deadline
deadline_in_seconds(int64_t seconds)
{
	return deadline_in_ms(seconds * 1000);
}

int
deadline_poll_ms(deadline when)
{
	int64_t left;

	if (when == DEADLINE_NEVER)
		return -1;
	left = when - clock_monotonic_ms();
	if (left <= 0)
		return 0;
	return left > INT_MAX ? INT_MAX : (int)left;
}
