/* SPDX-License-Identifier: ISC */
/*
 * The replies of an SMTP server (RFC 5321, 4.2), written to a buffer. STATUS is the enhanced status
 * code (RFC 2034), or null where there is none. What is no printable ASCII in the text becomes "?",
 * and a line is cut at the 512 octets of 4.5.3.1.5. 0, or -1 with the writer's error, which sticks
 * there.
 */
#ifndef SMTP_RESPOND_H
#define SMTP_RESPOND_H

#include <stdbool.h>

#include "base/str.h"
#include "base/writer.h"

/* The last line of a reply, or its only one. */
int respond(struct writer *w, int code, const char *status, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* A line that others of the same reply follow. */
int respond_continue(struct writer *w, int code, const char *status, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/*
 * A line in which UTF-8 may stand, for a client that said SMTPUTF8 (RFC 6531, 3.7.4.2); others of
 * the same reply follow if it CONTINUES.
 */
int respond_utf8(struct writer *w, int code, bool continues, const char *status, const char *format,
    ...) __attribute__((format(printf, 5, 6)));

#endif
