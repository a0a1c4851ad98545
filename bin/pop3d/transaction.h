/* SPDX-License-Identifier: ISC */
/* The TRANSACTION and UPDATE states (RFC 1939, 5 and 6): after the login, as the mailbox's owner.
 */
#ifndef POP3D_TRANSACTION_H
#define POP3D_TRANSACTION_H

#include "handover.h"
#include "maildrop.h"
#include "talk.h"

struct transaction {
	struct talk talk;
	struct maildrop maildrop;
	bool is_tlsd_executed;
	uint64_t sent;				/* octets of messages */
	size_t retrieved, deleted, not_removed; /* messages */
};

/* Over IN and OUT, which it does not own. 0, or -1 with ENOMEM; to be freed in any case. */
int transaction_init(struct transaction *t, const struct settings *s, const struct handover *h,
    struct slice login, int in, int out);
/* From the reply to the login to the end; the process becomes the mailbox's owner. */
void transaction_run(struct transaction *t);
void transaction_free(struct transaction *t);

/* The same with a maildrop that is open, and without the reply to the login. */
void transaction_converse(struct transaction *t);

/* retrieve.c */
void transaction_retr(struct talk *talk, struct slice argument);
void transaction_top(struct talk *talk, struct slice argument);
/*
 * The message whose number WORD is; null, and it is said, for what is none or deleted. *index is
 * its place.
 */
struct message *transaction_message(struct transaction *t, struct slice word, size_t *index);

#endif
