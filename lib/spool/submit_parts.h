/* SPDX-License-Identifier: ISC */
/* What the two files of submit.h share; nobody else includes it. */
#ifndef SPOOL_SUBMIT_PARTS_H
#define SPOOL_SUBMIT_PARTS_H

#include "spool/frame.h"
#include "spool/submit.h"

/* qmail-queue's exit codes (enqueue(8), EXIT STATUS) */
enum {
	CODE_NO_MEMORY = 51,
	CODE_TIMEOUT = 52,
	CODE_NO_CONNECTION = 56,
	CODE_TEMPORARY = 71,
	CODE_BUG = 81,
	CODE_NOT_EXECUTED = 120,
	CODE_PERMANENT_FIRST = 11,
	CODE_REFUSED = 31,
	CODE_PERMANENT_LAST = 40,
	CODE_ENVELOPE = 91,
};

/* The transaction is over, with CODE and the reason. SUBMIT_TEMPORARY or _PERMANENT. */
enum submit_result submit_fail(struct submit *s, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The service, or the program executed, if there is none yet. 0, or -1 with errno. */
int submit_open_helper(struct submit *s);
/* It is of no more use, as errno says: the next message opens another. RESULT. */
enum submit_result submit_lose_helper(struct submit *s, enum submit_result result);
/* Sends the envelope alone, to be answered by FRAME_GO. 0, or -1 with errno. */
int submit_send_envelope(struct submit *s);
/*
 * Sends the envelope, if it is still to go, what is pending and DATA, and behind it, with LAST, the
 * commit. 0, or -1 with errno.
 */
int submit_send(struct submit *s, struct slice data, bool last);
/* Waits for an answer of TYPE, whose payload is the id. LOST is the result when there is none. */
enum submit_result submit_take_answer(
    struct submit *s, enum frame_type wanted, enum submit_result lost);

#endif
