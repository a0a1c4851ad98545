/* SPDX-License-Identifier: ISC */
/* What the files of bsmtp share: one batch at work. */
#ifndef BSMTP_BSMTP_H
#define BSMTP_BSMTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/reader.h"
#include "base/str.h"
#include "base/writer.h"
#include "conf/limits.h"
#include "conf/route.h"
#include "progress.h"
#include "smtp/command.h"
#include "spool/submit.h"

#define PROGRAM "bsmtp"
#define HEADER_MAX ((size_t)65536) /* octets of a message that a bounce shows */

struct settings {
	struct limits limits;
	struct str me;
	struct routes *routes; /* -r: who strangers may write to; null: anybody */
	char **domains;	       /* -d: of recipients; none: any */
	size_t domain_count;
};

/* Between MAIL and the end of the message. */
struct transaction {
	bool active;
	struct str reverse_path;
	struct str envelope;	/* fields for submit_begin */
	size_t accepted;	/* recipients in it */
	struct str refusals;	/* fields of those who are not: T, O, C (code), R (reason) */
	size_t refused;		/* how many */
	bool is_utf8;		/* SMTPUTF8 */
	struct str envelope_id; /* ENVID, for a bounce */
	struct str header;	/* the beginning of the message, for a bounce */
	uint64_t size;		/* octets of the message */
};

enum session_end {
	SESSION_GOES_ON,
	SESSION_OVER,	   /* the batch came to its end */
	SESSION_WRONG,	   /* it is none: problem */
	SESSION_TEMPORARY, /* problem */
};

struct session {
	const struct settings *settings;
	bool is_rehearsal; /* the batch is only looked through, whether it is one */
	struct reader reader;
	struct writer *writer; /* replies; null: nobody wants them */
	struct submit submit;
	struct progress *progress;
	uint64_t step; /* of the transaction at hand, two each */
	struct str helo;
	bool extended; /* EHLO */
	bool has_quit;
	struct transaction transaction;
	uint64_t line, messages, refused;
	enum session_end end;
	struct str problem;
};

/* Reads the batch from its beginning to its end, or to what is wrong. */
void session_run(struct session *s);
/* 0, or -1 with errno. */
int session_init(struct session *s, const struct settings *settings, int fd);
void session_free(struct session *s);
/* A reply, if anybody wants it. */
void session_reply(struct session *s, int code, const char *status, const char *text);
/* Ends the session; what is said of the line at hand is for people. */
void session_wrong(struct session *s, const char *what);
void session_fail(struct session *s, const char *what, const char *why);

void transaction_init(struct transaction *t);
void transaction_reset(struct transaction *t);
void transaction_free(struct transaction *t);
/* MAIL and RCPT with what stands behind them. */
void transaction_begin(struct session *s, struct slice argument);
void transaction_add(struct session *s, struct slice argument);
/* DATA: reads the message, submits it, and tells its sender whom it cannot reach. */
void transaction_finish(struct session *s);

/*
 * A recipient who gets nothing: ADDRESS as it was written, ORIGINAL and NOTIFY as they were given.
 */
int refusal_add(struct transaction *t, struct slice address, struct slice original,
    struct slice notify, const char *code, const char *reason);
/* The same for all recipients that were accepted. */
int refusal_add_all(struct transaction *t, const char *code, const char *reason);
/* Queues a bounce for them, if there is anybody to tell. */
enum submit_result refusal_tell(struct session *s);

#endif
