/* SPDX-License-Identifier: ISC */
/* The message on its way into a pipe that does not wait. */
#ifndef DELIVER_FEED_H
#define DELIVER_FEED_H

#include <stdbool.h>

#include "base/str.h"
#include "content.h"

struct feed {
	struct content *content;
	struct slice prefix; /* empty once it was taken */
	struct slice left;   /* of what was read last */
	struct str wire;     /* that, with CRLF */
	bool is_wire;
};

enum feed_result {
	FEED_MORE, /* the pipe is full */
	FEED_OVER, /* all is in it, or its reader wants no more */
	FEED_FAILED,
};

/* PREFIX goes first; it and the content have lines that end with LF. */
void feed_init(struct feed *f, struct content *content, struct slice prefix, bool is_wire);
void feed_free(struct feed *f);
/* Writes what FD takes without waiting. FEED_FAILED with errno. */
enum feed_result feed_some(struct feed *f, int fd);

#endif
