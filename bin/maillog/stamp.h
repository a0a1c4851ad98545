/* SPDX-License-Identifier: ISC */
/*
 * The time stamps that collectors of logs put before a line: those of journalctl, syslog, multilog
 * and s6-log, as maillog(1) lists them.
 */
#ifndef MAILLOG_STAMP_H
#define MAILLOG_STAMP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"

/* The last hour of local time that was looked up, as that takes a microsecond. */
struct stamps {
	int64_t now; /* seconds since 1970; set by the caller */
	int year, month, day, hour;
	int64_t hour_begins;
};

enum stamp_result {
	STAMP_NONE,
	STAMP_TIME,   /* with *seconds since 1970 */
	STAMP_NO_TIME /* a stamp that says no time of day, as of a monotonic clock */
};

/* Takes a time stamp and the blanks behind it off the front of *line. */
enum stamp_result stamp_take(struct stamps *s, struct slice *line, int64_t *seconds);
/*
 * What --since and --until say: "2026-11-22", "2026-11-22 17:00", with seconds or a T or a zone;
 * "17:00"; "now", "today", "yesterday"; "2h" for two hours ago. False for anything else.
 */
bool stamp_read(struct stamps *s, struct slice text, int64_t *seconds);

#endif
