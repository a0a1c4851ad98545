/* SPDX-License-Identifier: ISC */
#include "stamp.h"

#include <string.h>
#include <time.h>

#include "spool/selection.h"

#define TAI_EPOCH ((UINT64_C(1) << 62) + 10) /* what TAI64 calls 1970, as multilog counts */
#define DAY 86400

struct moment {
	int year, month, day, hour, minute, second;
};

/* Exactly COUNT digits off the front. */
static bool
take_digits(struct slice *s, size_t count, int *value)
{
	int n = 0;

	if (s->len < count)
		return false;
	for (size_t i = 0; i < count; i++) {
		if (!ascii_is_digit(s->data[i]))
			return false;
		n = n * 10 + (s->data[i] - '0');
	}
	*value = n;
	*s = slice_skip(*s, count);
	return true;
}

static bool
take_char(struct slice *s, char c)
{
	if (s->len == 0 || s->data[0] != c)
		return false;
	*s = slice_skip(*s, 1);
	return true;
}

static void
skip_blanks(struct slice *s)
{
	while (take_char(s, ' ') || take_char(s, '\t'))
		;
}

/* Days since 1970 of the proleptic Gregorian calendar. */
static int64_t
days_since_1970(int year, int month, int day)
{
	int64_t y = month <= 2 ? year - 1 : year, era = (y >= 0 ? y : y - 399) / 400;
	int64_t of_era = y - era * 400, of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year + day - 1 - 719468;
}

static int64_t
utc(const struct moment *m)
{
	return days_since_1970(m->year, m->month, m->day) * DAY + m->hour * 3600 + m->minute * 60 +
	       m->second;
}

static int64_t
local(struct stamps *s, const struct moment *m)
{
	struct tm tm;

	if (s->hour_begins == 0 || s->year != m->year || s->month != m->month || s->day != m->day ||
	    s->hour != m->hour) {
		tm = (struct tm){.tm_year = m->year - 1900,
		    .tm_mon = m->month - 1,
		    .tm_mday = m->day,
		    .tm_hour = m->hour,
		    .tm_isdst = -1};
		s->hour_begins = (int64_t)mktime(&tm);
		s->year = m->year;
		s->month = m->month;
		s->day = m->day;
		s->hour = m->hour;
	}
	return s->hour_begins + m->minute * 60 + m->second;
}

/* "HH:MM", and ":SS" with a fraction. */
static bool
take_clock(struct slice *s, struct moment *m, bool wants_seconds)
{
	if (!take_digits(s, 2, &m->hour) || !take_char(s, ':') || !take_digits(s, 2, &m->minute))
		return false;
	m->second = 0;
	if (!take_char(s, ':')) {
		if (wants_seconds)
			return false;
	} else if (!take_digits(s, 2, &m->second))
		return false;
	if (take_char(s, '.') || take_char(s, ','))
		while (s->len > 0 && ascii_is_digit(s->data[0]))
			*s = slice_skip(*s, 1);
	return m->hour < 24 && m->minute < 60 && m->second <= 60;
}

static bool
take_date(struct slice *s, struct moment *m)
{
	return take_digits(s, 4, &m->year) && take_char(s, '-') && take_digits(s, 2, &m->month) &&
	       take_char(s, '-') && take_digits(s, 2, &m->day) && m->month >= 1 && m->month <= 12 &&
	       m->day >= 1 && m->day <= 31;
}

/* "Z", "+0100", "+01:00": seconds east of UTC. False where there is none. */
static bool
take_zone(struct slice *s, int64_t *east)
{
	bool is_west = s->len > 0 && s->data[0] == '-';
	struct slice rest = *s;
	int hours, minutes;

	*east = 0;
	if (take_char(s, 'Z'))
		return true;
	if ((!take_char(&rest, '+') && !take_char(&rest, '-')) || !take_digits(&rest, 2, &hours))
		return false;
	(void)take_char(&rest, ':');
	if (!take_digits(&rest, 2, &minutes))
		return false;
	*s = rest;
	*east = hours * 3600 + minutes * 60;
	if (is_west)
		*east = -*east;
	return true;
}

/* A stamp ends with a blank, or the text does. */
static bool
end(struct slice *s)
{
	if (s->len > 0 && s->data[0] != ' ' && s->data[0] != '\t')
		return false;
	skip_blanks(s);
	return true;
}

/* RFC 3339 and its like: journalctl -o short-iso, rsyslog, s6-log, tai64nlocal. */
static bool
take_iso(struct stamps *s, struct slice *line, int64_t *seconds)
{
	struct slice rest = *line;
	struct moment m;
	int64_t east;

	if (!take_date(&rest, &m) || (!take_char(&rest, 'T') && !take_char(&rest, ' ')) ||
	    !take_clock(&rest, &m, true))
		return false;
	*seconds = take_zone(&rest, &east) ? utc(&m) - east : local(s, &m);
	if (!end(&rest))
		return false;
	*line = rest;
	return true;
}

/* "Sun 2026-11-22 17:25:08 UTC": journalctl -o short-full. */
static bool
take_full(struct stamps *s, struct slice *line, int64_t *seconds)
{
	struct slice rest = slice_skip(*line, 4), zone;

	if (line->len < 5 || line->data[3] != ' ' || !take_iso(s, &rest, seconds) ||
	    !slice_word(&rest, &zone))
		return false;
	skip_blanks(&rest);
	*line = rest;
	return true;
}

/* "Nov 22 17:25:08": the year is that which makes it lie in the past. */
static bool
take_month(struct stamps *s, struct slice *line, int64_t *seconds)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	struct slice rest = slice_skip(*line, 4);
	struct moment m = {.year = 0};
	struct tm tm;
	time_t now = (time_t)s->now;

	if (line->len < 15 || line->data[3] != ' ')
		return false;
	while (m.month < 12 && memcmp(months + (size_t)m.month * 3, line->data, 3) != 0)
		m.month++;
	if (m.month++ == 12)
		return false;
	if (take_char(&rest, ' ') ? !take_digits(&rest, 1, &m.day) : !take_digits(&rest, 2, &m.day))
		return false;
	if (m.day < 1 || m.day > 31 || !take_char(&rest, ' ') || !take_clock(&rest, &m, true) ||
	    !end(&rest))
		return false;
	if (localtime_r(&now, &tm) == NULL)
		return false;
	m.year = tm.tm_year + 1900;
	if (m.month > tm.tm_mon + 1 || (m.month == tm.tm_mon + 1 && m.day > tm.tm_mday + 1))
		m.year--;
	*seconds = local(s, &m);
	*line = rest;
	return true;
}

/* "@4000000069…": TAI64, or TAI64N with a fraction. */
static bool
take_tai(struct slice *line, int64_t *seconds)
{
	struct slice rest = slice_skip(*line, 1);
	uint64_t value = 0;
	size_t n = 0;

	while (n < rest.len && n < 24) {
		char c = rest.data[n];

		if (!ascii_is_digit(c) && (c < 'a' || c > 'f'))
			break;
		if (n < 16)
			value = value << 4 | (uint64_t)(c <= '9' ? c - '0' : c - 'a' + 10);
		n++;
	}
	rest = slice_skip(rest, n);
	if ((n != 16 && n != 24) || value < TAI_EPOCH || value - TAI_EPOCH > UINT64_C(253402300799))
		return false;
	*seconds = (int64_t)(value - TAI_EPOCH);
	if (!end(&rest))
		return false;
	*line = rest;
	return true;
}

/* "1770000000.123456": journalctl -o short-unix. */
static bool
take_unix(struct slice *line, int64_t *seconds)
{
	struct slice rest = *line, fraction;
	size_t point = slice_find(rest, '.');
	uint64_t value;
	int number;

	if (point != 10 || !slice_number(slice_make(rest.data, point), INT64_MAX, &value))
		return false;
	fraction = slice_skip(rest, point + 1);
	if (!take_digits(&fraction, 6, &number) || !end(&fraction))
		return false;
	*seconds = (int64_t)value;
	*line = fraction;
	return true;
}

/* "[12345.678901]": of the monotonic clock. */
static bool
take_monotonic(struct slice *line)
{
	size_t close = slice_find(*line, ']');
	struct slice rest = slice_skip(*line, close + 1);

	for (size_t i = 1; i < close && i < line->len; i++)
		if (!ascii_is_digit(line->data[i]) && line->data[i] != '.' && line->data[i] != ' ')
			return false;
	if (close >= line->len || close < 2 || !end(&rest))
		return false;
	*line = rest;
	return true;
}

enum stamp_result
stamp_take(struct stamps *s, struct slice *line, int64_t *seconds)
{
	bool good = false;
	char c = line->len == 0 ? '\0' : line->data[0];

	if (c == '@')
		good = take_tai(line, seconds);
	else if (ascii_is_digit(c))
		good = take_iso(s, line, seconds) || take_unix(line, seconds);
	else if (c >= 'A' && c <= 'Z')
		good = take_month(s, line, seconds) || take_full(s, line, seconds);
	else if (c == '[')
		return take_monotonic(line) ? STAMP_NO_TIME : STAMP_NONE;
	return good ? STAMP_TIME : STAMP_NONE;
}

static bool
read_word(struct stamps *s, struct slice text, int64_t *seconds)
{
	time_t when = (time_t)s->now;
	struct tm tm;
	struct moment m;
	struct slice rest = text;

	if (slice_is(text, "now")) {
		*seconds = s->now;
		return true;
	}
	if (slice_is(text, "yesterday"))
		when -= DAY;
	if (localtime_r(&when, &tm) == NULL)
		return false;
	m = (struct moment){.year = tm.tm_year + 1900, .month = tm.tm_mon + 1, .day = tm.tm_mday};
	if (!slice_is(text, "today") && !slice_is(text, "yesterday") &&
	    (!take_clock(&rest, &m, false) || rest.len > 0))
		return false;
	*seconds = local(s, &m);
	return true;
}

static bool
read_date(struct stamps *s, struct slice text, int64_t *seconds)
{
	struct moment m = {.hour = 0};
	int64_t east;

	if (!take_date(&text, &m))
		return false;
	if (text.len > 0 &&
	    ((!take_char(&text, ' ') && !take_char(&text, 'T')) || !take_clock(&text, &m, false)))
		return false;
	*seconds = take_zone(&text, &east) ? utc(&m) - east : local(s, &m);
	return text.len == 0;
}

bool
stamp_read(struct stamps *s, struct slice text, int64_t *seconds)
{
	int64_t age;
	uint64_t number;

	text = slice_trim(text);
	if (slice_starts(text, "@")) {
		if (!slice_number(slice_skip(text, 1), INT64_MAX, &number))
			return false;
		*seconds = (int64_t)number;
		return true;
	}
	if (read_date(s, text, seconds) || read_word(s, text, seconds))
		return true;
	text = slice_skip(text, slice_starts(text, "-") ? 1 : 0);
	if (text.len == 0 || ascii_is_digit(text.data[text.len - 1]) ||
	    !selection_read_age(text, &age))
		return false;
	*seconds = s->now - age;
	return true;
}
