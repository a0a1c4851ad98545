/* SPDX-License-Identifier: ISC */
/* What the parts of conform share, and the rows that its tables are made of; see conform.h. */
#ifndef SMTP_PROBE_CONFORM_PARTS_H
#define SMTP_PROBE_CONFORM_PARTS_H

#include <stdbool.h>
#include <stddef.h>

#include "conform.h"
#include "judge.h"
#include "link.h"
#include "probe.h"

#define CHECK_STEPS 7

/*
 * SEND is one write. In it stand, between braces: {from} and {to}, paths with their angle brackets;
 * {hello}, EHLO or LHLO and our name; {helo}, the name alone; {local} and {domain} of the
 * recipient; {header}, that of a test message with the empty line; {xN}, so many times x; {over},
 * an octet more than the server's SIZE. Null SEND ends the steps.
 *
 * WANT is a word for each reply: beginnings of codes with "|" between; "E": that of EHLO, which
 * shows that no reply came too many. The replies that answer the question begin with "!"; another
 * one than the wanted is "no". In front of it a reply that is not the wanted one leaves the
 * question open.
 */
struct check_step {
	const char *send, *want;
	unsigned repeat; /* so many times; 0: once */
};

enum check_flag {
	CHECK_SENDS = 1,	 /* a message, if all goes well */
	CHECK_NO_LMTP = 2,	 /* RFC 2033 does not ask for it */
	CHECK_MAY_CLOSE = 4,	 /* the server may close behind a reply that refuses */
	CHECK_COUNTS = 8,	 /* a temporary "too many" answers the question, too */
	CHECK_NEEDS_DOMAIN = 16, /* of the recipient */
	CHECK_NEEDS_LIMIT = 32	 /* of SIZE */
};

struct check {
	const char *id;
	const char *about;  /* which of several with one id; or null */
	const char *source; /* "RFC 5321, 4.1.1.5" */
	const char *text;   /* what holds if it is "yes": a sentence */
	enum weight weight; /* of a "no" */
	const char *needs;  /* an EHLO keyword; null: none */
	unsigned flags;
	enum question asked;
	struct check_step steps[CHECK_STEPS];
};

/* Those of commands, and those in which a message is sent; the last has no id. */
extern const struct check conform_commands[], conform_messages[];

struct conform {
	struct probe *probe;
	const struct server *server;
	struct link link;
	struct slice to, from; /* without brackets */
	bool may_send;	       /* messages */
	size_t errors, checks; /* over this connection */
	bool is_in_data;       /* the server waits for the end of a message */
	bool no_reset;	       /* RSET does not do what it should */
	bool no_tls;	       /* it was seen not to work */
	size_t failures;       /* of connections, one after the other */
	/* of the first EHLO, and of that under TLS */
	struct str greeting, ehlo, ehlo_tls;
	size_t ehlo_lines;
	/* what all replies have in common; see conform_watch.c */
	struct str without_status, bare;
	size_t replies;
};

struct finding {
	enum verdict verdict;
	struct str reply;
	int code;	    /* of the reply; 0 without one */
	enum cause cause;   /* as of a recipient */
	const char *wanted; /* of the reply that was not it; not terminated at its end */
};

/* A session that a check may begin in: the one at hand or a new one. False: it cannot be had. */
bool conform_begin(struct conform *c);
/* True if the server offers KEYWORD, under TLS where that is on. */
bool conform_is_offered(const struct conform *c, const char *keyword);
/* SEND with what stands between braces put in. */
void conform_expand(
    const struct conform *c, const struct check *check, const char *send, struct str *out);
/* Asks and judges; nothing is written to the report. */
void conform_ask(struct conform *c, const struct check *check, struct finding *f);
/* STARTTLS with a command behind it in the same write. */
void conform_inject(struct conform *c);
/* QUIT, and that the server closes. */
void conform_quit(struct conform *c);
/* The form of greeting, EHLO, and of all replies so far. */
void conform_forms(struct conform *c);
/* Every reply that is read passes here; those to EHLO and HELO have no enhanced status code. */
void conform_watch(struct conform *c, bool is_hello);
/* A result of this server's, with the source and so on of the row. */
struct result *conform_add(struct conform *c, const struct check *check, enum verdict verdict);
/* The same for what was not asked, and WHY. */
void conform_add_unasked(struct conform *c, const struct check *check, const char *why);

#endif
