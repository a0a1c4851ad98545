/* SPDX-License-Identifier: ISC */
/* What became of one recipient: its state, and the words that qrun, the log and bounces show. */
#ifndef DELIVER_OUTCOME_H
#define DELIVER_OUTCOME_H

#include "base/str.h"
#include "mailbox/fault.h"
#include "spool/job.h"

struct outcome {
	enum job_status status; /* JOB_DELIVERED until something fails */
	const char *code;	/* RFC 3463; a literal, or own_code */
	char own_code[12];	/* what somebody else said */
	bool notifies;		/* it was forwarded with its NOTIFY, which others will heed */
	bool is_expanded;	/* to several, and they are not asked to report success */
	struct str relay;	/* the targets tried, "maildir:/path/", blanks between */
	struct str reply;
};

void outcome_init(struct outcome *o);
void outcome_free(struct outcome *o);

/* What became of all recipients at once. */
void outcome_copy(struct outcome *o, const struct outcome *from);
/* Notes that KIND ("maildir", "mbox", "forward") with NAME is tried now. */
void outcome_try(struct outcome *o, const char *kind, struct slice name);
/* Adds to the reply of a success, "; " between the parts. */
void outcome_say(struct outcome *o, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* What FROM says of a step: of a success it is added, a failure replaces all. 0, or -1 then. */
int outcome_take(struct outcome *o, const struct outcome *from);
/* A failure, which replaces the reply so far. -1, for the caller to return. */
int outcome_fail(struct outcome *o, enum job_status status, const char *code, const char *format,
    ...) __attribute__((format(printf, 4, 5)));
/* A temporary failure with the code and the text of errno; FORMAT says what was tried. -1. */
int outcome_errno(struct outcome *o, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The same for what lib/mailbox found: what it refused is 4.3.5. -1. */
int outcome_fault(struct outcome *o, const struct mailbox_fault *f);

#endif
