/* SPDX-License-Identifier: ISC */
/* Lines of files and of standard input, one after another, in one buffer. */
#ifndef MAILLOG_INPUT_H
#define MAILLOG_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

#define INPUT_LINE_MAX \
	((size_t)262144) /* octets; journalctl -o json has lines of some thousand \
			  */

struct input {
	int fd;
	char *buf; /* twice INPUT_LINE_MAX */
	size_t start, end;
	bool at_end, is_skipping; /* the rest of a line that is too long */
	uint64_t too_long;
};

/* 0, or -1 with ENOMEM. */
int input_init(struct input *in);
void input_free(struct input *in);
/* From now on lines come from FD, which stays the caller's. */
void input_begin(struct input *in, int fd);
/* The next line without its end: 1, 0 at the end, -1 with errno. It holds until the next call. */
int input_line(struct input *in, struct slice *line);

#endif
