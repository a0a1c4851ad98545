/* SPDX-License-Identifier: ISC */
/* What became of a recipient, as a worker or qrun says: logged, and marked in the file. */
#ifndef QRUN_RECIPIENTS_H
#define QRUN_RECIPIENTS_H

#include "qrun.h"
#include "spool/job.h"

/* What became of a recipient, whoever says so. */
struct verdict {
	enum job_status status;
	bool notifies;	  /* whoever has it now tells the sender of success */
	bool keeps_by;	  /* and of lateness */
	bool relayed;	  /* the destination is another host */
	bool is_expanded; /* several addresses have it now, who are not asked for success */
	bool untried;	  /* what was said of somebody else a moment ago */
	struct slice code, relay, reply;
	struct slice tls; /* empty where that is no question */
	int64_t connect_ms, transfer_ms;
};

/* Logs V, and marks the recipient INDEX of M so. */
void recipient_apply(struct message *m, size_t index, const struct verdict *v);
/* Writes a state; that it cannot be written is logged. */
void recipient_mark(struct message *m, size_t index, const struct recipient_state *state);
/* What qrun itself decides about the recipient INDEX of M; logs and marks it. */
void recipient_decide(
    struct message *m, size_t index, enum job_status status, const char *code, struct slice reply);
/* Counts as delivered, but nobody is told so; REASON may be empty. */
void recipient_discard(struct message *m, size_t index, struct slice reason);
/* As recipient_decide where there was no attempt. */
void recipient_decide_untried(
    struct message *m, size_t index, enum job_status status, const char *code, struct slice reply);
/* Fails for good, as its sender wanted the message by a time that has passed, or it has expired. */
void recipient_fail_as_late(struct message *m, size_t index);
/* What people shall see of a recipient who was not tried: marks it, unless it says so already. */
void recipient_note(struct message *m, size_t index, const char *reply);
/* What became of a recipient of TASK, by its result; logs and marks it. */
void recipient_answer(struct task *task, const struct job_result *result);

#endif
