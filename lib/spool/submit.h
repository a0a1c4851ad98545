/* SPDX-License-Identifier: ISC */
/*
 * Handing a message to the spool: what smtpd, sendmail, deliver and qrun do. It asks enqueue, as a
 * service, as a program executed, or through the chain of filters that the environment variable
 * ENQUEUE names; the caller sees no difference but submit_is_plain. One struct serves message after
 * message.
 *
 * Per message: submit_begin, submit_write as often as needed, then submit_commit or submit_abort.
 * After any failure the transaction is over, nothing of it will be delivered, and submit_begin may
 * be called again; the one exception is SUBMIT_UNKNOWN.
 */
#ifndef SPOOL_SUBMIT_H
#define SPOOL_SUBMIT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/helper.h"
#include "base/slice.h"
#include "base/str.h"
#include "spool/filter.h"
#include "spool/id.h"

enum submit_result {
	SUBMIT_OK,
	SUBMIT_TEMPORARY, /* code is 51 to 81: try again later */
	SUBMIT_PERMANENT, /* code is 11 to 40 or 91: this message never */
	/*
	 * The other side went away after submit_commit had asked it to commit: nobody can say
	 * whether the message will be delivered. The caller must not claim either.
	 */
	SUBMIT_UNKNOWN,
};

/* When the first attempt is to be made, where the control file deliver leaves it to the submitter.
 */
enum submit_when {
	SUBMIT_AS_SET, /* as that file says */
	SUBMIT_QUEUE,  /* by the next pass */
	SUBMIT_NOW,    /* in the background */
	SUBMIT_WAIT,   /* the same, and submit_await will ask what became of it */
};

/* What became of a recipient at the first attempt. */
enum submit_state {
	SUBMIT_SENT = 'D',
	SUBMIT_FAILED = 'F',   /* the sender is told */
	SUBMIT_DEFERRED = 'T', /* it will be tried again */
	SUBMIT_LEFT = '.',     /* nobody has tried yet */
};

struct submit {
	bool has_trace; /* set by who writes a Received field himself; else enqueue writes one */
	const struct executor *executor; /* null, or set by who may execute nothing himself */
	int64_t timeout_ms;		 /* for each answer; set by submit_init, may be changed */
	enum submit_when when;		 /* may be changed, for the messages to come */
	char id[ID_SIZE];  /* of the message committed; before that what stands for it; "" where a
			      filter hides it */
	int code;	   /* of the last failure: an exit code of qmail-queue's (enqueue(8)) */
	struct str reason; /* of the last failure: one line for people */
	/* the rest is that of submit*.c */
	const char *filters;  /* ENQUEUE, or null */
	struct helper helper; /* fd -1 when it is not open */
	struct filter_chain chain;
	struct str envelope; /* of the message begun */
	struct str pending;  /* data not sent yet */
	bool is_sent;	     /* the envelope, and perhaps data */
	int64_t id_at;	     /* where in the message the id goes; -1 for nowhere */
	uint64_t written;    /* octets of the message so far */
	bool was_reset;	     /* how the helper was lost */
	unsigned tries;	     /* that have failed, with nothing done */
	bool active;	     /* between begin and its end */
};

void submit_init(struct submit *s);
void submit_free(struct submit *s);
/*
 * True if the way leads through filters that know qmail-queue's plain envelope alone: then only F
 * and T fields arrive, and smtpd must not offer what could not be carried.
 */
bool submit_is_plain(const struct submit *s);

/*
 * ENVELOPE: fields (base/fields.h), each ended by NUL: F, message fields, then T with its own
 * fields behind it (spool(5)). Until there is much data nobody is asked: what enqueue has against
 * the message is then told by submit_write or submit_commit. After SUBMIT_OK, unless the way is
 * plain, id is what the caller may put into its Received field for the queue id, if it says where.
 */
enum submit_result submit_begin(struct submit *s, struct slice envelope);
/*
 * Before the submit_write that brings it, and that is a small one: the queue id goes OFFSET octets
 * from here.
 */
void submit_place_id(struct submit *s, size_t offset);
/* Part of the message in wire format: lines end with CRLF and nothing else (enqueue checks). */
enum submit_result submit_write(struct submit *s, const void *data, size_t len);
/* The message is whole. SUBMIT_OK: it is durable. */
enum submit_result submit_commit(struct submit *s);
/*
 * After SUBMIT_OK of a message that was submitted with SUBMIT_WAIT: waits for the end of the first
 * attempt, as long as enqueue does, and tells what is known of each recipient, by his place in the
 * envelope. Nothing is known where nobody could wait. REPLY is "CODE RELAY TEXT" as in spool(5).
 */
void submit_await(struct submit *s,
    void (*tell)(void *context, size_t recipient, enum submit_state state, struct slice reply),
    void *context);
/* Gives the message up. */
void submit_abort(struct submit *s);
/* Lets go of the helper, between messages; for a session that goes idle. */
void submit_release(struct submit *s);
/*
 * Between messages: gives the connection to the service away, to be put into another submit's
 * helper. *helper is closed (fd -1) if there is none, or if it was executed for us alone.
 */
void submit_part(struct submit *s, struct helper *helper);

#endif
