/* SPDX-License-Identifier: ISC */
/*
 * The lines of base/log.h, read again (satchel(7), LOGS): "PROGRAM: EVENT key=value…". It is
 * strict: what log.h would not have written is no such line. Nothing is copied; values are as they
 * stand there, and log_line_unescape gives what was logged.
 */
#ifndef BASE_LOG_LINE_H
#define BASE_LOG_LINE_H

#include <stdbool.h>

#include "base/slice.h"
#include "base/str.h"

struct log_line {
	struct slice program, event;
	struct slice fields; /* for log_line_next */
};

struct log_field {
	struct slice key;
	struct slice value; /* without the quotation marks; escaped */
	bool is_escaped;    /* there is a \xHH in it */
	bool is_cut;	    /* it was longer: "..." stood behind it */
};

enum log_line_result { LOG_LINE_ONE, LOG_LINE_END, LOG_LINE_BAD };

/*
 * Reads "PROGRAM: EVENT" off the front of LINE, which has no line end. False if that is not there;
 * the fields are not looked at yet.
 */
bool log_line_begin(struct slice line, struct log_line *l);
/* The same where "PROGRAM: " is taken away, as by syslog: sets event and fields. */
bool log_line_begin_event(struct slice line, struct log_line *l);
/* Takes the next field off *rest. */
enum log_line_result log_line_next(struct slice *rest, struct log_field *field);
/* Adds what stood behind VALUE: each \xHH is an octet again. 0, or -1 with str's errors. */
int log_line_unescape(struct str *out, struct slice value);

#endif
