/* SPDX-License-Identifier: ISC */
/*
 * A line of a log as a collector keeps it: its time, and the line of satchel(7) in it. What the
 * collector put before it is taken away.
 */
#ifndef MAILLOG_RECORD_H
#define MAILLOG_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/log_line.h"
#include "base/str.h"
#include "stamp.h"

#define RECORD_FIELDS 40

enum record_kind {
	RECORD_OTHER, /* of another program */
	RECORD_OURS,
	RECORD_PROBLEM, /* "PROGRAM: fatal: …": text has what follows the program's name */
	RECORD_GARBLED	/* begins as ours, and does not go on so */
};

struct record {
	bool has_time;
	int64_t time; /* seconds since 1970 */
	struct slice program, event, text;
	struct log_field fields[RECORD_FIELDS];
	size_t count;
};

struct reader_state {
	struct stamps stamps;
	struct str message; /* of a line of journalctl -o json */
	struct str program; /* likewise: who says it */
};

enum record_kind record_read(struct reader_state *state, struct slice line, struct record *r);
/* The field KEY, or null. */
const struct log_field *record_find(const struct record *r, const char *key);
/* The value of KEY as it stands there; empty if there is none. */
struct slice record_value(const struct record *r, const char *key);

#endif
