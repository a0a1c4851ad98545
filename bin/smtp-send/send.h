/* SPDX-License-Identifier: ISC */
/* What the parts of smtp-send share: its settings, one attempt at a delivery, and where it may go.
 */
#ifndef SMTP_SEND_H
#define SMTP_SEND_H

#include <sys/socket.h>

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/slice.h"
#include "base/str.h"
#include "conf/cidr.h"
#include "conf/limits.h"
#include "net/credentials.h"
#include "net/dns.h"
#include "net/idn.h"
#include "net/reach.h"
#include "net/source.h"
#include "net/tls_policy.h"
#include "net/tls_requirement.h"
#include "secure.h"
#include "smtp/client.h"

#define PROGRAM "smtp-send"

/* Bounds of one attempt, smtp-send(8) has them too. */
#define EXCHANGERS_MAX 10	/* looked up */
#define ADDRESSES_MAX 10	/* connected to */
#define TRANSACTIONS_MAX 3	/* begun, each with another server */
#define CONNECTION_MESSAGES 100 /* sent over one connection, unless the job says otherwise */
#define TURN "turn:"		/* destinations that are a connection handed over */
#define REOPENED_MAX 10 /* connections for one message because a server takes little over one */
#define HOPS_MAX 32	/* addresses of the exchangers of one preference that are kept */
#define FAMILY_MAX 8	/* of one exchanger, IPv6 and IPv4 each */

struct hop {
	char name[256]; /* of a socket: its path */
	bool is_lmtp;
	bool is_smtps;	    /* TLS comes first */
	char expanded[256]; /* where aliases lead */
	bool is_literal;    /* the name is none */
	bool is_secure;	    /* the address is, by DNSSEC */
	bool is_done;	    /* it was tried, or must not be */
	struct sockaddr_storage address;
	socklen_t len;
};

struct sender {
	struct dns *dns;
	struct tls_policy *tls_policy;
	struct limits limits;
	struct str me, helo;
	uint16_t mx_port;     /* 25, but on a test bed */
	struct client client; /* kept from job to job */
	struct secure secure;
	/* Called when a server could not be reached, with client.argument. May be null. */
	void (*is_away)(void *argument);
	struct sources sources; /* sendfrom */
	struct cidr_list own;	/* ownaddresses */
	struct reach reach;
	struct credentials credentials;
	bool has_no_credentials;       /* there are some that this user may not read */
	struct str destination;	       /* that it is connected for */
	struct credential *credential; /* and by which it was logged in; null: by none */
	struct hop connected;	       /* that it is connected to */
	struct source source;	       /* from there */
	struct str hello;	       /* what it said in EHLO, or will */
	struct str relay;	       /* what it is connected to: name[address]:port */
	/* A connection that somebody opened to fetch his mail (ATRN), until it is greeted; else -1.
	 */
	int turned_fd;
	bool counts_tls;			/* there is the control file tls-report */
	int outcomes_fd;			/* where outcomes of TLS are told; -1 for nowhere */
	struct sockaddr_storage outcome_source; /* our end of the connection at hand */
};

/* Of the command line: whom to log in as. */
struct identity {
	const char *login; /* null: as credentials says */
	const char *password_file;
	const char *mechanisms; /* null: the usual ones */
	bool is_insecure;
};

struct attempt_recipient {
	struct slice address, notify, original;
	struct str sent; /* the address with A-labels, where that was not so and helps */
	struct client_outcome outcome;
	struct str relay;
	char tls[TLS_TEXT_SIZE];
	int64_t connect_ms, transfer_ms;
	bool is_settled;  /* no other server may change the outcome */
	bool is_answered; /* the server at hand has said its word */
	bool keeps_by;	  /* it knows BY (RFC 2852) */
	bool notifies;	  /* the server knows NOTIFY (RFC 3461) */
	bool is_put_off;  /* one of the servers so far had a temporary failure for it */
};

struct attempt {
	struct slice destination;
	struct client_message message;
	struct attempt_recipient recipients[CLIENT_RECIPIENTS_MAX];
	size_t count;
	deadline until;
	uint64_t per_connection; /* messages, then it is closed */
	struct str reverse_path; /* likewise with A-labels */
	/* what the server at hand is asked: those recipients that are not settled */
	struct client_transaction transaction;
	struct client_recipient asked[CLIENT_RECIPIENTS_MAX];
	size_t asked_index[CLIENT_RECIPIENTS_MAX]; /* in recipients */
	/* of the servers so far that did not come to hear of a recipient: */
	struct client_outcome failure;
	struct str failure_relay;
	int64_t connect_ms; /* of the connection in use */
	bool is_optional;   /* TLS is, by its header; once that is looked at */
	bool is_looked_at;
	/* of --explain (explain.h): */
	bool is_explained; /* no message is sent: the envelope alone */
	bool is_reached;   /* a server that would be asked */
	const char *step;  /* at hand */
	int64_t step_began;
};

/* The servers for a destination, those of one preference at a time. */
struct hops {
	struct dns_exchangers exchangers;
	char domain[IDN_NAME_SIZE]; /* of the destination, with A-labels */
	struct tls_destination to;
	const struct hop *decided; /* that TLS and VERDICT are of, and of all with its name */
	struct tls_requirement tls;
	enum tls_verdict verdict;
	size_t next;	   /* exchanger */
	struct slice rest; /* of a route: the servers behind the one that is tried */
	bool is_lmtp;	   /* they speak that (RFC 2033) */
	bool is_smtps;	   /* TLS comes first (RFC 8314, 3.3) */
	struct hop list[HOPS_MAX];
	size_t count;
};

/* Reads the control directory. Ends the program if that fails. */
void sender_open(struct sender *s);
void sender_close(struct sender *s);

void attempt_init(struct attempt *a);
void attempt_free(struct attempt *a);
/* Empties it for the next; memory stays. */
void attempt_reset(struct attempt *a);
/*
 * Makes the transaction, so that the first server can be asked behind the message before. The
 * attempt must stay where it is from then on.
 */
void attempt_prepare(struct attempt *a);
/* Tries, up to a->until; every recipient has its outcome then. The connection may stay open. */
void attempt_run(struct sender *s, struct attempt *a);
/* A server, or the way to it, failed. What may pass away by itself outweighs what does not. */
void attempt_note_failure(
    struct attempt *a, const struct client_outcome *outcome, struct slice relay);

/*
 * Races the hops of H that are not done yet, at most *ADDRESSES of which the number is taken off.
 * The one that FD leads to now, or null; notes in A those who could not be reached.
 */
struct hop *race_run(
    struct sender *s, struct attempt *a, struct hops *h, unsigned *addresses, int *fd);
/* True if what is open comes from where sendfrom would have it for the destination of H. */
bool race_is_from_same(const struct sender *s, const struct hops *h);

/* Sets s->relay: NAME[ADDRESS]:PORT. */
void connection_name(struct sender *s, const struct hop *hop);
/*
 * Opens a session over FD, which leads to HOP and is taken over, for a->destination, with TLS as it
 * is required. False, with OUTCOME set, where that fails. s->relay tells of it in either case.
 */
bool connection_open(struct sender *s, struct attempt *a, const struct hop *hop, int fd,
    const struct tls_requirement *tls, struct client_outcome *outcome);
/* The same with who is at the other end of FD, which is taken over; s->relay is set already. */
bool connection_greet(struct sender *s, struct attempt *a, int fd, struct client_outcome *outcome);
/* What is open is for a->destination from now on. */
void connection_note_destination(struct sender *s, const struct attempt *a);

/* From now on it is this identity, everywhere. Ends the program if that fails. */
void identity_use(struct sender *s, const struct identity *identity);
/* Whom A is to be logged in as at HOP; null: nobody. */
struct credential *login_find(
    const struct sender *s, const struct attempt *a, const struct hop *hop);
/* False, with OUTCOME set, while it is no use to connect. ONE may be null. */
bool login_is_hopeful(const struct credential *one, struct client_outcome *outcome);
/* A server that is told a secret must have shown who it is. ONE may be null. */
void login_require(const struct credential *one, struct tls_requirement *tls);
/*
 * Logs in behind EHLO. False, with OUTCOME set and the connection closed, where that fails and mail
 * must not go without.
 */
bool login_run(struct sender *s, struct attempt *a, struct client_outcome *outcome);
/* A relay that wants a login (530) says nothing about the mail, which waits until somebody helps.
 */
void login_judge(const struct attempt *a, struct client_outcome *outcome);

/*
 * Finds out where a->destination is. True, and hops_next_group gives the servers; false, and the
 * failure of A says why there are none. hops_close in any case.
 */
bool hops_open(struct sender *s, struct attempt *a, struct hops *h);
/* False behind the last group. Failures to look up a server are noted in A. */
bool hops_next_group(struct sender *s, struct attempt *a, struct hops *h);
/* Looks up at once what hops_decide will want to know of the servers of the group. */
void hops_prefetch_tls(struct sender *s, struct attempt *a, const struct hops *h);
/* Sets h->tls for HOP, which is in h->list. False, with OUTCOME set, if it must not have the mail.
 */
bool hops_decide(struct sender *s, struct attempt *a, struct hops *h, const struct hop *hop,
    struct client_outcome *outcome);
void hops_close(struct hops *h);

/* True if what is open, for another domain, may turn out to serve a->destination. */
bool kept_may_be_taken_over(const struct sender *s, const struct attempt *a);
/*
 * That of the hops of H, servers of the first preference there are, which the open connection leads
 * to, if it was opened as a->destination wants it, too: it is for this one then. Else null.
 */
struct hop *kept_take_over(struct sender *s, struct attempt *a, struct hops *h);

/* Before the session: which address of ours it has. */
void outcomes_note_source(struct sender *s, int fd);
/* What became of TLS in a session with HOP that was tried, for the last decision of H. */
void outcomes_tell_session(
    struct sender *s, struct attempt *a, const struct hops *h, const struct hop *hop, bool is_open);
/* HOP must not have the mail, by that decision. */
void outcomes_tell_refusal(
    struct sender *s, struct attempt *a, const struct hops *h, const struct hop *hop);

/* Takes jobs from fd 0 until that closes: the program's exit code. */
int worker_run(struct sender *s);
/*
 * Standard input as a message in wire format: a descriptor of a file without a name, and its
 * length. Ends the program if that fails.
 */
int input_read(uint64_t size_max, uint64_t *length);

#endif
