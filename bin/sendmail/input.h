/* SPDX-License-Identifier: ISC */
/*
 * The message as the caller writes it, turned into wire format (CRLF) block by block, in memory of
 * a fixed size: a line ends with LF and the CRs before it, a CR elsewhere becomes a space, a NUL is
 * refused, a line with a single dot ends the message unless dots are data. It waits for as long as
 * the caller takes: a person may be typing.
 */
#ifndef SENDMAIL_INPUT_H
#define SENDMAIL_INPUT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

#define INPUT_BLOCK ((size_t)65536)
#define INPUT_GROWTH (2 * INPUT_BLOCK + 4) /* most that one block adds: each LF becomes CRLF */

enum input_result {
	INPUT_MORE,
	INPUT_END,
	INPUT_NUL,
	INPUT_FAILED, /* errno */
};

struct input {
	int fd;
	bool dots_are_data;
	bool in_line;  /* something of this line has been written out */
	bool held_dot; /* a dot at the start of the line, perhaps its end */
	bool held_cr;  /* CRs that may belong to the line end */
	bool has_8bit; /* seen so far */
	char block[INPUT_BLOCK];
};

void input_init(struct input *in, int fd, bool dots_are_data);
/* Reads one block and adds it to OUT. */
enum input_result input_read(struct input *in, struct str *out);

#endif
