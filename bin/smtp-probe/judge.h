/* SPDX-License-Identifier: ISC */
/*
 * What a reply says about what was asked: yes, no, or that it could not be told. NO needs a reply
 * that answers the question: whatever says "later", "too many", "not you", "not like this", and no
 * reply at all, is UNKNOWN. Why, is the cause: the words count first, as servers use codes loosely,
 * then the enhanced status code (RFC 3463), then the code (RFC 5321, 4.2). What stands between
 * angle brackets, and what has an @ in it, is repeated from the question and does not count.
 *
 * Nothing here allocates, blocks or fails.
 */
#ifndef JUDGE_H
#define JUDGE_H

#include <stdbool.h>

#include "answer.h"
#include "report.h"
#include "smtp/reply.h"

/* Each with the sentence that YES means to be true. */
enum question {
	ASK_GREETING, /* it takes a session from this host */
	ASK_HELLO,    /* it knows EHLO (or HELO, LHLO) */
	ASK_COMMAND,  /* it knows the command: HELP, NOOP, RSET, BDAT */
	ASK_STARTTLS, /* it begins TLS now */
	ASK_AUTH,     /* the login is right */
	ASK_MAIL,     /* it takes mail from this sender (of this size) */
	ASK_RCPT,     /* it takes mail for this recipient */
	ASK_RELAY,    /* the same, of a recipient elsewhere: it is an open relay */
	ASK_ADDRESS,  /* VRFY or EXPN: there is such an address */
	ASK_DATA,     /* it wants the message */
	ASK_MESSAGE,  /* it took the message */
};

enum cause {
	CAUSE_NONE,	    /* it is YES */
	CAUSE_NO_ANSWER,    /* closed, timed out, could not be connected to, or no SMTP */
	CAUSE_GREYLISTED,   /* who comes again in some minutes is let in (RFC 6647) */
	CAUSE_RATE_LIMITED, /* too much, too many, too fast */
	CAUSE_BLOCKLISTED,  /* this host's address is on a list, or has a bad name */
	CAUSE_CLIENT_NAME,  /* this host's PTR or EHLO is not liked */
	CAUSE_SENDER,	    /* the sender's address or domain (SPF, DKIM, DMARC) is not liked */
	CAUSE_RELAY_DENIED, /* the recipient is elsewhere, and we are nobody who may send there */
	CAUSE_NO_SUCH_USER,
	CAUSE_FULL,	/* the mailbox */
	CAUSE_TOO_BIG,	/* the message */
	CAUSE_AUTH,	/* login first */
	CAUSE_BAD_AUTH, /* the login failed */
	CAUSE_TLS,	/* TLS first */
	CAUSE_CONTENT,	/* what the message holds: spam, virus */
	CAUSE_POLICY,	/* a rule of theirs, or of somebody in their place */
	CAUSE_BUSY,	/* a fault or want of their own: disk, load, DNS, shutdown */
	CAUSE_NO_MAIL,	/* it takes no mail at all (RFC 7504) */
	CAUSE_SYNTAX,	/* it does not know what was said, or not here */
	CAUSE_UNKNOWN,
};

struct judgement {
	enum verdict verdict; /* YES, NO or UNKNOWN */
	enum cause cause;
};

/* REPLY counts where ANSWER is ANSWERED, and may be null elsewhere. */
struct judgement judge_reply(enum answer answer, const struct reply *reply, enum question asked);

/* Why REPLY, which is no 2yz or 3yz, was given to ASKED. */
enum cause judge_cause(const struct reply *reply, enum question asked);

/* "greylisted", "no-such-user": for programs. */
const char *judge_word(enum cause cause);
/* A sentence for people: what happened. */
const char *judge_sentence(enum cause cause);
/* One for people who run the server, or send through it: what to do. Null where nothing can be
 * said. */
const char *judge_advice(enum cause cause);
/* What no answer is, in words: "the connection was closed". */
const char *judge_no_answer(enum answer answer);

#endif
