/* SPDX-License-Identifier: ISC */
/*
 * A layer that lies on a connection, or on TLS over it, and writes all that goes through into a
 * transcript (base/transcript.h). It finds out by itself, from what the server says, when what the
 * client says next is a secret or a message. What cannot be written is lost without a word.
 */
#ifndef SMTP_PROBE_TAP_H
#define SMTP_PROBE_TAP_H

#include "base/hidden.h"
#include "base/layer.h"

struct tap;

/* Over FD, into TRANSCRIPT, with HIDDEN masked where the server says it: all of the caller's. Null
 * with errno. */
struct tap *tap_open(int fd, int transcript, const struct hidden *hidden);
/* What a connection, the client or a reader, is to go through. It is closed and freed by its close.
 */
struct layer *tap_layer(struct tap *t);
/* From here on INNER, which the tap takes over, lies below it. */
void tap_put_layer(struct tap *t, struct layer *inner);
/* What happened beside what was said. T may be null. */
void tap_remark(struct tap *t, const char *text);

#endif
