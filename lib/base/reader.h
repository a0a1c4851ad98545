/* SPDX-License-Identifier: ISC */
/*
 * The one line reader of the house: a buffer in front of a descriptor, and lines of a network
 * protocol taken from it. It knows CRLF strictly and tells a bare CR, a bare LF, a NUL, a line
 * too long, end of file and time-out apart, so that no caller guesses (RFC 5321, 2.3.8).
 */
#ifndef BASE_READER_H
#define BASE_READER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/clock.h"
#include "base/layer.h"
#include "base/slice.h"
#include "base/transcript.h"

struct reader {
	int fd;
	struct layer *layer; /* over fd; set by the caller, or null */
	char *buf;	     /* owned */
	size_t size;
	size_t start, end;	       /* unread bytes are buf[start..end) */
	size_t used;		       /* most bytes that were ever in buf */
	char beginning[5];	       /* of the last line that was too long */
	bool is_skipping;	       /* in a line too long, whose end has not come yet */
	bool is_behind_cr;	       /* likewise, and its last octet was a CR */
	bool is_split;		       /* the last line taken ended with a LF alone */
	bool is_patient;	       /* set by the caller where io_set_patience took fd */
	bool is_hurried;	       /* set by the caller: see base/hurry.h */
	struct transcript *transcript; /* set by the caller; gets what is consumed; or null */
	deadline until;		       /* set by the caller before each operation it bounds */
};

enum reader_result {
	READER_LINE,	 /* a line; it ended with CRLF */
	READER_BARE_LF,	 /* the bytes up to a LF that no CR precedes */
	READER_BARE_CR,	 /* the line holds a CR that no LF follows; consumed up to its CRLF or LF */
	READER_NUL,	 /* the line holds a NUL; consumed likewise */
	READER_TOO_LONG, /* more than the maximum; consumed up to its LF, nothing kept */
	READER_EOF,	 /* end of file; bytes of an unfinished line are dropped */
	READER_TIMEOUT,	 /* the deadline passed; the unfinished line stays buffered */
	READER_ERROR,	 /* errno says why */
};

/* SIZE bounds the longest line that can be told from one too long. 0, or -1 with ENOMEM. */
int reader_init(struct reader *r, int fd, size_t size);
/* Overwrites what was read, too. */
void reader_free(struct reader *r);

/*
 * Takes one line of at most MAX bytes, its end not counted, and gives it without its end. *line
 * points into the buffer and holds until the next call. For READER_BARE_LF, READER_BARE_CR and
 * READER_NUL the whole offending line has been consumed, and *line shows it.
 */
enum reader_result reader_line(struct reader *r, struct slice *line, size_t max);

/*
 * Reads more bytes behind the unread ones: how many (at least 1), 0 at end of file, -1 with
 * errno (ETIMEDOUT at the deadline, ENOBUFS if the buffer is full of unread bytes).
 */
long reader_fill(struct reader *r);
struct slice reader_unread(const struct reader *r);
void reader_consume(struct reader *r, size_t n);
/* True if a whole line is waiting: the caller may put off a flush (RFC 2920, 3.2). */
bool reader_has_line(const struct reader *r);

#endif
