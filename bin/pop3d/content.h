/* SPDX-License-Identifier: ISC */
/*
 * What is in a message's file, as it is sent: with CRLF for each line end, also behind the last
 * line, and a space for a CR that stands alone (mail/wire.h). In PLAIN the header section has
 * encoded-words where the file has UTF-8 (plain.h).
 */
#ifndef POP3D_CONTENT_H
#define POP3D_CONTENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "mail/wire.h"
#include "plain.h"

#define CONTENT_BLOCK ((size_t)65536)

struct content {
	int fd;		    /* not owned */
	bool is_plain;	    /* the header is made plain */
	bool in_header;	    /* the empty line is still to come */
	bool at_line_start; /* likewise, at the start of a line */
	bool is_over;
	uint64_t left; /* octets of the file, which may grow meanwhile */
	struct wire_convert wire;
	struct plain plain;
	struct str raw;	 /* of the file */
	struct str made; /* of raw: in wire format */
	struct str out;	 /* of that, what is sent */
};

/* From the file's begin, at most SIZE octets of it. 0, or -1 with ENOMEM. */
int content_init(struct content *c, int fd, uint64_t size, bool is_plain);
void content_free(struct content *c);
/* The next octets: 1, 0 at the end, -1 with errno. *PIECE holds until the next call. */
int content_next(struct content *c, struct slice *piece);

struct content_size {
	uint64_t octets;  /* in wire format */
	uint64_t further; /* in PLAIN, beside these */
};

/* Counts the octets of the file FD, up to SIZE of it. 0, or -1 with errno. */
int content_measure(int fd, uint64_t size, struct content_size *found);

#endif
