/* SPDX-License-Identifier: ISC */
/* The domains: operands, and words on standard input where one of them is "-". */
#ifndef MXLOOKUP_INPUT_H
#define MXLOOKUP_INPUT_H

#include <stdbool.h>

#include "base/str.h"

#define INPUT_WORD_MAX ((size_t)1024) /* octets; what is longer is no domain, and is cut */

enum input_result { INPUT_WORD, INPUT_WAIT, INPUT_END, INPUT_FAILED };

struct input {
	char **operands; /* a null pointer behind */
	bool is_reading; /* standard input, now */
	struct str buffer;
	struct str word; /* the last that was taken; its data is the caller's to keep a copy of */
};

/* OPERANDS empty: standard input. */
void input_open(struct input *in, char **operands);
void input_close(struct input *in);
/* The next domain, in in->word; INPUT_WAIT: once standard input is readable, input_read. */
enum input_result input_next(struct input *in);
/* Reads once. 0, or -1 with errno. */
int input_read(struct input *in);

#endif
