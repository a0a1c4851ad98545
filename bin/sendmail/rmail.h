/* SPDX-License-Identifier: ISC */
/* What another host hands over by UUCP, or another program by -p: who sends, and the trace of it.
 */
#ifndef SENDMAIL_RMAIL_H
#define SENDMAIL_RMAIL_H

#include <stdbool.h>

#include "base/slice.h"
#include "base/str.h"
#include "identity.h"
#include "options.h"

/*
 * The sender of the From_ lines in front of the message, and the host that handed it over, which
 * may be empty. False if they name none.
 */
bool rmail_sender(struct slice from_lines, struct str *sender, struct str *host);
/* The address that a recipient of the command line stands for. */
void rmail_recipient(const char *path, struct str *address);
/*
 * Adds to OUT the Received field that tells of REMOTE, from which the message came by PROTOCOL;
 * nothing where either is no such word.
 */
void rmail_trace(struct slice protocol, struct slice remote, struct identity *who, struct str *out);

#endif
