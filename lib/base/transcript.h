/* SPDX-License-Identifier: ISC */
/*
 * What was said on a connection, octet by octet, in a file (smtpd(8), TRANSCRIPTS): a line for each
 * line said, written by one write(2), so that any number of processes may share the file.
 *
 *	SESSION SECONDS KIND TEXT
 *
 * KIND is C (the client), M (the client, within a message), S (the server) or = (a remark). TEXT is
 * made safe by escape_text; line ends show as \x0d\x0a. Secrets are "*". What cannot be written is
 * lost without a word.
 */
#ifndef BASE_TRANSCRIPT_H
#define BASE_TRANSCRIPT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/hidden.h"
#include "base/slice.h"
#include "base/str.h"

#define TRANSCRIPT_MESSAGE_MAX 65536 /* octets of one message that are recorded */

struct transcript {
	int fd;			     /* not owned */
	const struct hidden *hidden; /* masked in what the server says; not owned; may be null */
	bool is_secret;	 /* set by the caller: what the client says next is not to be shown */
	bool is_masking; /* the line that has begun is not to be shown */
	bool is_message; /* set by transcript_message */
	uint64_t left;	 /* octets of the message that are still recorded */
	char session[9];
	int64_t began_ms;
	bool saw_auth;
	struct str client; /* the last line of the client's, while it may be a secret */
	struct str server; /* a line of the server's that has no end yet */
};

void transcript_init(struct transcript *t, int fd);
void transcript_free(struct transcript *t);

/* Octets that the client sent, as they are taken off the input. T may be null in all of these. */
void transcript_client(struct transcript *t, struct slice octets);
/*
 * What came last is no command. Once somebody tried to log in it may be a password that went astray
 * (behind AUTH that was refused, say), and is not shown.
 */
void transcript_doubt(struct transcript *t);
void transcript_server(struct transcript *t, struct slice octets);
void transcript_remark(struct transcript *t, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* The octets from now on are a message's; or it is over. */
void transcript_message(struct transcript *t, bool begins);

#endif
