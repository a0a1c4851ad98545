/* SPDX-License-Identifier: ISC */
/* A line of what mailconf show and mailconf limits print. */
#ifndef MAILCONF_SHOW_H
#define MAILCONF_SHOW_H

#include "base/str.h"
#include "mailconf.h"

struct show_row {
	const char *name;
	const char *source; /* "file", "default", "env" or "system" */
	struct str value;   /* escaped */
	const char *meaning;
	const char *problem; /* or null */
	size_t name_width;   /* 0: the usual one */
};

/* Adds it; on a terminal what does not fit is cut. 0, or -1 without memory. */
int show_row(struct str *out, const struct show_options *options, const struct show_row *row);

#endif
