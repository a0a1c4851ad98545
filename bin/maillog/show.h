/* SPDX-License-Identifier: ISC */
/* What was counted, as text, as JSON and as a picture. All write to standard output. */
#ifndef MAILLOG_SHOW_H
#define MAILLOG_SHOW_H

#include "summary.h"

enum table {
	TABLE_DOMAIN,
	TABLE_RELAY,
	TABLE_REASON,
	TABLE_SENDER,
	TABLE_HOUR,
	TABLE_NONE /* all of it, in short */
};

/* TOP: how many names of each table; 0 for all. */
void show_text(const struct summary *s, enum table table, size_t top);
/* 0, or -1 without memory. */
int show_json(const struct summary *s, size_t top);
/* False if there is nothing with a time. */
bool show_svg(const struct summary *s);

/* NAME as it may be shown, in OUT. */
const char *show_name(struct str *out, const char *name);
/* A local time: the format is strftime's. */
#define TIME_SIZE 40
const char *show_time(char text[TIME_SIZE], const char *format, int64_t seconds);

#endif
