/* SPDX-License-Identifier: ISC */
/*
 * From an address to where its mail goes: the one function that smtpd at RCPT, qrun and "sendmail
 * -bv" share, so that they cannot disagree. Order: locals (domains of system users; aliases first),
 * virtual (hosted domains), relay domains and all others: the route of the domain, then that of the
 * sender (senderroutes; not to relay domains, which anybody may write to under anybody's name),
 * then the route of everything, then DNS. It ends at user and extension; homes are read by deliver
 * alone.
 */
#ifndef CONF_ROUTE_H
#define CONF_ROUTE_H

#include <stdbool.h>

#include "base/slice.h"
#include "base/str.h"
#include "conf/control.h"

struct extensions;
struct routes; /* the tables, read once; opaque */

enum route_kind {
	ROUTE_USER,	 /* a system user: user, extension */
	ROUTE_TARGETS,	 /* an alias or hosted address: targets, one a line, as in aliases(5) */
	ROUTE_SMTP,	 /* elsewhere, by smtp-send: next_hop */
	ROUTE_GATEWAY,	 /* elsewhere, by deliver: next_hop, user */
	ROUTE_ERROR,	 /* elsewhere, and refused: code, reason */
	ROUTE_DISCARD,	 /* elsewhere, and thrown away: reason, which may be empty */
	ROUTE_UNKNOWN,	 /* the domain is ours and has no such recipient: 550 5.1.1 */
	ROUTE_TEMPORARY, /* it cannot be said now (user database down): 451 4.3.0 */
};

/*
 * A target is an address, to which a copy goes; /path/, a Maildir; /path, an mbox; or one of these:
 * "|command", a program; ":include:/path", a file of addresses; "user:NAME", the mail of the system
 * user NAME as his own files say, with no more aliases (an alias that names itself beside others);
 * "mailbox:NAME", his default mailbox (\NAME); "postmaster:", the Maildir postmaster/ in the
 * spool's folder, for mail to postmaster and to users with uid 0 that no alias sends elsewhere.
 */
#define ROUTE_TARGET_PROGRAM "|"
#define ROUTE_TARGET_INCLUDE ":include:"
#define ROUTE_TARGET_USER "user:"
#define ROUTE_TARGET_MAILBOX "mailbox:"
#define ROUTE_POSTMASTER "postmaster:"
/*
 * In front of a path: the quota of that Maildir, as users has it. An alias or hosted address whose
 * value is "lmtp:..." alone has no targets, but ROUTE_SMTP.
 */
#define ROUTE_TARGET_QUOTA "quota:"
#define ROUTE_TARGET_LMTP "lmtp:"
/* The first target of a mailing list: behind it come its settings (conf/lists.h). */
#define ROUTE_LIST "list:"

/* One step of the way to a route: what a table said, or that it had nothing to say. */
struct route_step {
	const char *file;   /* the control file; "/etc/aliases"; "passwd" is the user database */
	size_t line;	    /* of the entry; 0: no entry, or no lines */
	struct slice key;   /* of the entry; without one, what was looked up */
	struct slice value; /* of the entry */
	const char *says;   /* what follows from it, in a few words */
};

/* Told of each step, in order; what STEP points to holds until it returns. */
typedef void route_note(void *context, const struct route_step *step);

struct route {
	enum route_kind kind;
	bool is_ours;	 /* local or hosted: accepted from strangers */
	bool is_relay;	 /* in relaydomains: accepted from strangers and sent on */
	bool is_held;	 /* ROUTE_SMTP: kept until its domain is asked for (ETRN, ATRN) */
	struct str user; /* ROUTE_USER: a name of the user database; ROUTE_GATEWAY: runs as him */
	struct str
	    extension; /* ROUTE_USER: what follows the first + of the local part; may be empty */
	struct str targets; /* ROUTE_TARGETS: see below; LF after each */
	/*
	 * ROUTE_SMTP: what smtp-send is told, "mx:DOMAIN" (look up MX), "smtp:HOST:PORT" (that
	 * host's addresses; HOST may be an IPv4 address or an IPv6 address in brackets),
	 * "smtps:HOST:PORT" (the same with TLS from the start), several of these with commas
	 * between, to be tried in this order, "lmtp:HOST:PORT" or "lmtp:unix:/path".
	 * ROUTE_GATEWAY: what deliver is told, "pipe:..." or "bsmtp:..." (conf/gateway.h).
	 */
	struct str next_hop;
	struct str code;   /* ROUTE_ERROR: "5.1.2"; of class 4 it is temporary */
	struct str reason; /* why, in a few words; of ROUTE_ERROR the words for the sender */
	route_note *note;  /* set by the caller behind route_init, or null */
	void *note_context;
};

/*
 * Reads the tables (me, locals, virtual, domains, users, aliases, relaydomains, routes,
 * senderroutes, roles, extensions, mailuser, programuser, srs), those that are compiled as they are
 * found then. Null with errno: for EINVAL, PROBLEM says what is wrong, with file and line; else it
 * may name the file. Blocks on files alone.
 */
struct routes *routes_open(const struct control *c, struct str *problem);
void routes_free(struct routes *r);
/*
 * Reads one of these files alone, as routes_open does. 0, or -1 with errno; false *KNOWN: it is
 * none of them.
 */
int routes_check(const struct control *c, const char *name, bool *known, struct str *problem);
/* The name of this host, as the file me or gethostname(2) has it. */
struct slice routes_me(const struct routes *r);
/* The user whom mail for hosted domains is delivered as: the file mailuser, default "vmail". */
struct slice routes_mail_user(const struct routes *r);
/* What separates extensions in local parts of this host. */
const struct extensions *routes_extensions(const struct routes *r);
/* The user whom programs of aliases run as: the file programuser, default "nobody". */
struct slice routes_program_user(const struct routes *r);
/*
 * Of the tables' answers, that alone which locals gives, for who needs no route: 1 if DOMAIN is one
 * of system users, 0, or -1 with errno and, for EINVAL, PROBLEM, as routes_open has them.
 */
int routes_find_local(const struct control *c, struct slice domain, struct str *problem);
/* A domain or literal for which this host is the final destination (locals, virtual, domains). */
bool routes_is_ours(const struct routes *r, struct slice domain);

/*
 * The entry of the file lists that counts for the alias NAME, where several domains of this host's
 * users may have one: 1, 0 for no list, or -1. *KEY and *SETTINGS hold as long as the tables.
 */
int routes_find_list(
    const struct routes *r, struct slice name, struct slice *key, struct slice *settings);
/*
 * For who will ask for many: reads all of lists, where that is compiled, as its order is found
 * faster in memory. 0, or -1 with ENOMEM, or EIO where it is damaged; R can be asked all the same.
 */
int routes_read_lists(struct routes *r);
/*
 * The reverse-path under which a message from SENDER, who is not null, leaves this host when it is
 * forwarded (conf/srs.h). 1 with it added to OUT, 0 if that is SENDER, or -1 with ENOMEM.
 */
int routes_wrap_sender(const struct routes *r, struct slice sender, struct str *out);
/* False where there are keys for that which this user may not read. */
bool routes_can_wrap(const struct routes *r);

/*
 * What ADDRESS, of a domain of ours, stands for by the tables alone: ROUTE_TARGETS, where "user:"
 * names whoever it is, as the user database is not asked; or another kind, which then means
 * nothing. 0, or -1 with ENOMEM.
 */
int route_targets(const struct routes *r, struct slice address, struct route *route);

/*
 * True for LOCAL, as written, where it names a system user past all aliases: deliver alone has a
 * use for that, and nobody outside may reach what aliases send elsewhere.
 */
bool route_is_past_aliases(struct slice local);

void route_init(struct route *route);
void route_free(struct route *route);
/*
 * Where ADDRESS goes, whoever sends: a mailbox, valid by address_parse; a bare local part counts as
 * local. May block on the user database (getpwnam). 0 and *route filled, or -1 with ENOMEM.
 */
int route_find(const struct routes *r, struct slice address, struct route *route);
/* The same for mail from SENDER, the reverse-path, empty for the null one. */
int route_find_from(
    const struct routes *r, struct slice sender, struct slice address, struct route *route);

#endif
