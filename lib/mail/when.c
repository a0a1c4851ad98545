/* SPDX-License-Identifier: ISC */
#include "mail/when.h"

#include <time.h>

#define TIME_MAX INT64_C(253402300799) /* the end of the year 9999 */
#define YEAR_FIRST 1970
#define DAY_SECONDS 86400
#define CENTURIES ((uint64_t)10000000000) /* of seconds: no sum of these is too large */
#define PARTS_MAX 8			  /* of a duration */

/* Takes COUNT digits, up to MAX. */
static bool
take_digits(struct slice *rest, size_t count, uint64_t max, int *number)
{
	uint64_t value;

	if (rest->len < count || !slice_number(slice_make(rest->data, count), max, &value))
		return false;
	*number = (int)value;
	*rest = slice_skip(*rest, count);
	return true;
}

static bool
take_octet(struct slice *rest, char c)
{
	if (rest->len == 0 || rest->data[0] != c)
		return false;
	*rest = slice_skip(*rest, 1);
	return true;
}

/* "07:00" or "07:00:30" */
static bool
take_time(struct slice *rest, struct tm *tm)
{
	tm->tm_sec = 0;
	if (!take_digits(rest, 2, 23, &tm->tm_hour) || !take_octet(rest, ':') ||
	    !take_digits(rest, 2, 59, &tm->tm_min))
		return false;
	return !take_octet(rest, ':') || take_digits(rest, 2, 59, &tm->tm_sec);
}

/* A number and s, m, h, d or w. */
static bool
take_part(struct slice *rest, uint64_t *seconds)
{
	static const char units[] = "smhdw";
	static const uint64_t lengths[] = {1, 60, 3600, DAY_SECONDS, 7 * DAY_SECONDS};
	size_t digits = 0, unit;
	uint64_t number;

	while (digits < rest->len && ascii_is_digit(rest->data[digits]))
		digits++;
	if (digits == rest->len ||
	    !slice_number(slice_make(rest->data, digits), CENTURIES, &number))
		return false;
	unit = slice_find(slice_of(units), rest->data[digits]);
	if (unit == sizeof units - 1)
		return false;
	*seconds += number * lengths[unit];
	*rest = slice_skip(*rest, digits + 1);
	return true;
}

static bool
read_duration(struct slice text, int64_t now, int64_t *seconds)
{
	uint64_t length = 0;

	for (int i = 0; text.len > 0; i++)
		if (i == PARTS_MAX || !take_part(&text, &length))
			return false;
	*seconds = now + (int64_t)length;
	return true;
}

/* The next such time, which is tomorrow's if that of today has gone. */
static bool
read_time_of_day(struct slice text, int64_t now, int64_t *seconds)
{
	time_t moment = (time_t)now;
	struct tm today, wanted;

	if (localtime_r(&moment, &today) == NULL)
		return false;
	wanted = today;
	if (!take_time(&text, &wanted) || text.len > 0)
		return false;
	wanted.tm_isdst = -1;
	*seconds = mktime(&wanted);
	if (*seconds > now)
		return true;
	wanted = (struct tm){.tm_year = today.tm_year,
	    .tm_mon = today.tm_mon,
	    .tm_mday = today.tm_mday + 1,
	    .tm_hour = wanted.tm_hour,
	    .tm_min = wanted.tm_min,
	    .tm_sec = wanted.tm_sec,
	    .tm_isdst = -1};
	*seconds = mktime(&wanted);
	return true;
}

static bool
take_date(struct slice *rest, struct tm *tm)
{
	int day;

	if (!take_digits(rest, 4, 9999, &tm->tm_year) || tm->tm_year < YEAR_FIRST ||
	    !take_octet(rest, '-') || !take_digits(rest, 2, 12, &tm->tm_mon) ||
	    !take_octet(rest, '-') || !take_digits(rest, 2, 31, &day) || tm->tm_mon == 0 ||
	    day == 0)
		return false;
	tm->tm_year -= 1900;
	tm->tm_mon--;
	tm->tm_mday = day;
	return true;
}

/* Behind date and time: "Z" or "+01:00", and nothing else. */
static bool
read_zone(struct slice rest, int *east)
{
	bool is_west = rest.len > 0 && rest.data[0] == '-';
	int hours, minutes;

	*east = 0;
	if (slice_is_nocase(rest, "Z"))
		return true;
	if ((!take_octet(&rest, '+') && !take_octet(&rest, '-')) ||
	    !take_digits(&rest, 2, 23, &hours))
		return false;
	(void)take_octet(&rest, ':');
	if (!take_digits(&rest, 2, 59, &minutes) || rest.len > 0)
		return false;
	*east = (hours * 60 + minutes) * 60;
	if (is_west)
		*east = -*east;
	return true;
}

static bool
read_date(struct slice text, int64_t *seconds)
{
	struct tm tm = {.tm_isdst = -1};
	int day, east;

	if (!take_date(&text, &tm))
		return false;
	day = tm.tm_mday;
	if (text.len > 0) {
		if ((!take_octet(&text, 'T') && !take_octet(&text, 't') &&
			!take_octet(&text, ' ')) ||
		    !take_time(&text, &tm))
			return false;
		if (text.len > 0 && !read_zone(text, &east))
			return false;
	}
	*seconds = text.len > 0 ? timegm(&tm) - east : mktime(&tm);
	return tm.tm_mday == day; /* else there is no such day in that month */
}

bool
when_read(struct slice text, int64_t now, int64_t *seconds)
{
	int64_t result;

	if (text.len == 0 ||
	    (!read_duration(text, now, &result) && !read_time_of_day(text, now, &result) &&
		!read_date(text, &result)))
		return false;
	if (result < 0 || result > TIME_MAX)
		return false;
	*seconds = result;
	return true;
}
