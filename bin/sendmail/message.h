/* SPDX-License-Identifier: ISC */
/*
 * The message of standard input: its header section as a whole, up to a cap, and its body block by
 * block. The envelope goes to the queue first, so a message is read ahead as far as a decision
 * about it needs, and small ones are read to their end.
 */
#ifndef SENDMAIL_MESSAGE_H
#define SENDMAIL_MESSAGE_H

#include <stdbool.h>

#include "base/slice.h"
#include "base/str.h"
#include "input.h"

#define HEADER_MAX ((size_t)1 << 20)

struct message {
	struct input input;
	struct str text;     /* the header section and the beginning of the body, in wire format */
	struct slice header; /* without a From_ line, and without the empty line behind it */
	struct slice body;   /* what has been read of it */
	bool is_whole;	     /* nothing is left to be read */
};

/*
 * Reads the header section and, if it is short, the body from standard input. A message that can't
 * be taken ends the program: 65, or 74 if it can't be read.
 */
void message_read(struct message *m, bool dots_are_data);
/*
 * Reads on: the next part of the body, or false at its end. What was read before is gone then.
 * Ends the program as message_read does.
 */
bool message_next(struct message *m, struct slice *part);
/* True if there are 8-bit octets in it, or may be in what is not read yet. */
bool message_may_be_8bit(const struct message *m);
void message_free(struct message *m);

#endif
