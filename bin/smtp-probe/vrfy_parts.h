/* SPDX-License-Identifier: ISC */
/* What the files of vrfy.h share: a session with one server, and what is known of its answers. */
#ifndef SMTP_PROBE_VRFY_PARTS_H
#define SMTP_PROBE_VRFY_PARTS_H

#include "judge.h"
#include "link.h"
#include "probe.h"
#include "vrfy_names.h"

/* What a server's answers are worth. */
enum vrfy_class {
	VRFY_VERIFIES,	/* it tells names that there are from others */
	VRFY_252,	/* 252 to names that nobody can have */
	VRFY_DISABLED,	/* it refuses the question */
	VRFY_CATCH_ALL, /* it says yes to names that nobody can have */
	VRFY_LIMITED,	/* it would not answer now */
	VRFY_UNCLEAR,	/* its answers contradict one another */
};

/* Of one domain, as each may be kept in another way. */
struct vrfy_baseline {
	char *domain; /* empty: names without one; owned */
	enum vrfy_class class;
	int code;	 /* of the reply to a name that nobody can have */
	bool is_alike;	 /* the reply to such a name is no plain no, and differs from that to
			    postmaster: who gets the same code is not there either */
	char *words;	 /* that reply; owned */
	bool knows_rcpt; /* the same by RCPT */
	enum verdict rcpt;
};

struct vrfy {
	struct probe *p;
	bool is_list;	  /* EXPN */
	const char *verb; /* "VRFY ", "EXPN " */
	struct vrfy_names names;
	const struct server *server; /* the one that answers; null: none does */
	struct link link;
	size_t answered;   /* over this connection */
	unsigned failures; /* names in a row that got no answer */
	int64_t pace_ms;   /* between questions */
	struct vrfy_baseline *baselines;
	size_t baseline_count;
};

/*
 * One command, COMMAND NAME END without blanks between; the answer and the words are the link's. A
 * connection that ends is begun anew, once, with the same question. Where that does not help, names
 * in a row are not asked for any more.
 */
enum answer vrfy_ask(struct vrfy *v, const char *command, const char *name, const char *end);
/* As link_begin. */
bool vrfy_connect(struct vrfy *v);

/* Asks, if it is not known yet. */
struct vrfy_baseline *vrfy_baseline(struct vrfy *v, struct slice domain);
void vrfy_baselines_free(struct vrfy *v);
/* A name that nobody can have in DOMAIN; of random length and letters. */
void vrfy_random_name(struct str *out, struct slice domain);
/* "is what VRFY says worth anything": the result of the server. */
void vrfy_report_class(struct vrfy *v, const struct vrfy_baseline *base);
/* What was said of NAME just now, in the light of that. */
void vrfy_report_name(struct vrfy *v, const struct vrfy_baseline *base, const char *name);

/* RCPT for all names: --rcpt. */
void vrfy_ask_rcpt(struct vrfy *v);

#endif
