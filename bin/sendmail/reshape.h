/* SPDX-License-Identifier: ISC */
/*
 * A message with lines that no server may send (RFC 5321, 4.5.3.1.6): those parts become
 * quoted-printable or base64 (mail/convert.h). What may not be changed, or cannot, goes as it is.
 */
#ifndef SENDMAIL_RESHAPE_H
#define SENDMAIL_RESHAPE_H

#include <stdbool.h>

#include "base/slice.h"
#include "mail/convert.h"
#include "message.h"

struct reshape {
	bool is_needed;		 /* and possible */
	struct convert *convert; /* owned; null until it is looked at */
};

void reshape_init(struct reshape *r);
void reshape_free(struct reshape *r);
/* Looks at HEADER, with the empty line, and the body of M, which is_known, and rewinds that. */
void reshape_look(struct reshape *r, struct slice header, struct message *m);
bool reshape_leaves_8bit(const struct reshape *r);
/* Gives what becomes of them to SEND, piece by piece. */
void reshape_send(struct reshape *r, struct slice header, struct message *m,
    void (*send)(void *context, struct slice part), void *context);

#endif
