/* SPDX-License-Identifier: ISC */
/*
 * Envelopes: the fields of RFC 5321's mail object (and RFC 3461's parameters), as spool(5) lists
 * them. The same fields, ended by NUL, come from submitters; ended by LF, they stand in the spool.
 */
#ifndef SPOOL_ENVELOPE_H
#define SPOOL_ENVELOPE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"
#include "base/str.h"

enum envelope_result {
	ENVELOPE_GOOD,
	ENVELOPE_MALFORMED, /* no such field, out of order, a bad value, no recipient */
	ENVELOPE_TOO_LONG,  /* an address over RFC 5321's lengths */
	ENVELOPE_TOO_MANY,  /* recipients */
	ENVELOPE_NO_MEMORY,
};

/*
 * Checks an envelope as submitters write it (NUL after each field) and adds it to OUT as the spool
 * keeps it (LF). RECIPIENTS_MAX bounds *recipients. On failure OUT is as before and *reason says
 * what is wrong, in static text. SOURCE becomes the S field, which no submitter can write himself.
 */
enum envelope_result envelope_convert(struct slice fields, struct slice source,
    size_t recipients_max, struct str *out, size_t *recipients, const char **reason);

struct envelope {
	struct slice reverse_path, body, envelope_id, return_part, source;
	struct slice recipients; /* the text from the first T on, for envelope_next */
};

struct envelope_recipient {
	struct slice address, notify, original;
};

/* Reads the text that envelope_convert wrote. False if it is none. */
bool envelope_parse(struct slice text, struct envelope *e);
/* Takes the next recipient off *rest. */
bool envelope_next(struct slice *rest, struct envelope_recipient *recipient);

#endif
