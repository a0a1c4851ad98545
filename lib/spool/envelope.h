/* SPDX-License-Identifier: ISC */
/*
 * Envelopes: the fields of RFC 5321's mail object (and RFC 3461's parameters), as spool(5) lists
 * them. The same fields, ended by NUL, come from submitters; ended by LF, they stand in the spool.
 */
#ifndef SPOOL_ENVELOPE_H
#define SPOOL_ENVELOPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"
#include "base/str.h"

#define ENVELOPE_TIME_MAX 253402300799 /* the end of the year 9999 */

enum envelope_result {
	ENVELOPE_GOOD,
	ENVELOPE_MALFORMED, /* no such field, out of order, a bad value, no recipient */
	ENVELOPE_TOO_LONG,  /* an address over RFC 5321's lengths */
	ENVELOPE_TOO_MANY,  /* recipients */
	ENVELOPE_NO_MEMORY,
};

#define ENVELOPE_KEY_MAX 1000

/* What enqueue itself has to say, and no submitter. */
struct envelope_origin {
	struct slice source; /* S */
	struct slice record; /* of the submitter's key, in place of it; empty where he gave none */
};

/*
 * Checks an envelope as submitters write it (NUL after each field) and adds it to OUT as the spool
 * keeps it (LF). RECIPIENTS_MAX bounds *recipients. On failure OUT is as before and *reason says
 * what is wrong, in static text.
 */
enum envelope_result envelope_convert(struct slice fields, const struct envelope_origin *origin,
    size_t recipients_max, struct str *out, size_t *recipients, const char **reason);

/* The key in an envelope as submitters write it, not checked; empty where there is none. */
struct slice envelope_find_key(struct slice fields);

/* FUTURERELEASE (RFC 4865), as the H field has it. */
struct envelope_hold {
	int64_t until;	      /* seconds since 1970; 0 if nothing was asked for */
	struct slice request; /* "for;SECONDS" or "until;DATE-TIME"; empty where nobody said so */
};

/* BY (RFC 2852), as the Y field has it. */
struct envelope_deliver_by {
	int64_t time; /* seconds since 1970; 0 if nothing was asked for */
	bool returns; /* by-mode R: what is late is returned; else N: its sender is told */
	bool trace;   /* T */
};

/* What was not given is empty, or 0. */
struct envelope {
	struct slice reverse_path, body, envelope_id, return_part, source;
	struct slice submitter;	 /* RFC 4954 AUTH, in xtext */
	struct slice forwarder;	 /* whose mail it was before it was forwarded; empty if not */
	struct slice deliver_by; /* as it stands there: for jobs and copies */
	struct envelope_deliver_by by;
	struct envelope_hold hold;
	int64_t expires;	 /* seconds since 1970: from then on it is not tried; 0 for never */
	struct slice record;	 /* of its key (spool/key.h); empty where there is none */
	int priority;		 /* RFC 6710: -9 to 9 */
	bool is_utf8;		 /* RFC 6531 SMTPUTF8 */
	bool requires_tls;	 /* RFC 8689 REQUIRETLS */
	struct slice recipients; /* the text from the first T on, for envelope_next */
};

struct envelope_recipient {
	struct slice address, notify, original;
};

/* Reads "TIME", or "TIME;REQUEST". False for anything else. */
bool envelope_read_hold(struct slice value, struct envelope_hold *hold);
/* Reads "TIME;R" or "TIME;N", with a T behind it or not. False for anything else. */
bool envelope_read_deliver_by(struct slice value, struct envelope_deliver_by *by);
/* Reads seconds since 1970, at least 1. False for anything else. */
bool envelope_read_expires(struct slice value, int64_t *expires);
/* Reads -9 to 9. False for anything else. */
bool envelope_read_priority(struct slice value, int *priority);

/* Reads the text that envelope_convert wrote. False if it is none. */
bool envelope_parse(struct slice text, struct envelope *e);
/* Takes the next recipient off *rest. */
bool envelope_next(struct slice *rest, struct envelope_recipient *recipient);

#endif
