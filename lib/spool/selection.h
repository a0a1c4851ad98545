/* SPDX-License-Identifier: ISC */
/*
 * Which mail somebody is about: the filters that qstat, qctl and qrun share. Of one kind any may
 * hold, of several kinds all must; what is negated must not. Pure decisions: the caller reads the
 * messages.
 *
 * A pattern for a sender or recipient is an address; a domain, "example.org", "@example.org" (and
 * all below) or ".example.org" (what is below alone); "<>" for the null reverse-path; or, with a *
 * in it, a glob over the whole address, in which * stands for any text. A domain's is one of the
 * same but no address, its glob over the domain. ASCII letters of either case are equal.
 */
#ifndef SPOOL_SELECTION_H
#define SPOOL_SELECTION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"
#include "base/str.h"
#include "spool/message.h"
#include "spool/state.h"

enum selection_kind {
	SELECTION_SENDER,    /* patterns, with commas */
	SELECTION_RECIPIENT, /* patterns, with commas, for one who is not done */
	SELECTION_DOMAIN,    /* patterns for the domain of such a one, with commas */
	SELECTION_REASON,    /* the code ("4.7"), or text, in the last reply of such a one */
	SELECTION_SUBMITTER, /* names of users and uids, with commas */
	SELECTION_ID,	     /* queue ids, with commas */
	SELECTION_LISTS,     /* how many of the above */
	SELECTION_STATE = SELECTION_LISTS, /* words of spool/state.h, with commas */
	SELECTION_OLDER,		   /* an age: a number and s, m, h, d or w */
	SELECTION_NEWER,
	SELECTION_LARGER, /* octets; k, M, G: times 1024 and so on */
};

struct selection {
	struct str lists[SELECTION_LISTS]; /* an LF behind each */
	unsigned states;		   /* bits; 0 for any */
	int64_t older, newer;		   /* seconds; -1 for whatever it is */
	int64_t larger;			   /* octets; -1 likewise */
};

/* What is known of a message. */
struct selection_message {
	struct slice id, reverse_path, source; /* as the envelope has them */
	int64_t age;			       /* seconds */
	uint64_t size;			       /* octets of the message */
	enum state state;		       /* 0: do not ask */
	bool has_envelope;		       /* else nothing is known but id, age and state */
};

void selection_init(struct selection *s);
void selection_free(struct selection *s);
/*
 * Adds what a person wrote. Null, or what is wrong with it, in words that go behind the option's
 * name: "is neither an address nor a domain".
 */
const char *selection_add(struct selection *s, enum selection_kind kind, const char *text);

/* True if it leaves anything out. */
bool selection_is_partial(const struct selection *s);
/* True if it asks about recipients, so that a message needs one that selection_has_recipient. */
bool selection_wants_recipient(const struct selection *s);

bool selection_has_id(const struct selection *s, struct slice id);
/* All that is asked about the message, id and state included. */
bool selection_has_message(const struct selection *s, const struct selection_message *m);
/* ADDRESS of a recipient; REPLY is its last, as its state has it. */
bool selection_has_recipient(const struct selection *s, struct slice address, struct slice reply);
/* Nothing is waited for any more: it was delivered, or returned. */
bool selection_is_done(const struct recipient_state *state);

/* "90s", "15m", "2h", "3d", "1w" in seconds; a number alone is seconds. False for what is none. */
bool selection_read_age(struct slice text, int64_t *seconds);

#endif
