/* SPDX-License-Identifier: ISC */
/*
 * One SMTP session, the server's side (RFC 5321; smtpd(8) has the states and every reply). All of
 * it hangs off struct session; session_reset is the one place where a transaction ends. The
 * commands are a table in session_table.c with a handler each.
 */
#ifndef SMTP_SESSION_H
#define SMTP_SESSION_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/reader.h"
#include "base/str.h"
#include "base/tally.h"
#include "base/writer.h"
#include "conf/asking.h"
#include "conf/cidr.h"
#include "conf/limits.h"
#include "conf/route.h"
#include "conf/table.h"
#include "mail/complete.h"
#include "mail/wire.h"
#include "net/peer.h"
#include "net/tls_info.h"
#include "smtp/dotted.h"
#include "smtp/policy.h"
#include "spool/submit.h"

struct ucspi_tls;

#define SESSION_LOGIN_MAX 255 /* octets */

enum session_mode {
	SESSION_SMTP,
	SESSION_SUBMISSION, /* RFC 6409 */
	SESSION_LMTP,	    /* RFC 2033 */
};

/* Whom VRFY and EXPN tell the truth; others hear 252. */
enum session_verify { SESSION_VERIFY_TRUSTED, SESSION_VERIFY_NEVER, SESSION_VERIFY_ALWAYS };

/* What all sessions of a process share; read once and never changed. */
struct session_settings {
	enum session_mode mode;
	enum session_verify verify;
	const char *program; /* for log lines */
	struct limits limits;
	const struct routes *routes;
	bool routes_are_late; /* there are newer ones that cannot be read (conf/routes_stamp.h) */
	struct tally *tally;  /* null: nothing is counted across sessions */
	int transcript;	      /* a file to write what is said to; 0: none */
	const struct policy *policy; /* services to be asked; null: none */
	/* as whom a login may write; null: as anybody */
	const struct table *senders;
	const struct table *relay_certificates; /* by fingerprint; may be null */
	bool has_logins;			/* authd may be asked: see authd_is_configured */
	const struct asking *asking;		/* who may use ETRN and ATRN; may be null */
	bool has_tls;				/* tlsd has certificates */
	bool tls_first;				/* TLS from the first octet */
	const struct ucspi_tls *ucspi_tls;	/* null where the connection did not come with it */
	const struct cidr_list *relay_hosts, *xclient_hosts; /* either may be null */
	const struct executor *executor; /* executes helpers; null: this process may itself */
};

struct session_client {
	struct peer peer;
	uint16_t port;	    /* 0 where it is not known */
	struct peer server; /* what the client connected to, where somebody told */
	uint16_t server_port;
	bool is_hidden;	  /* behind who did not say its address: peer is that host's */
	const char *name; /* in the DNS, as the environment has it; null or "" where unknown */
	bool may_relay;	  /* for its address, or as the environment has it */
	struct tls_info tls;
	char login[SESSION_LOGIN_MAX + 1]; /* whom AUTH showed it to be; "" before */
};

enum session_end {
	SESSION_GOES_ON,
	SESSION_QUIT,
	SESSION_EOF,
	SESSION_SILENT,	 /* no command in time */
	SESSION_LONG,	 /* over the session's time */
	SESSION_ERRORS,	 /* too many wrong commands */
	SESSION_LOGINS,	 /* too many failed logins */
	SESSION_AHEAD,	 /* the client did not wait for a reply that it had to wait for */
	SESSION_TURNED,	 /* ATRN: the connection is another's */
	SESSION_EARLY,	 /* the client spoke before the greeting */
	SESSION_REFUSED, /* told 421 for a limit or by policy */
	SESSION_CHUNK,	 /* what follows BDAT cannot be told from commands */
	SESSION_UNKNOWN, /* the spool went away during a commit: no reply may be given */
	SESSION_TLS,	 /* no TLS came about */
	SESSION_FAILED,	 /* the connection broke, or no memory: reason */
};

/* What is to be said to a command; code 0: nothing is against it. */
struct verdict {
	int code;
	const char *status, *text;
};

/* What XCLIENT said, and whether it may be said. */
struct session_xclient {
	bool is_allowed; /* to the host that connected, until whom it named has spoken */
	bool is_used;
	bool has_address, has_login; /* it named them */
};

/* What AUTH needs to know between its commands. */
struct session_auth {
	struct str mechanisms; /* those that EHLO lists, with blanks between */
	bool is_asked;	       /* for them */
	uint64_t failures;
};

enum incoming_fate {
	FATE_GOOD,
	FATE_BARE,
	FATE_LOOP,
	FATE_TOO_LARGE,
	FATE_FROM,
	FATE_MIXED,
	FATE_POLICY,
	FATE_NOT_STORED
};

/* A message on its way in, by DATA or in chunks. */
struct session_incoming {
	bool is_begun;		  /* BDAT: a chunk has come, and none was the last */
	struct dotted dotted;	  /* DATA */
	struct wire_check check;  /* BDAT */
	struct complete complete; /* of a submission; else is_over */
	uint64_t size;		  /* octets of the message so far, as RFC 1870 counts */
	uint64_t trace_size;	  /* of the Received field that goes before it */
	enum incoming_fate fate;
	bool is_told;		   /* that fate is in the log */
	enum submit_result stored; /* FATE_NOT_STORED: how the spool failed */
};

/* Policy services, as far as they were asked. */
struct session_policy {
	struct policy_link links[POLICY_SERVICES_MAX];
	bool is_gone[POLICY_SERVICES_MAX]; /* waited for in vain: not again for each recipient */
	uint64_t instance;	/* the same in all requests about one message; 0: none yet */
	struct verdict verdict; /* FATE_POLICY */
	char status[40];	/* what verdicts point to */
	struct str text;	/* likewise */
	struct str prepended;	/* fields to be put in front of the message */
	struct str request, answer;
};

/* Between MAIL and the end of the message. */
struct session_transaction {
	bool active;
	bool is_utf8;	  /* SMTPUTF8 */
	const char *body; /* BODY; "" when not said */
	uint64_t size;	  /* as declared; 0 when not said */
	int priority;	  /* MT-PRIORITY, as it was taken */
	struct session_incoming incoming;
	struct str reverse_path;
	struct str first;    /* the first recipient */
	struct str envelope; /* fields for submit_begin */
	size_t recipients;
};

struct session {
	const struct session_settings *settings;
	struct session_client client;
	struct session_xclient xclient;
	struct str xclient_name;
	struct slice name; /* the client's, if it is a domain */
	struct reader reader;
	struct writer writer;
	struct submit submit;
	struct route route;	       /* of the recipient at hand */
	struct str helo;	       /* empty before HELO and EHLO */
	bool extended;		       /* EHLO */
	unsigned offered;	       /* enum parameter_extension */
	struct transcript transcript;  /* without a file: fd 0, and nobody points to it */
	struct session_policy *policy; /* null until one is asked; owned */
	struct session_auth auth;
	struct session_transaction transaction;
	struct helper tls; /* tlsd, once TLS is on; its fd is -1: it is the connection */
	bool is_behind_lf; /* the line at hand had a bare LF, and goes on */
	uint64_t messages, errors, refused;
	int64_t began_ms;
	deadline until; /* of the session */
	enum session_end end;
	int error; /* SESSION_FAILED: errno */
};

/* The session reads IN and writes OUT, which may be one descriptor. 0, or -1 with ENOMEM. */
int session_init(struct session *s, const struct session_settings *settings,
    const struct session_client *client, int in, int out);
/* From the greeting to the last reply; logs what smtpd(8) says. */
void session_run(struct session *s);
void session_free(struct session *s);

/* Drops what there is of a transaction. */
void session_reset(struct session *s);
/*
 * As after the greeting: what the client said so far (transaction, HELO, login) is forgotten, as
 * STARTTLS and XCLIENT want it.
 */
void session_start_over(struct session *s);
/* The session goes on over another descriptor, which it does not own; nothing may be unread. */
int session_take_descriptor(struct session *s, int fd);

#endif
