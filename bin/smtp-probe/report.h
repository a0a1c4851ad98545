/* SPDX-License-Identifier: ISC */
/*
 * What smtp-probe finds out: every command writes results here, and prints nothing itself. A report
 * is a series of targets; a target has results of its own (those of a domain: exchangers, policies)
 * and servers, of which each has its results in the order in which they were added.
 *
 *	report_init(&r);
 *	while ((code = about_option(&scan)) != OPTION_END)
 *		if (!report_option(&r, &scan, code)) ... own options ...
 *	report_begin_target(&r, "example.org");
 *	res = report_add(&r, "mx", FACT, PLAIN);		(of the domain)
 *	result_value(res, "%zu", count);
 *	report_begin_server(&r, "mx1.example.org", "[192.0.2.1]:25");
 *	report_progress(&r, "waiting for the greeting of %s", "mx1.example.org");
 *	res = report_add(&r, "starttls", NO, PROBLEM);		(of this server)
 *	result_text(res, "It offers no STARTTLS, so all mail to it can be read on its way.");
 *	result_advice(res, "Give it a certificate and turn STARTTLS on.");
 *	result_source(res, "RFC 3207, 4");
 *	return report_end(&r);					(the exit code)
 *
 * A target is printed when the next one begins, so memory is bounded by one target; of that,
 * REPORT_RESULTS_MOST results are kept, and the number of those dropped is told.
 *
 * Each id has a row in report_kinds.c and an entry in smtp-probe(1), RESULTS; a test holds the
 * three together, and report_add dies (exit code 101, a bug) of an id without a row.
 *
 * Texts may hold any foreign octets, as they came: whoever prints escapes them. Nothing here
 * returns a failure: want of memory is remembered, and fatal in report_end. Nothing blocks but
 * printing.
 */
#ifndef REPORT_H
#define REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hidden.h"
#include "base/options.h"
#include "base/slice.h"
#include "base/str.h"

#define REPORT_RESULTS_MOST 20000 /* of one target */
#define REPORT_SERVERS_MOST 2000  /* of one target */

/*
 * An id is a claim that is good to be true: "starttls", "certificate.dates", "relay.closed".
 * UNKNOWN is "could not tell", and always carries the literal reply (result_reply) or the error
 * (result_text) that kept us from knowing. FACT is a value with which nobody can disagree.
 */
enum verdict { YES, NO, UNKNOWN, FACT };

/*
 * What it means for mail that this is NO, UNKNOWN, or this FACT; a YES is always PLAIN.
 * PLAIN: nothing is wrong ("no SMTPUTF8"), and nothing is missed where it is UNKNOWN: it counts for
 * no exit code. WARNING: worth a look. PROBLEM: keeps mail from flowing, or lets others read it.
 * Exit codes without --expect: 1 if there is a NO or FACT that is a PROBLEM, else 2 if there is an
 * UNKNOWN that is a WARNING or a PROBLEM, else 0.
 */
enum weight { PLAIN, WARNING, PROBLEM };

struct report;

struct result {
	const struct report_kind *kind;
	enum verdict verdict;
	enum weight weight;
	struct str about;   /* which of several with one id: an address, "TLSv1.2"; or empty */
	struct str value;   /* for programs: "TLSv1.3", "52428800", "PLAIN LOGIN" */
	struct str text;    /* for people: a sentence */
	struct str reply;   /* the server's literal words, LF between lines */
	struct str advice;  /* what to do about it, where that can be said: a sentence */
	const char *source; /* "RFC 3207, 4"; or null */
	bool is_of_series; /* for people it is one line with others of its kind that say the same */
	int64_t ms;	   /* how long it took; -1 where that means nothing */
	struct report *report;
};

/* What an id is: the rows of report_kinds.c. */
struct report_kind {
	const char *id; /* lower case, dots between what belongs together, "-" between words */
	bool varies;	/* from one run to the next with nothing changed: --diff does not look */
	bool is_detail; /* not in the table without -v, as long as it means nothing for mail */
};

/* How far a server, or where there is none a target, could be looked at: its exit code. */
enum reached {
	REACHED = 0,
	NO_HOST = 68,	    /* no such domain or host, or one that takes no mail */
	NO_CONNECTION = 69, /* refused or unreachable, at once and for sure */
	NO_SMTP = 76,	    /* what answers does not speak SMTP */
	NOT_TOLD = 2,	    /* time-outs, temporary errors */
};

struct report_results {
	struct result **list;
	size_t count, room;
};

struct report_server {
	struct str name;    /* "mx1.example.org"; or empty */
	struct str address; /* "[192.0.2.1]:25", "unix:/run/lmtp"; or empty */
	enum reached reached;
	struct report_results results;
};

struct report_target {
	struct str name;
	enum reached reached; /* as long as it has no server */
	struct report_results results;
	struct report_server **servers;
	size_t server_count, server_room;
	size_t result_count, dropped; /* of all */
	int64_t began_ms;
};

enum report_form { REPORT_TABLE, REPORT_JSON, REPORT_TAP, REPORT_NAGIOS };
enum report_color { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };

/* What has been seen of all targets, by which the exit code goes. */
struct report_totals {
	size_t targets, problems, warnings, not_told; /* not_told: of what matters */
	size_t not_reached;			      /* targets */
	enum reached first_not_reached;
	size_t expected_failed, expected_not_told, changes;
	size_t test; /* TAP's number */
	uint64_t ms;
};

struct report {
	enum report_form form;
	enum report_color color;
	bool is_verbose;     /* -v */
	const char *command; /* "vrfy"; null for the look. The caller sets it */
	struct report_expectations *expectations; /* null: none */
	struct report_past *past;		  /* --diff; null: none */
	struct report_target *target;		  /* at hand; null: none */
	struct report_server *server;		  /* at hand; null: results are the target's */
	struct result spare;			  /* takes what is dropped */
	struct report_totals totals;
	struct str pending;	/* what can only be printed at the end */
	struct str findings[4]; /* of --nagios, by its exit codes: lines */
	struct hidden hidden;	/* what no result shows, from when the caller adds it */
	bool has_failed, has_progress;
};

/* Rows of the options of output, for option_command.rows; -v is among them. */
extern const struct option_row report_rows[];

void report_init(struct report *r);
/* Takes CODE if it is one of report_rows; a wrong value is the end. */
bool report_option(struct report *r, const struct option_scan *scan, int code);
/* Prints the rest; dies if something could not be kept or written. The exit code of the program. */
int report_end(struct report *r);

/* Prints the target before it. */
void report_begin_target(struct report *r, const char *name);
/* What follows is this server's. One that is there already, by both, is gone on with. ADDRESS is
 * "[192.0.2.1]:25" or what else the target says; each may be "". */
void report_begin_server(struct report *r, const char *name, const char *address);
/* What follows is the target's again. */
void report_end_server(struct report *r);
/* Of the server at hand, or without one of the target; REACHED if never said. */
void report_reached(struct report *r, enum reached reached);

/* Never null; good until the target after this one begins. */
struct result *report_add(
    struct report *r, const char *id, enum verdict verdict, enum weight weight);
/* The last one with ID of the server at hand, or without one of the target; or null. */
struct result *report_find(const struct report *r, const char *id);

/* On a terminal, what is being done at the moment: one line on standard error, taken away before
 * anything is printed. Costs nothing elsewhere. */
void report_progress(struct report *r, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* The exit code where it cannot go on, for no fault of the caller's. */
int report_failure(const struct report *r);

/* Each replaces what was there; what is longer than 16 KiB is cut. */
void result_about(struct result *res, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void result_value(struct result *res, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void result_text(struct result *res, const char *format, ...) __attribute__((format(printf, 2, 3)));
void result_advice(struct result *res, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* As it came, codes and all; LF or CRLF between lines. */
void result_reply(struct result *res, struct slice reply);
/* A literal: it is not copied. */
void result_source(struct result *res, const char *source);
void result_took(struct result *res, int64_t ms);
/* Another answer than the first one. */
void result_judge(struct result *res, enum verdict verdict, enum weight weight);

#endif
