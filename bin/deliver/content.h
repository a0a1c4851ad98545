/* SPDX-License-Identifier: ISC */
/*
 * The message as it is stored: lines that end with LF, without Return-Path fields, in blocks. It is
 * read with pread, so that the offset of a descriptor shared with others does not matter, and
 * reused from message to message.
 */
#ifndef DELIVER_CONTENT_H
#define DELIVER_CONTENT_H

#include <sys/types.h>

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"
#include "base/str.h"

#define CONTENT_BLOCK ((size_t)1 << 20)

struct content {
	int fd; /* not owned */
	off_t start, end;
	struct str head;  /* the first block, in which the header is looked for */
	off_t head_end;	  /* where the source of the second block begins */
	struct str block; /* any later one */
	off_t next;	  /* where the source of the next block begins; start: give head */
	bool is_headless; /* it begins with neither a field nor an empty line */
	bool is_wire;	  /* octets and line ends are as they came */
};

void content_init(struct content *c);
void content_free(struct content *c);

/* Reads the first block of the message of LENGTH octets at OFFSET of FD. 0, or -1 with errno. */
int content_open(struct content *c, int fd, off_t offset, uint64_t length);
/* The same for a message that is passed on: its octets stay as they are, CRLF, too. */
int content_open_wire(struct content *c, int fd, off_t offset, uint64_t length);

/* The next block is the first again. */
void content_rewind(struct content *c);
/*
 * 1 and the next block, 0 at the end, -1 with errno. A block ends at a line's end, unless the line
 * is longer than CONTENT_BLOCK; the last one always does. It holds until the next call.
 */
int content_next(struct content *c, struct slice *block);

/* How many octets all blocks have together: 0, or -1 with errno. The next block is the first. */
int content_measure(struct content *c, uint64_t *octets);

/* Adds TEXT with CRLF for each LF. 0, or -1 with str's errors. */
int content_add_wire(struct str *out, struct slice text);

/* True if a field Delivered-To of the header names RECIPIENT. */
bool content_was_delivered_to(const struct content *c, struct slice recipient);

#endif
