/* SPDX-License-Identifier: ISC */
/* The life of one message: each line that names it, with its time. */
#ifndef MAILLOG_LIFE_H
#define MAILLOG_LIFE_H

#include "record.h"

#define LIFE_LINES_MAX ((size_t)100000)

struct life_line {
	int64_t time;
	size_t number;
	bool has_time;
	char *text;
};

struct life {
	const char *id;
	bool is_sorted; /* kept until the end: several files may not be in order */
	size_t found;
	struct life_line *lines;
	size_t count, room;
};

/* Prints R, or keeps it, if it is about the message. False without memory. */
bool life_add(struct life *l, const struct record *r);
/* Prints what was kept, and frees it. */
void life_end(struct life *l);

#endif
