/* SPDX-License-Identifier: ISC */
/* The files of the control directory, as satchel-control(5) lists them. */
#ifndef MAILCONF_FILES_H
#define MAILCONF_FILES_H

#include <stdbool.h>
#include <stddef.h>

#include "conf/control.h"

enum file_form {
	FILE_LINE,   /* its first line is its value */
	FILE_LINES,  /* each line is an entry */
	FILE_SECRET, /* the same, and nobody's business */
};

struct file {
	const char *name;
	enum file_form form;
	const char *missing; /* what holds where it does not exist */
	const char *meaning;
	/* 0, or -1 with errno; for EINVAL with PROBLEM. Null: nothing but that it can be read */
	int (*check)(const struct control *c, const char *name, struct str *problem);
};

extern const struct file files[];
extern const size_t files_count;

const struct file *file_find(const char *name);
/* True for those, and for what is compiled of them: NAME.cdb. */
bool file_is_known(const char *name);
/* 1, with errno, and PROBLEM says what is wrong with it; or 0. */
int file_problem(const struct control *c, const struct file *file, struct str *problem);

#endif
