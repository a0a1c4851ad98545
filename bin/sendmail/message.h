/* SPDX-License-Identifier: ISC */
/*
 * The message of standard input: its header section as a whole, up to a cap, and its body. What is
 * said of a message before it comes depends on all of it, so it is read to its end first: the
 * beginning of the body is held in memory, the rest in a file (hold.h).
 */
#ifndef SENDMAIL_MESSAGE_H
#define SENDMAIL_MESSAGE_H

#include <stdbool.h>

#include "base/slice.h"
#include "base/str.h"
#include "hold.h"
#include "input.h"
#include "mail/body.h"

#define HEADER_MAX ((size_t)1 << 20)

struct message {
	struct input input;
	struct str text; /* the header section and the beginning of the body, in wire format */
	struct slice from_lines; /* the From_ lines in front: "From ", ">From " */
	struct slice header;	 /* without those, and without the empty line behind it */
	struct slice start;	 /* of the body, as far as memory holds it */
	struct str block;	 /* a part of the body behind that */
	struct hold hold;
	struct body body; /* what is known of the body */
	bool is_known;	  /* of all of it; then it can be read again */
	bool is_whole;	  /* nothing is left to be read */
	enum {
		MESSAGE_START,
		MESSAGE_HELD,
		MESSAGE_REST, /* read, but not held, and not read yet */
	} next;
};

/*
 * Reads the message from standard input. One that can't be taken ends the program: 65, or 74 if it
 * can't be read. Of a body longer than MOST octets not all is known.
 */
void message_read(struct message *m, bool dots_are_data, uint64_t (*most)(void));
/* The next part of the body, or false at its end. Ends the program as message_read does. */
bool message_next(struct message *m, struct slice *part);
/* Begins with the body again, if is_known. */
void message_rewind(struct message *m);
/* True if there are 8-bit octets in the body, or may be in what is not read yet. */
bool message_may_be_8bit(const struct message *m);
void message_free(struct message *m);

#endif
