/* SPDX-License-Identifier: ISC */
/*
 * What the parts of the look share: one server, its session so far, and what it said to EHLO. A
 * session that ends early is told by what ended it; all that was to be asked behind is then
 * "could not tell", for the same reason (look_leave).
 */
#ifndef LOOK_PARTS_H
#define LOOK_PARTS_H

#include "judge.h"
#include "link.h"
#include "probe.h"
#include "target.h"

/* What was said to EHLO. */
struct look_hello {
	bool is_said;	 /* it was asked, and there is a reply 2yz */
	bool is_esmtp;	 /* to EHLO or LHLO, not HELO */
	bool is_none;	 /* it does not know EHLO: it has no extensions */
	bool is_vague;	 /* cut, or overwritten on its way: what is missing may be there */
	struct str text; /* lines after the first; LF between */
	char name[256];	 /* the first word of the first line */
	int64_t ms;
};

/* How one address did, for what can be said of its family. */
enum look_reach { LOOK_CONNECTED, LOOK_REFUSED, LOOK_NO_ROUTE, LOOK_NOT_CONNECTED };

struct look {
	struct probe *probe;
	struct report *report;
	const struct servers *servers;
	const struct server *server;
	struct link link;
	struct look_hello plain, secure;
	const struct look_hello *hello; /* the last; null before */
	bool is_secure;			/* TLS is on */
	bool is_left;			/* the session has ended, or is of no more use */
	struct str why;			/* and what ended it */
	char greeting_name[256];
	/* over all steps: */
	int64_t all_ms, slowest_ms;
	char slowest[32];
	struct str bare, codeless; /* the first reply with a bare LF, or without a status code */
	bool has_codes;		   /* a reply that may lack one was read */
};

/* Notes the step that the link has just done; true if it was answered. */
bool look_note(struct look *k);
/* The last reply as judged. */
struct judgement look_judge(const struct look *k, enum question asked);
/* A result with the last step's words and time. */
struct result *look_add(struct look *k, const char *id, enum verdict verdict, enum weight weight);
/* The same, with the sentence and advice of its cause, where it is no YES. */
struct result *look_add_judged(
    struct look *k, const char *id, struct judgement j, enum weight weight);
/* Nothing more can be asked, for what the last step brought. False. */
bool look_leave(struct look *k);
/* What was never asked: could not tell, for the reason why. */
void look_add_rest(struct look *k);

/* look_hello.c */
void look_hello_init(struct look_hello *h);
void look_hello_free(struct look_hello *h);
/* Of the link's last reply. */
void look_hello_take(struct look_hello *h, const struct link *l);
/* True if KEYWORD is there; *VALUE is what follows it. "AUTH=" is AUTH. */
bool look_hello_find(const struct look_hello *h, const char *keyword, struct slice *value);
/* All that it offers is known: what is missing is not offered. */
bool look_hello_is_whole(const struct look_hello *h);
/* The next line: false at the end. REST begins as the text. */
bool look_hello_next(struct slice *rest, struct slice *keyword, struct slice *value);

/* The steps of a session, in order; false once there is no more to be asked. */
bool look_connect(struct look *k);
bool look_greeting(struct look *k);
bool look_ehlo(struct look *k);
bool look_starttls(struct look *k);
/* Results alone. */
void look_compare(struct look *k);
void look_extensions(struct look *k);
void look_auth(struct look *k);
/* --to, --size */
void look_transaction(struct look *k);
/* HELP, VRFY, EXPN, QUIT */
void look_ask(struct look *k);

/* Another connection up to EHLO, and no further: true if that was taken. */
bool look_begin(struct link *l, const struct server *server);
/* Another session without TLS, up to EHLO, where the first has ended; adds nothing. */
bool look_again(struct look *k);
/* True if mail to that server goes over a network that others may read. */
bool look_is_exposed(const struct look *k);

/* look_reverse.c: the name of the server's address. */
void look_reverse(struct look *k);

/* look_names.c: the target. */
struct look_family {
	size_t addresses, reached[LOOK_NOT_CONNECTED + 1];
};
void look_names(struct probe *p, const struct target *target, const struct servers *servers);
/* What became of each family of addresses. */
void look_families(struct probe *p, const struct look_family *four, const struct look_family *six);

/* look_server.c: the whole of one server. */
enum look_reach look_server(
    struct probe *p, const struct servers *servers, const struct server *server);

#endif
