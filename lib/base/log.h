/* SPDX-License-Identifier: ISC */
/*
 * Log lines: one event, one line, one write(2) to standard error:
 *
 *	qrun: delivery id=1f2… to=joe@example.org status=sent
 *
 * "PROGRAM: EVENT" and then key=value fields; values are escaped (escape_value). A value
 * that is long, or with which the line would pass LOG_LINE_MAX bytes, is cut and ends in "...";
 * a field for which no room is left at all is left out.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdint.h>

#include "base/slice.h"
#include "base/str.h"

#define LOG_LINE_MAX 4000

struct event {
	struct str line;
};

void event_start(struct event *e, const char *program, const char *name);
void event_slice(struct event *e, const char *key, struct slice value);
void event_text(struct event *e, const char *key, const char *value);
void event_number(struct event *e, const char *key, int64_t value);
/* Milliseconds, shown as seconds with three decimals. */
void event_ms(struct event *e, const char *key, int64_t ms);
/* Writes the line and frees it. Keeps errno. */
void event_send(struct event *e);

/* An event with the one field "reason", which is what FORMAT gives. Keeps errno. */
void log_note(const char *program, const char *event, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/*
 * Where standard error is the connection FD itself, as inetd has it, lines go to /dev/log from now
 * on, or nowhere: what is logged is not for the client.
 */
void log_keep_from(int fd);
/* From now on standard error is /dev/log, a datagram a line; or /dev/null without that. */
void log_to_syslog(void);

#endif
