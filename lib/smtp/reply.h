/* SPDX-License-Identifier: ISC */
/*
 * The replies of a server, as a client reads them (RFC 5321, 4.2): several lines are one reply, the
 * enhanced status code (RFC 2034, 3463) is split off, and what the server says is capped: it may
 * be anybody.
 */
#ifndef SMTP_REPLY_H
#define SMTP_REPLY_H

#include <stdbool.h>

#include "base/reader.h"
#include "base/slice.h"
#include "base/str.h"

#define REPLY_LINE_MAX 4096	      /* octets; 4.5.3.1.5 has 512, and some servers do not mind */
#define REPLY_LINES_MAX 200	      /* of one reply; more is malformed */
#define REPLY_TEXT_MAX ((size_t)4096) /* kept of all lines together */
#define REPLY_STATUS_MAX 10	      /* "5.123.123" and a NUL */

enum reply_result {
	REPLY_OK,
	REPLY_MALFORMED, /* no reply of SMTP: the session cannot go on */
	REPLY_CLOSED,	 /* end of file, before or within the reply */
	REPLY_TIMEOUT,
	REPLY_ERROR, /* errno says why */
};

struct reply {
	int code;		       /* 200 to 599 */
	char status[REPLY_STATUS_MAX]; /* of the first line that has one of the code's class, or ""
					*/
	struct str text;	       /* what follows the codes, LF between the lines */
	size_t lines;
	bool is_cut;   /* more was said than REPLY_TEXT_MAX */
	bool has_bare; /* a line ended with a bare LF, or held a bare CR or a NUL: tolerated */
};

void reply_init(struct reply *r);
void reply_free(struct reply *r);

/* Reads one reply; r->until of READER bounds it. On REPLY_MALFORMED, text is the offending line. */
enum reply_result reply_read(struct reply *r, struct reader *reader);

/* 2 to 5; 0 if there is none. */
int reply_class(const struct reply *r);
/* Adds code, status and text as one line, a blank between lines. 0 or -1 with str's errors. */
int reply_add_line(struct str *out, const struct reply *r);
/*
 * Takes an enhanced status code of CLASS and the blank behind it off the front of *text; OUT has
 * REPLY_STATUS_MAX bytes. False, and nothing taken, if there is none.
 */
bool reply_take_status(struct slice *text, int class, char *out);

#endif
