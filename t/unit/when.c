/* SPDX-License-Identifier: ISC */
#include "mail/when.h"

#include <stdlib.h>
#include <time.h>

#include "tap.h"

#define NOW INT64_C(1795354200) /* 2026-11-22T13:30:00Z, in Berlin 14:30 */

static const struct {
	const char *text;
	int64_t seconds; /* -1: none; in Berlin */
} cases[] = {
    {"90s", NOW + 90},
    {"15m", NOW + 900},
    {"2h", NOW + 7200},
    {"3d", NOW + 3 * 86400},
    {"1w", NOW + 7 * 86400},
    {"1h30m", NOW + 5400},
    {"0s", NOW},
    {"14:31", NOW + 60},
    {"14:30", NOW + 86400},
    {"14:30:01", NOW + 1},
    {"07:00", 1795413600},
    {"2026-11-22T13:30:00Z", NOW},
    {"2026-11-22t13:30z", NOW},
    {"2026-11-22T14:30", NOW},
    {"2026-11-22 14:30:05", NOW + 5},
    {"2026-11-22T14:30:00+01:00", NOW},
    {"2026-11-22T08:30:00-0500", NOW},
    {"2026-11-23", 1795388400},
    {"2026-07-01T12:00", 1782900000}, /* in summer */
    {"2028-02-29T00:00Z", 1835395200},
    {"1970-01-01T00:00Z", 0},
    {"", -1},
    {"90", -1},
    {"s", -1},
    {"-1h", -1},
    {"1h ", -1},
    {"1x", -1},
    {"1h30", -1},
    {"1s1s1s1s1s1s1s1s1s", -1},
    {"99999999999s", -1},
    {"10000000000w", -1},
    {"24:00", -1},
    {"7:00", -1},
    {"07:60", -1},
    {"07:00x", -1},
    {"07", -1},
    {"2026-11-22T", -1},
    {"2026-11-31", -1},
    {"2027-02-29T00:00Z", -1},
    {"2026-13-01", -1},
    {"2026-00-01", -1},
    {"2026-11-00", -1},
    {"1969-12-31T23:59:59Z", -1},
    {"1970-01-01T00:00+01:00", -1},
    {"2026-11-22T07:00+1", -1},
    {"2026-11-22T07:00Zx", -1},
    {"tomorrow", -1},
};

int
main(void)
{
	if (setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1) == -1)
		return 1;
	tzset();
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		int64_t seconds = -1;

		(void)when_read(slice_of(cases[i].text), NOW, &seconds);
		tap_ok(
		    seconds == cases[i].seconds, "'%s': %lld", cases[i].text, (long long)seconds);
	}
	return tap_done();
}
