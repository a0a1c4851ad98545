/* SPDX-License-Identifier: ISC */
/*
 * What enqueue and those who submit say to each other on a stream (enqueue(8), HELPER PROTOCOL):
 * frames of a letter, a length in four bytes, the highest first, and as many bytes.
 */
#ifndef SPOOL_FRAME_H
#define SPOOL_FRAME_H

#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/reader.h"
#include "base/slice.h"
#include "base/str.h"

#define FRAME_HEAD 5			/* octets before the payload */
#define FRAME_MAX ((size_t)256 << 20)	/* octets of payload at most; an envelope is one frame */
#define FRAME_ANSWER_MAX ((size_t)1024) /* octets of an answer's payload */

enum frame_type {
	/* from the submitter */
	FRAME_ENVELOPE = 'E', /* its message has a Received field of the submitter's making */
	FRAME_LOCAL = 'L',    /* the same, but enqueue writes the Received field */
	/*
	 * Before either: it is not to be answered by GO. Payload: where in the data the queue id is
	 * to be put over ID_LENGTH octets, decimal; or empty.
	 */
	FRAME_PLACE = 'P',
	/* Before these: when the first attempt is to be made. Payload: queue, now or wait. */
	FRAME_WHEN = 'W',
	FRAME_DATA = 'D',
	FRAME_COMMIT = 'C', /* payload: octets of all data, decimal; the message is whole */
	FRAME_ABORT = 'A',
	/* from enqueue */
	FRAME_GO = 'G',	     /* payload: the queue id; data may come */
	FRAME_DURABLE = 'K', /* payload: the queue id */
	FRAME_REFUSED = 'R', /* payload: exit code of qmail-queue, space, why */
	/* behind K, after "wait" */
	FRAME_SEEN = 'S', /* payload: the number of a recipient, from 0, a state, a space, reply */
	FRAME_OVER = 'Z', /* empty: nobody waits any more */
};

/* Writes the head of a frame to BYTES. */
void frame_head(char bytes[FRAME_HEAD], enum frame_type type, size_t length);
/* Sends one small frame. 0 or -1 with errno. */
int frame_send(int fd, enum frame_type type, struct slice payload, deadline until);
/*
 * Reads the head of the next frame: 1, 0 at end of file between frames, -1 with errno (EPROTO for
 * a length over FRAME_MAX or end of file inside of a head). The deadline is the reader's.
 */
int frame_next(struct reader *r, char *type, size_t *length);
/* Reads LENGTH bytes of payload into BUF. 0, or -1 with errno (EPROTO for end of file). */
int frame_payload(struct reader *r, char *buf, size_t length);
/*
 * Without a reader, for a stream on which something else comes next: reads one frame and no byte
 * behind it, into PAYLOAD, which is emptied first and whose cap bounds it. 1, 0 at end of file
 * between frames, -1 with errno (EPROTO for a frame over the cap or end of file inside of one).
 */
int frame_take(int fd, char *type, struct str *payload, deadline until);

#endif
