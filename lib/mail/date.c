/* SPDX-License-Identifier: ISC */
#include "mail/date.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

int
date_add(struct str *out, int64_t seconds)
{
	static const char days[][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
	static const char months[][4] = {
	    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	time_t when = (time_t)seconds;
	struct tm t;
	long zone;

	if (localtime_r(&when, &t) == NULL) {
		errno = EOVERFLOW;
		return -1;
	}
	zone = t.tm_gmtoff / 60;
	return str_format(out, "%s, %d %s %d %02d:%02d:%02d %c%02ld%02ld", days[t.tm_wday],
	    t.tm_mday, months[t.tm_mon], t.tm_year + 1900, t.tm_hour, t.tm_min, t.tm_sec,
	    zone < 0 ? '-' : '+', labs(zone) / 60, labs(zone) % 60);
}
