/* SPDX-License-Identifier: ISC */
/*
 * One SMTP connection as a client (RFC 5321): greeting and EHLO, transaction after transaction,
 * QUIT. client_open, client_send as often as wanted while client_is_open, client_quit or
 * client_close.
 *
 * Where the server offers PIPELINING, the commands of the next transaction follow the end of a
 * message in one write (RFC 2920, 3.1), if the caller has it at hand by then. It is ahead from then
 * on, and nothing is decided about it: client_send goes on with it, or, if the connection is gone,
 * begins with it on another. A server that was seen to stumble over that is asked one after the
 * other (no_overlap).
 *
 * Everything blocks, up to the time-outs of RFC 5321 4.5.3.2 (scaled) and the caller's own
 * deadline. Nothing but a reply of the 5yz class, and what this host itself finds to be impossible,
 * is permanent. A connection that breaks is closed, and what was not decided is temporary. If it
 * breaks after the end of the message was sent, the server may have taken it: the outcome says so
 * by is_unknown, and a later attempt may deliver it twice (RFC 5321, 4.5.4.1 prefers that to loss).
 */
#ifndef SMTP_CLIENT_H
#define SMTP_CLIENT_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/layer.h"
#include "base/reader.h"
#include "base/slice.h"
#include "base/str.h"
#include "mail/convert_file.h"
#include "smtp/reply.h"
#include "spool/envelope.h"

#define CLIENT_REPLY_MAX ((size_t)1000) /* octets of a reply kept in an outcome */
#define CLIENT_RECIPIENTS_MAX 100	/* of one transaction; RFC 5321, 4.5.3.1.8 */
#define CLIENT_SLOW_MS 3000
#define CLIENT_DOMAINS_MAX ((size_t)32 << 10) /* octets of the domains asked for in a session */

enum client_status { CLIENT_OK, CLIENT_TEMPORARY, CLIENT_PERMANENT };

/* How something ended, for a session or for a recipient. */
struct client_outcome {
	enum client_status status;
	bool is_set;		     /* false until there is something to say */
	bool is_unknown;	     /* CLIENT_TEMPORARY, but perhaps delivered */
	bool is_unmet;		     /* CLIENT_TEMPORARY, but for sure what our policy forbids */
	char code[REPLY_STATUS_MAX]; /* enhanced status code: the server's, or made up (RFC 3463) */
	struct str reply;	     /* the server's words as one line, or ours; any bytes */
};

enum client_extension {
	CLIENT_PIPELINING = 1,	  /* RFC 2920 */
	CLIENT_SIZE = 2,	  /* RFC 1870 */
	CLIENT_8BITMIME = 4,	  /* RFC 6152 */
	CLIENT_DSN = 8,		  /* RFC 3461 */
	CLIENT_STATUS = 16,	  /* ENHANCEDSTATUSCODES, RFC 2034 */
	CLIENT_STARTTLS = 32,	  /* RFC 3207 */
	CLIENT_SMTPUTF8 = 64,	  /* RFC 6531 */
	CLIENT_CHUNKING = 128,	  /* RFC 3030 */
	CLIENT_DELIVERBY = 256,	  /* RFC 2852 */
	CLIENT_PRIORITY = 512,	  /* MT-PRIORITY, RFC 6710 */
	CLIENT_REQUIRETLS = 1024, /* RFC 8689 */
	CLIENT_BINARYMIME = 2048, /* RFC 3030 */
	CLIENT_AUTH = 4096,	  /* RFC 4954 */
};

struct client_transaction;

/* LIMITS, RFC 9422; each 0 if the server names none. */
struct client_limits {
	uint64_t mails;	     /* MAILMAX: transactions in a session */
	uint64_t recipients; /* RCPTMAX: in a transaction; learned from 452, too */
	uint64_t domains;    /* RCPTDOMAINMAX: of recipients, in a session */
};

struct client {
	int fd;		     /* -1 when closed; owned */
	struct layer *layer; /* over fd (TLS), or null; owned */
	struct reader reader;
	struct reply reply;		  /* the last one read */
	struct str output;		  /* commands gathered for one write */
	struct client_transaction *ahead; /* its commands are sent, and no reply to them is read */
	bool is_spoilt; /* what was ahead is not wanted any more: it ends with the one before */
	bool is_esmtp;
	bool needs_reset; /* a transaction was begun and not ended */
	unsigned extensions;
	uint64_t by_minimum; /* DELIVERBY: seconds; 0: none */
	uint64_t size_limit; /* SIZE of the server; 0: none or unknown */
	struct client_limits limits;
	uint64_t mails;	    /* MAIL commands so far */
	struct str domains; /* of recipients so far, a LF behind each, if limits.domains is set */
	uint64_t domain_count;
	uint64_t messages;     /* transactions so far that reached the end of DATA */
	struct str mechanisms; /* AUTH: names with blanks between, as the server said them */
	bool is_authenticated; /* by AUTH, in this session */
	/* set by the caller before client_open: */
	bool is_lmtp;  /* it speaks LMTP (RFC 2033): LHLO, and each recipient has a reply of its own
			*/
	bool is_local; /* it delivers on this host: nothing goes over a network */
	/* set by the caller behind client_open: */
	bool is_protected; /* TLS with the server that was meant: one for REQUIRETLS (RFC 8689) */
	/* set by the caller after client_init: */
	uint64_t percent;   /* of the time-outs of 4.5.3.2 */
	deadline hard;	    /* bounds everything */
	bool no_pipelining; /* send command by command all the same */
	bool no_overlap;    /* send message by message; set where the server stumbled over it */
	bool no_chunking;   /* DATA and not BDAT; set likewise */
	bool no_conversion; /* what the server does not take as it is, it does not get */
	/*
	 * Called before the end of a message is sent, which makes the server take it; false: the
	 * connection is closed instead. It may set *NEXT (null) to what is to be sent behind this
	 * one. May be null.
	 */
	bool (*may_end)(void *argument, struct client_transaction **next);
	/* Called every CLIENT_SLOW_MS that the server has a reply waited for. May be null. */
	void (*is_slow)(void *argument);
	void *argument;
};

struct client_recipient {
	struct slice address;		/* a mailbox */
	struct slice notify;		/* RFC 3461; empty if not given */
	struct slice original;		/* likewise */
	struct client_outcome *outcome; /* of the caller; set by client_send in any case */
};

struct client_message {
	struct slice reverse_path; /* empty: null */
	/* 8BITMIME is believed; else (7BIT, empty) the message is looked at; BINARYMIME is
	 * converted
	 */
	struct slice body;
	bool is_utf8; /* it came with SMTPUTF8: its header fields may need that */
	struct slice envelope_id, return_part; /* RFC 3461; empty if not given */
	struct envelope_deliver_by by;	       /* RFC 2852 */
	int priority;			       /* RFC 6710 */
	bool requires_tls;		       /* RFC 8689 */
	struct slice submitter;		       /* RFC 4954, 5: AUTH in xtext; empty if not known */
	int fd;				       /* in wire format, read by pread(2) */
	off_t offset;
	uint64_t length;
};

/* How far a recipient has come. */
enum client_stage {
	CLIENT_LEFT,	/* not asked for */
	CLIENT_CHOSEN,	/* of this round */
	CLIENT_ASKED,	/* RCPT was sent and no reply is read */
	CLIENT_TAKEN,	/* accepted: what becomes of the message decides */
	CLIENT_LATER,	/* too many at once, said the server */
	CLIENT_DECIDED, /* the outcome is set for good */
};

/* Must stay where it is while it is ahead. */
struct client_transaction {
	/* of the caller: */
	struct client_message message;
	const struct client_recipient *recipients;
	size_t count;
	bool is_rehearsal; /* MAIL and RCPT alone, then RSET: outcomes say who would be taken */
	/* of the client: */
	size_t left; /* recipients without an outcome, see client_send */
	struct client *client;
	char *block; /* of the message; owned */
	uint64_t block_at;
	size_t block_len;
	struct client_message original; /* where copy was made of it */
	struct convert_file copy;	/* what goes instead; owned */
	bool declares_8bit, declares_utf8, declares_binary;
	bool is_looked_at; /* for its needs; what comes next says which */
	unsigned needs;
	/* of one round: as many recipients as the server takes at once */
	enum client_stage stage[CLIENT_RECIPIENTS_MAX];
	bool is_grouped;     /* all commands are in one write */
	bool is_ahead;	     /* and that was the one before's */
	bool is_behind_bdat; /* and RSET came first: whatever BDAT left is over then */
	bool uses_bdat;	     /* CHUNKING */
	bool is_together;    /* the message is in the write of the commands, too */
	bool is_sent;	     /* all of it: it may have been taken */
	bool is_refused;     /* MAIL was */
	bool has_stumbled;   /* the server did, over what it offers: once more, without it */
	size_t accepted;     /* recipients */
	size_t first_later;  /* of those, how many before the first of CLIENT_LATER */
	struct client_outcome outcome; /* of the step at hand */
};

void client_outcome_init(struct client_outcome *o);
void client_outcome_free(struct client_outcome *o);
/* Our own words, as printf(3); CODE is an enhanced status code. A lack of memory cuts the words. */
void client_outcome_set(struct client_outcome *o, enum client_status status, const char *code,
    const char *format, ...) __attribute__((format(printf, 4, 5)));
void client_outcome_copy(struct client_outcome *to, const struct client_outcome *from);

/* 0, or -1 with ENOMEM. */
int client_init(struct client *c);
/*
 * Takes over FD, a connected socket: greeting, EHLO, and HELO if that is refused. HELO_NAME is what
 * this host calls itself. CLIENT_OK, or OUTCOME says why not, and the connection is closed.
 */
enum client_status client_open(
    struct client *c, int fd, struct slice helo_name, struct client_outcome *outcome);
/* The same where LAYER (TLS), which the client takes over, lies over FD already. */
enum client_status client_open_secure(struct client *c, int fd, struct layer *layer,
    struct slice helo_name, struct client_outcome *outcome);
/*
 * Says STARTTLS (RFC 3207), which the server offers. CLIENT_OK: the handshake is next, over c->fd,
 * and client_secure, and nothing else. Else OUTCOME says why not; the session goes on without TLS
 * if it is still open.
 */
enum client_status client_starttls(struct client *c, struct client_outcome *outcome);
/*
 * From here on all goes through LAYER, which the client takes over. EHLO is said again, and what
 * the server said before is forgotten. CLIENT_OK, or OUTCOME, and the connection is closed.
 */
enum client_status client_secure(
    struct client *c, struct layer *layer, struct slice helo_name, struct client_outcome *outcome);
bool client_is_open(const struct client *c);
/* Waits until the server has said something, or has gone: 0, or -1 with ETIMEDOUT. */
int client_wait(struct client *c, deadline until);
/*
 * True if the server has said something, or has gone, while nothing was asked, or was asked about
 * another transaction than T: the connection is of no further use.
 */
bool client_is_stale(struct client *c, const struct client_transaction *t);

void client_transaction_init(struct client_transaction *t);
void client_transaction_free(struct client_transaction *t);
/* For another message: what is kept of the last is forgotten. Memory stays. */
void client_transaction_reset(struct client_transaction *t);
/*
 * One message to at most CLIENT_RECIPIENTS_MAX recipients, in as many transactions as the server's
 * limits ask for. Each gets its outcome, but for t->left of them: those are for another connection
 * to the same server, as this one is at its limits, or failed at what the server offers and will
 * not be asked for again. Where the message as a whole cannot go through this server but might
 * through another, they are CLIENT_PERMANENT with the code 5.6.2 or 5.6.3 (its body), 5.6.7 (an
 * address) or 5.6.9 (its header). If a transaction is ahead, it is this one.
 */
void client_send(struct client *c, struct client_transaction *t);
/* No other message may be begun over this connection. */
bool client_is_full(const struct client *c);
/* What is ahead will not be sent over this connection, nor anything else. */
void client_withdraw(struct client *c);
/* Says QUIT, does not wait for the answer, and closes. */
void client_quit(struct client *c);
/* Closes at once. */
void client_close(struct client *c);
void client_free(struct client *c);

#endif
