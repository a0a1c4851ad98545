/* SPDX-License-Identifier: ISC */
/*
 * The command line of sendmail(1): one table of flags. Wrong usage ends the program with 64, as
 * callers expect it.
 */
#ifndef SENDMAIL_OPTIONS_H
#define SENDMAIL_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"
#include "spool/submit.h"
#include "terms.h"

#define PROGRAM "sendmail"

enum mode {
	MODE_SUBMIT,
	MODE_SMTP,    /* -bs */
	MODE_LIST,    /* -bp, mailq */
	MODE_QUEUE,   /* -q */
	MODE_CHECK,   /* -bi, -I, newaliases */
	MODE_VERIFY,  /* -bv */
	MODE_EXPLAIN, /* -bt */
	MODE_LISTEN,  /* -bd, -bD, -bl: not ours */
	MODE_HELP,
	MODE_LIST_OPTIONS, /* --options */
	MODE_VERSION,
};

/* -q[!]I, R or S: which messages a run of the queue is about. */
struct queue_filter {
	char kind; /* 'I' ids, 'R' recipients, 'S' senders */
	bool is_negated;
	const char *text;
};

struct options {
	enum mode mode;
	bool is_rmail;		 /* called by that name: UUCP's */
	bool from_header;	 /* -t */
	bool dots_are_data;	 /* -i */
	bool gateway;		 /* -G */
	bool verbose;		 /* -v */
	bool quiet;		 /* -oeq, -e q: nothing on standard error */
	const char *sender;	 /* -f, -r; null if not given */
	const char *full_name;	 /* -F, or NAME of the environment; null if not given */
	const char *body;	 /* -B: "7BIT" or "8BITMIME"; null if not given */
	const char *return_part; /* -R: "FULL" or "HDRS"; null if not given */
	const char *envelope_id; /* -V as given; null if not given */
	struct terms terms;	 /* -O key, -O expires, -O not-before */
	enum submit_when when;	 /* -od and -v */
	char notify[32];	 /* -N as RFC 3461 has it; "" if not given */
	bool requires_tls;	 /* -O requiretls=yes */
	bool is_utf8;		 /* -O smtputf8=yes */
	char verp;		 /* -XV: what separates; '\0': no variable envelope return path */
	bool is_forced;		 /* -qf, -q[!]I, R or S: also what is not due */
	const char *protocol;	 /* -p, and of -p r:s what stands behind the colon; null if not */
	const char *remote;	 /* given */
	struct queue_filter *filters;
	size_t filter_count;
	char **recipients; /* of the command line; owned */
	size_t recipient_count;
};

/* Reads the command line; ends the program where it is wrong. Strings point into ARGV. */
void options_read(struct options *o, int argc, char **argv);
void options_free(struct options *o);

#endif
