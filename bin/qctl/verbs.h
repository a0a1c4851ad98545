/* SPDX-License-Identifier: ISC */
/* What is done to messages, in one table, and what was asked for on the command line. */
#ifndef QCTL_VERBS_H
#define QCTL_VERBS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/options.h"
#include "base/str.h"
#include "spool/place.h"
#include "spool/selection.h"

struct act;
struct claim;

enum deed {
	DEED_DONE,
	DEED_FAILED,  /* errno says why */
	DEED_REFUSED, /* act's why says it; it is no use to try again */
	DEED_PUT_OFF, /* act's why says it; it may be */
};

struct verb {
	const char *name;
	unsigned from;	       /* places */
	const char *to;	       /* the folder that it moves messages to; null for none */
	const char *done;      /* what a message is then: "held" */
	const char *intended;  /* "would be held" */
	const char *elsewhere; /* of a message that is in no such place */
	bool asks;	       /* before it does it to many */
	bool takes_recipients; /* --only */
	/*
	 * Does it to the message that is claimed; the claim is released by the caller, if it still
	 * is one. Adds to the act's note what stands behind "done" in the line about it.
	 */
	enum deed (*act)(struct act *a, const struct place *place, struct claim *claim);
};

extern const struct verb verbs[];
extern const size_t verbs_count;

struct wish {
	const struct verb *verb;
	struct selection selection;
	char **ids; /* "-" for those on standard input; none: of all */
	int id_count;
	bool says_yes, shows_only, only;
	int64_t wait_seconds; /* for messages in somebody's hands */
	const char *reason;   /* bounce; null for none */
	const char *to;	      /* redirect */
};

/* Does it. Exit code. */
int act_on(const struct wish *wish);

#endif
