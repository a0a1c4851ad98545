/* SPDX-License-Identifier: ISC */
/*
 * One connection to one server, step by step: what was said, how long it took, and what came
 * instead of a reply. Nothing is judged here, and no step decides that another is not to be taken.
 *
 *	link_init(&l, p);
 *	if (link_open(&l, server) == ANSWERED && link_greet(&l) == ANSWERED &&
 *	    l.client.reply.code == 220 && link_hello(&l) == ANSWERED)
 *		link_say(&l, "VRFY %s", name);
 *	link_close(&l);
 *	link_free(&l);
 *
 * A step is ANSWERED by any reply (421, too), or is done, if it has none. Behind TIMED_OUT the
 * connection stays open, as a reply may yet come; behind LOST, GARBLED and UNSECURED it is closed.
 *
 * Each step blocks for l->timeout_ms at the most. The client's own functions (smtp/client*.h) may
 * be used on l->client in between, behind link_step(), as long as it is open.
 */
#ifndef SMTP_PROBE_LINK_H
#define SMTP_PROBE_LINK_H

#include <sys/types.h>

#include <stdbool.h>
#include <stdint.h>

#include "answer.h"
#include "base/layer.h"
#include "net/tls_finding.h"
#include "net/tls_requirement.h"
#include "report.h"
#include "smtp/client.h"
#include "target.h"

struct probe;
struct tap;

struct link {
	struct client client; /* reply: the last; extensions and so on: those of the last EHLO */
	struct probe *probe;
	const struct server *server;
	enum answer answer; /* of the last step */
	char step[32];	    /* its name: "connect", "greeting", "EHLO", "TLS", a verb */
	int64_t ms;	    /* that it took */
	/* What came of it as one line: the reply with its code, or why there is none; any bytes. */
	struct str words;
	int64_t timeout_ms; /* of each step: --timeout; may be changed */
	struct layer *tls;  /* of net/tls_client.h, or null; the client's */
	struct tls_finding finding;

	/* its own */
	struct tap *tap;
	int64_t began_ms;
	pid_t child;
	bool has_spoken;    /* a reply of SMTP came */
	bool is_introduced; /* link_hello was called */
};

/* Want of memory ends the program. */
void link_init(struct link *l, struct probe *p);
void link_free(struct link *l);

/*
 * Connects, when --pace allows it, and says the PROXY header. SERVER must stay. What was open is
 * closed.
 */
enum answer link_open(struct link *l, const struct server *server);
/*
 * TLS at once, with a server that wants that; R null: with anybody. link_greet does it by itself if
 * nobody has.
 */
enum answer link_secure(struct link *l, const struct tls_requirement *r);
/* Reads the greeting. */
enum answer link_greet(struct link *l);
/*
 * EHLO, and HELO where that is refused (5yz); or LHLO. With --xclient, if this is the first,
 * XCLIENT behind it and EHLO again: where that is not taken, l->step is "XCLIENT", and its reply is
 * what there is.
 */
enum answer link_hello(struct link *l);
/*
 * link_open, link_greet, link_hello, and TLS with anybody as --tls has it: for who wants a session
 * and not its steps. False, with l->step the one to blame, if it did not come to one.
 */
bool link_begin(struct link *l, const struct server *server);

/* One command, without its CRLF, and its reply. */
enum answer link_say(struct link *l, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Any octets; no reply is read. */
enum answer link_send(struct link *l, struct slice octets);
/* The next reply. */
enum answer link_reply(struct link *l);
/*
 * STARTTLS. ANSWERED with another code than 220: refused, and the session goes on. ANSWERED with
 * l->tls set: all is under TLS, and EHLO comes next. R null: with anybody, as opportunistic senders
 * do. GARBLED, too, where the server said something behind its reply (RFC 3207, 4.2).
 */
enum answer link_starttls(struct link *l, const struct tls_requirement *r);

/* Begins a step named NAME: its time, and l->client.hard for functions of the client's. */
void link_step(struct link *l, const char *name);
/* Ends it. FORMAT null: words are those of the reply, if it is ANSWERED. */
enum answer link_end_step(struct link *l, enum answer answer, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* How far it has come since link_open, for report_reached: any reply is REACHED. */
enum reached link_reached(const struct link *l);
bool link_is_open(const struct link *l);
/* QUIT, whose reply is waited for a second; at once where the last step was not answered. */
void link_close(struct link *l);
/* Closes without a word. */
void link_drop(struct link *l);

#endif
