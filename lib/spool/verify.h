/* SPDX-License-Identifier: ISC */
/*
 * Whether octets are a whole message as spool(5), FILE FORMAT, has it. They come in pieces of any
 * size, so one code judges files (qctl check) and what came from another machine (qctl import).
 * Pure: nothing here reads files; whether the id is that of the file is for the caller. Memory is
 * that of the envelope, as far as it has come.
 */
#ifndef SPOOL_VERIFY_H
#define SPOOL_VERIFY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"
#include "base/str.h"
#include "spool/message.h"

enum verify_part {
	VERIFY_HEADER,
	VERIFY_ENVELOPE,
	VERIFY_STATES,
	VERIFY_LINE, /* the empty line */
	VERIFY_MESSAGE,
	VERIFY_BEHIND, /* all has come */
};

struct verify {
	enum verify_part part; /* what comes next */
	bool is_empty;	       /* the header is NUL octets */
	const char *problem;   /* the first that makes it no message; null if there is none */
	struct message_header header;
	struct str envelope;	/* its text */
	size_t states, waiting; /* that have come; of them, recipients who are waited for */
	size_t untold;		/* recipients whose sender is yet to be told */
	size_t bad_states;	/* that are not as they are written */
	size_t first_bad;	/* the index of the first */
	/* the rest is verify.c's */
	char piece[MESSAGE_STATE_SIZE]; /* a header or a state that has not come as a whole */
	size_t have;
	uint64_t left; /* octets of the message */
	uint32_t sum;
	char last;	    /* octet of the message before */
	size_t line;	    /* octets of the line at hand */
	bool is_binary;	    /* BODY=BINARYMIME */
	bool is_past_lines; /* of which anything may be behind the header section */
};

void verify_init(struct verify *v);
void verify_free(struct verify *v);
/*
 * Takes octets off the front of *rest: all of them, or up to the end of the message. False once
 * there is a problem, or the header is empty.
 */
bool verify_feed(struct verify *v, struct slice *rest);
/* For who has had all octets: true if they are a message. Else problem says why, or is_empty. */
bool verify_end(struct verify *v);

/* What is wrong with a header that message_header_decode does not take, in a few words. */
const char *verify_header_problem(const char bytes[MESSAGE_HEADER_SIZE]);
/* Whether a state is as spool(5) has it. */
bool verify_is_state(const char bytes[MESSAGE_STATE_SIZE]);
/* What is wrong with the text of an envelope, for so many RECIPIENTS; null if nothing is. */
const char *verify_envelope_problem(struct slice text, size_t recipients);

#endif
