/* SPDX-License-Identifier: ISC */
/*
 * What qrun and its workers (smtp-send, deliver) say to each other over a SOCK_SEQPACKET pair: jobs
 * one way, results the other. Fields (base/fields.h, NUL-terminated) in packets (base/packet.h);
 * satchel(7), Workers, lists the letters. A worker may be given several jobs before it answers the
 * first; it answers each recipient of a job once and says, with the last answer or behind it, that
 * the job is done. A job that it has not begun it may give back. Either side drops the other when
 * it breaks these rules.
 */
#ifndef SPOOL_JOB_H
#define SPOOL_JOB_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/slice.h"
#include "base/str.h"
#include "spool/tls_outcome.h"

#define JOB_RECIPIENTS_MAX 100 /* RFC 5321, 4.5.3.1.8: what any next hop must take at once */
#define JOB_REPLY_MAX 400      /* octets of a reply that a result carries; more is cut */

struct job_recipient {
	struct slice address;	/* forward-path as in the envelope */
	struct slice extension; /* deliver: of the system user's address */
	struct slice targets;	/* deliver: of an alias or hosted address; TABs between targets */
	struct slice notify;	/* RFC 3461 NOTIFY as received, empty if not given */
	struct slice original;	/* RFC 3461 ORCPT as received, empty if not given */
};

struct job {
	uint64_t number;	  /* qrun's, in each result */
	struct slice id;	  /* of the message */
	struct slice destination; /* route.next_hop, "user:NAME", or "targets:" */
	struct slice reverse_path;
	struct slice body;	  /* 7BIT, 8BITMIME, BINARYMIME; empty when not said */
	struct slice envelope_id; /* RFC 3461 ENVID, empty if not given */
	struct slice return_part; /* RFC 3461 RET, empty if not given */
	struct slice submitter;	  /* RFC 4954 AUTH in xtext, empty if not given */
	struct slice deliver_by;  /* RFC 2852 BY, as envelope_read_deliver_by reads it; or empty */
	int priority;		  /* RFC 6710 */
	bool is_utf8;		  /* RFC 6531: its addresses or header fields need SMTPUTF8 */
	bool requires_tls;	  /* RFC 8689 */
	uint64_t deadline;	  /* seconds that the delivery may take */
	uint64_t per_connection;  /* messages that may go over one connection; 0: the usual */
	off_t offset;		  /* the message begins here in the file of fd */
	uint64_t length;	  /* octets, in wire format */
	int fd;			  /* read-only; use pread; -1 before it is known */
	struct job_recipient recipients[JOB_RECIPIENTS_MAX];
	size_t count;
	/* no job: fd is a connection, for jobs whose destination begins "turn:"; how to call it */
	struct slice connection;
	char *storage; /* what the slices of a received job point into; owned */
};

enum job_status { JOB_DELIVERED, JOB_TEMPORARY, JOB_PERMANENT };

struct job_result {
	/* Not empty: no result, but what became of TLS in a session (tls_counts_add takes it). */
	struct slice tls_outcome;
	uint64_t number;
	bool done;     /* the job is over */
	bool returned; /* the job was not begun, and will not be: only number counts */
	/* JOB_DELIVERED: whoever has it now tells the sender of its success (RFC 3461, 5.2.1) */
	bool keeps_by; /* it was told of BY (RFC 2852), and heeds it */
	bool notifies;
	/* JOB_DELIVERED: it went to several addresses, who are not asked for reports of success */
	bool is_expanded;
	bool answers;	  /* what follows counts (received; what is sent by job_send_result does) */
	size_t recipient; /* index in job.recipients */
	enum job_status status;
	struct slice code;  /* enhanced status code, RFC 3463: "2.0.0" */
	struct slice relay; /* who answered: "mx.example.org[192.0.2.1]:25", or where it was put */
	struct slice reply; /* its words, or ours; escaped, one line */
	struct slice tls;   /* "none", "TLSv1.3 verified" …; empty where that is no question */
	int64_t connect_ms, transfer_ms;
};

/* qrun's side. 0, or -1 with errno (packet_send's, str's). */
int job_send(int fd, const struct job *job, deadline until);
/* Hands FD over as the connection that jobs for "turn:..." go over; RELAY is what to call it. */
int job_send_connection(int fd, int connection, struct slice relay, deadline until);
/*
 * 1 and a result whose slices point into BUF (PACKET_MAX bytes), 0 when the worker has gone, -1
 * with errno: EPROTO for what is no result.
 */
int job_receive_result(int fd, char *buf, struct job_result *result, deadline until);

/* The worker's side: 1 and a job to be freed, 0 when qrun has gone, -1 with errno (EPROTO). */
int job_receive(int fd, struct job *job, deadline until);
void job_free(struct job *job); /* closes fd, too */
/* REPLY may hold any bytes: it is escaped and cut here. DONE may be said with the last. */
int job_send_result(int fd, const struct job_result *result, deadline until);
/* Between results, while there is a job. */
int job_send_tls_outcome(int fd, const struct tls_outcome *outcome, deadline until);
int job_send_done(int fd, uint64_t number, deadline until);
int job_send_returned(int fd, uint64_t number, deadline until);

#endif
