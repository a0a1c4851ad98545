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

int
date_add_utc(struct str *out, int64_t seconds)
{
	time_t when = (time_t)seconds;
	struct tm t;

	if (gmtime_r(&when, &t) == NULL) {
		errno = EOVERFLOW;
		return -1;
	}
	return str_format(out, "%04d-%02d-%02dT%02d:%02d:%02dZ", t.tm_year + 1900, t.tm_mon + 1,
	    t.tm_mday, t.tm_hour, t.tm_min, t.tm_sec);
}

/* Takes COUNT digits and the letter behind them (either case of it; NUL for none) off *text. */
static bool
take_digits(struct slice *text, size_t count, char behind, int *value)
{
	size_t len = count + (behind != '\0');
	uint64_t number;

	if (text->len < len || !slice_number(slice_make(text->data, count), 9999, &number) ||
	    (behind != '\0' && ascii_lower(text->data[count]) != behind))
		return false;
	*value = (int)number;
	*text = slice_skip(*text, len);
	return true;
}

/* "Z", or ".5Z". */
static bool
take_end(struct slice text, bool *has_fraction)
{
	*has_fraction = slice_starts(text, ".");
	if (*has_fraction) {
		size_t digits = 1;

		while (digits < text.len && ascii_is_digit(text.data[digits]))
			digits++;
		if (digits == 1)
			return false;
		text = slice_skip(text, digits);
	}
	return slice_is_nocase(text, "Z");
}

bool
date_read_utc(struct slice text, int64_t *seconds)
{
	struct tm t = {0}, normal;
	bool has_fraction;
	time_t when;

	if (!take_digits(&text, 4, '-', &t.tm_year) || !take_digits(&text, 2, '-', &t.tm_mon) ||
	    !take_digits(&text, 2, 't', &t.tm_mday) || !take_digits(&text, 2, ':', &t.tm_hour) ||
	    !take_digits(&text, 2, ':', &t.tm_min) || !take_digits(&text, 2, '\0', &t.tm_sec) ||
	    !take_end(text, &has_fraction))
		return false;
	t.tm_year -= 1900;
	t.tm_mon--;
	/* 60 is a leap second (RFC 3339, 5.7), which timegm counts as the next */
	if (t.tm_year < 70 || t.tm_hour > 23 || t.tm_min > 59 || t.tm_sec > 60)
		return false;
	normal = t;
	when = timegm(&normal);
	/* a 31st of November became a day of December */
	if (when == (time_t)-1 ||
	    (t.tm_sec < 60 && (normal.tm_mon != t.tm_mon || normal.tm_mday != t.tm_mday)) ||
	    t.tm_mon > 11 || t.tm_mon < 0)
		return false;
	*seconds = (int64_t)when + has_fraction;
	return true;
}
