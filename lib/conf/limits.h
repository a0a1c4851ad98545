/* SPDX-License-Identifier: ISC */
/*
 * The control file limits: "name: value" lines, each a number that an administrator may want
 * otherwise. One table in limits.c holds every name, default, lowest and highest value; the names
 * are those below with hyphens, and satchel-control(5) explains each.
 */
#ifndef CONF_LIMITS_H
#define CONF_LIMITS_H

#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "conf/control.h"

struct limits {
	uint64_t message_size;	     /* octets accepted, in wire format; 0: none */
	uint64_t message_recipients; /* of one message; RFC 5321 4.5.3.1.8 asks for at least 100 */
	uint64_t list_members;	     /* of a mailing list, with what is nested in it */
	uint64_t list_depth;	     /* lists within lists */
	uint64_t hops;		     /* Received fields, above which a message loops; 6.3 */
	uint64_t spool_cells;	     /* files kept for small messages */
	uint64_t spool_free;	     /* octets that must stay free in the spool's file system */
	uint64_t deliver_by_minimum; /* seconds: BY of RFC 2852 that asks for less is refused */
	uint64_t future_release; /* seconds that a message may be held for (RFC 4865); 0: never */
	uint64_t smtpd_timeout;	 /* seconds that a client may be silent; 4.5.3.2.7 */
	uint64_t smtpd_session;	 /* seconds that one session may take in all */
	uint64_t smtpd_errors;	 /* wrong commands before 421 */
	uint64_t smtpd_sessions; /* at once, in all, where smtpd itself listens */
	uint64_t smtpd_sessions_address; /* at once, from one address (an IPv6 /64) */
	uint64_t smtpd_sender_header;	 /* 1: the control file senders holds for From, too */
	uint64_t smtpd_reveal_client;	 /* 1: Received of a submission says where it is from */
	uint64_t pop3d_timeout;	 /* seconds that a client may be silent; RFC 1939, 3, wants 600 */
	uint64_t pop3d_session;	 /* seconds that one session may take in all */
	uint64_t pop3d_errors;	 /* wrong commands before the end */
	uint64_t pop3d_sessions; /* at once, in all, where pop3d itself listens */
	uint64_t pop3d_sessions_address; /* at once, from one address (an IPv6 /64) */
	uint64_t pop3d_auth_failures;	 /* failed logins of one session before the end */
	uint64_t pop3d_login_delay;	 /* seconds between two logins to a mailbox; 0: none */
	uint64_t pop3d_messages;	 /* of a mailbox that one session shows */
	uint64_t enqueue_workers;	 /* of the service, at most */
	uint64_t enqueue_timeout;	 /* seconds that a submitter may be silent */
	uint64_t deliver_wait; /* seconds that one who asks for it waits for the first attempt */
	uint64_t auth_failures_address; /* failed logins of one client in a period; 0: any number */
	uint64_t auth_failures_login;	/* the same for one login */
	uint64_t auth_failures_period;	/* seconds */
	uint64_t auth_delay;		/* seconds that a failure costs, at most */
	uint64_t smtpd_auth_failures;	/* failed logins of one session before 421 */
	uint64_t authd_workers;		/* of the service, at most */
	uint64_t authd_timeout;		/* seconds that a client of authd may be silent */
	uint64_t accounts_text; /* octets of users above which mailuser folds; 0: never by itself */
	uint64_t tlsd_sessions; /* connections that the service tlsd has under TLS at once */
	uint64_t tlsd_handshake; /* seconds */
	uint64_t tlsd_idle;	 /* seconds without an octet in either direction */
	uint64_t tls_tickets;	 /* seconds that a key of session tickets lives; 0: none */
	/* across processes, in each smtpd_rate_period seconds; 0: none */
	uint64_t smtpd_rate_period;
	uint64_t smtpd_rate_connections;      /* of one network (an IPv4 address, an IPv6 /64) */
	uint64_t smtpd_rate_messages;	      /* likewise */
	uint64_t smtpd_rate_recipients;	      /* likewise */
	uint64_t smtpd_rate_unknown;	      /* likewise: recipients that do not exist */
	uint64_t smtpd_rate_login_messages;   /* of one login, wherever from */
	uint64_t smtpd_rate_login_recipients; /* likewise */
	uint64_t smtpd_policy_timeout;	      /* seconds */
	uint64_t smtpd_dsn_strangers;	      /* 0: who may not relay is not offered DSN */
	uint64_t smtpd_policy_open;    /* 1: a service that does not answer has nothing to say */
	uint64_t smtpd_greet_pause;    /* ms before the greeting, in which nothing may be said */
	uint64_t smtpd_tarpit;	       /* ms by which each refusal is slower than the last */
	uint64_t smtpd_tarpit_maximum; /* ms */
	uint64_t auth_program;	    /* seconds that an outside program may take to check a login */
	uint64_t key_lifetime;	    /* seconds that a key of enqueue stands for one message */
	uint64_t queue_lifetime;    /* seconds after which undelivered mail is returned; 4.5.4.1 */
	uint64_t bounce_lifetime;   /* the same for mail with the null sender */
	uint64_t retry_minimum;	    /* seconds: the shortest interval between attempts */
	uint64_t retry_maximum;	    /* seconds: the longest one */
	uint64_t delay_notice;	    /* seconds after which the sender is told once; 0: never */
	uint64_t bounce_size;	    /* octets of the original that a bounce quotes */
	uint64_t bounce_rate;	    /* bounces that qrun makes a minute, at most */
	uint64_t qrun_active;	    /* messages that qrun holds open at once */
	uint64_t send_workers;	    /* smtp-send processes at once */
	uint64_t send_destination;  /* of those, for one destination */
	uint64_t send_rate;	    /* messages a minute to other servers, in all; 0: any */
	uint64_t deliver_workers;   /* deliver processes at once */
	uint64_t delivery_deadline; /* seconds one delivery may take before its worker is ended */
	/* of a program that an alias or a user's file names; 0: none */
	uint64_t program_deadline;     /* seconds */
	uint64_t program_processes;    /* of its user in all (RLIMIT_NPROC) */
	uint64_t program_file_size;    /* octets, of one file */
	uint64_t program_memory;       /* octets of address space, of each process */
	uint64_t program_output;       /* octets that it may say before it is ended */
	uint64_t smtp_connect_timeout; /* seconds, to one address */
	uint64_t smtp_connect_delay;   /* ms, until the next address is tried beside it */
	uint64_t smtp_timeout;	       /* percent of the time-outs of RFC 5321 4.5.3.2; 100 */
	uint64_t smtp_idle;	       /* seconds that smtp-send keeps an idle connection */
	uint64_t smtp_convert;	       /* 0: what a server does not take as it is comes back */
};

void limits_default(struct limits *l);
/*
 * Reads the file on top of the defaults. 0, or -1: errno of the read, or EINVAL with a line in
 * PROBLEM that says which line, what is wrong and what would be right.
 */
int limits_read(struct limits *l, const struct control *c, struct str *problem);

/* What there is to be set, for who shows it. */
struct limits_setting {
	const char *name;
	size_t offset; /* in struct limits */
	uint64_t preset, lowest, highest;
};

extern const struct limits_setting limits_settings[];
extern const size_t limits_count;

uint64_t limits_value(const struct limits *l, const struct limits_setting *setting);

#endif
