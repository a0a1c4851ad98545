/* SPDX-License-Identifier: ISC */
/* The words of a command, with the envelope put in where it stands for it. */
#ifndef DELIVER_WORDS_H
#define DELIVER_WORDS_H

#include "base/str.h"
#include "conf/gateway.h"
#include "outcome.h"
#include "spool/job.h"

struct words {
	struct str text; /* what the pointers below lead to */
	char *list[GATEWAY_WORDS_MAX + JOB_RECIPIENTS_MAX * 2 + 1]; /* then null */
};

/*
 * Splits COMMAND, which gateway_check_command likes, for the COUNT recipients of JOB with these
 * INDICES. An address that a program could take for an option, a path or more than a word is a
 * permanent failure. 0, or -1 and O. To be freed in any case.
 */
int words_make(struct words *w, struct slice command, const struct job *job, const size_t *indices,
    size_t count, struct outcome *o);
void words_free(struct words *w);
/* True if ADDRESS may stand in a command. */
bool words_may_hold(struct slice address);

#endif
