/* SPDX-License-Identifier: ISC */
/*
 * Walks over a message piece by piece, in bounded memory, and tells a visitor what it is made of:
 * header sections, the data behind them, and the lines between parts (RFC 2046, 5.1). All that is
 * told, in order, is the message, but for a line end that the last delimiter or
 * field may lack.
 *
 * Lines end with CRLF. A body may hold any octets (RFC 3030); CR and LF alone end no line.
 */
#ifndef MAIL_MIME_H
#define MAIL_MIME_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"
#include "base/str.h"
#include "mail/entity.h"

#define MIME_DEPTH_MAX 30
/* Octets of one header section: sendmail(1) takes 1 MiB, and what it encodes grows. */
#define MIME_HEADER_MAX ((size_t)2 << 20)
#define MIME_LINE_MAX 998 /* octets; of what may be a delimiter, too */

/* What is told; each returns 0, or -1 to end the walk. */
struct mime_visitor {
	/* A header section with the empty line behind it, if there is one: its data follow. */
	int (*header)(void *context, const struct entity *e, struct slice header);
	/* Behind the last delimiter of a multipart: data that mean nothing follow. */
	int (*epilogue)(void *context);
	int (*data)(void *context, struct slice data);
	/* The end of the data; IS_LAST: of the message, too. */
	int (*end)(void *context, bool is_last);
	/* A delimiter, or the line end before it, which belongs to it. */
	int (*delimiter)(void *context, struct slice text);
};

enum mime_failure {
	MIME_NONE,
	MIME_STOPPED,	/* by the visitor, or for want of memory: errno */
	MIME_AMBIGUOUS, /* where a part ends depends on who reads it */
	MIME_TOO_DEEP,
	MIME_TOO_LONG, /* a header section */
};

struct mime_level {
	char boundary[2 + ENTITY_BOUNDARY_MAX]; /* with the hyphens before it */
	size_t len;				/* 0: a message, which has none */
	bool is_digest;
};

struct mime {
	const struct mime_visitor *visitor;
	void *context;
	enum mime_failure failure;
	struct mime_level levels[MIME_DEPTH_MAX];
	size_t depth;
	bool in_header;
	struct str header;
	size_t header_line; /* where its last line begins */
	bool line_start;
	bool has_line_end;	      /* the CRLF before this line was not told yet */
	bool has_cr;		      /* nor was the CR before this octet */
	char line[MIME_LINE_MAX + 2]; /* what may be a delimiter */
	size_t line_len;
};

/* VISITOR gets CONTEXT with each call. */
void mime_init(struct mime *m, const struct mime_visitor *visitor, void *context);
void mime_free(struct mime *m);
/* Both: 0, or -1 with failure set for good. */
int mime_take(struct mime *m, struct slice piece);
int mime_end(struct mime *m);

#endif
