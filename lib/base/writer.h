/* SPDX-License-Identifier: ISC */
/*
 * Buffered output with a deadline. The first error sticks: later calls fail with it and write
 * nothing, so a caller may check only its flush.
 */
#ifndef BASE_WRITER_H
#define BASE_WRITER_H

#include "base/clock.h"
#include "base/slice.h"
#include "base/str.h"
#include "base/transcript.h"

struct writer {
	int fd;
	struct str buf;
	int error;		       /* errno of the first failure, 0 before it */
	struct transcript *transcript; /* set by the caller; gets what is added; or null */
	deadline until;		       /* bounds each write(2); set by the caller */
};

/* SIZE is how many bytes are gathered before they are written of themselves. */
void writer_init(struct writer *w, int fd, size_t size);
void writer_free(struct writer *w);

int writer_add(struct writer *w, const void *data, size_t len);
int writer_text(struct writer *w, const char *text);
int writer_slice(struct writer *w, struct slice piece);
int writer_format(struct writer *w, const char *format, ...) __attribute__((format(printf, 2, 3)));
int writer_flush(struct writer *w);

#endif
