/* SPDX-License-Identifier: ISC */
/*
 * A queue on its way to another machine (qctl(8), STREAM): the files of messages, one behind the
 * other, with what is needed to notice each octet that is missing or wrong. Pure: the reader is fed
 * pieces of any size and believes nothing; what is in a message's file is for verify.h.
 */
#ifndef SPOOL_PARCEL_H
#define SPOOL_PARCEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"
#include "spool/id.h"
#include "spool/identity.h"
#include "spool/place.h"

#define PARCEL_LINE_MAX ((size_t)512)

/* What is said of a message before its file. */
struct parcel_head {
	char id[ID_SIZE];
	char place[PLACE_NAME_SIZE]; /* "new", "deferred/TIME", "hold", "hold/DOMAIN" */
	uint64_t length;	     /* octets of the file */
};

/* The writer's side: each gives the length of the line, with its line feed. */
struct parcel_writer {
	uint32_t sum; /* of the lines */
	uint32_t message_sum;
	uint64_t count;
};

/* ORIGIN is the identity of the spool that the messages are of. */
size_t parcel_begin(
    struct parcel_writer *w, char line[PARCEL_LINE_MAX], int64_t now, const char *origin);
size_t parcel_message(
    struct parcel_writer *w, char line[PARCEL_LINE_MAX], const struct parcel_head *head);
void parcel_octets(struct parcel_writer *w, struct slice octets);
size_t parcel_message_end(struct parcel_writer *w, char line[PARCEL_LINE_MAX]);
size_t parcel_end(struct parcel_writer *w, char line[PARCEL_LINE_MAX]);

enum parcel_event {
	PARCEL_MORE,	/* all was taken, and there has to come more */
	PARCEL_BEGIN,	/* of all: origin */
	PARCEL_MESSAGE, /* a message begins: head */
	PARCEL_OCTETS,	/* of its file: octets, which point into what was fed */
	PARCEL_WHOLE,	/* it has come as it was sent */
	PARCEL_END,	/* so has everything; nothing may come behind */
	PARCEL_BAD,	/* problem says why; nothing more can be told of what comes */
};

struct parcel {
	char origin[IDENTITY_SIZE];
	struct parcel_head head;
	struct slice octets;
	const char *problem;
	uint64_t count; /* messages that have come as a whole */
	/* the rest is parcel.c's */
	enum { BEFORE, BETWEEN, WITHIN, BEHIND_FILE, BEHIND_ALL } state;
	char line[PARCEL_LINE_MAX];
	size_t have;
	uint64_t left;
	uint32_t sum, message_sum;
};

void parcel_init(struct parcel *p);
/* Takes octets off the front of *rest, up to the next event. */
enum parcel_event parcel_next(struct parcel *p, struct slice *rest);

/* True for the name of a place that messages of a parcel may come from. */
bool parcel_is_place(struct slice name);

#endif
