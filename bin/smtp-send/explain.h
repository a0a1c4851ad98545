/* SPDX-License-Identifier: ISC */
/*
 * "smtp-send --explain": the way of a delivery told step by step, by the code that goes it. A line
 * for each step on standard output (smtp-send(8), EXPLAIN); nothing is said for an attempt that is
 * not explained.
 */
#ifndef SMTP_SEND_EXPLAIN_H
#define SMTP_SEND_EXPLAIN_H

#include "send.h"

/* What comes next, until the one after it; its time begins. NAME is a literal. */
void explain_begin(struct attempt *a, const char *name);
/* It is done; FORMAT as printf(3), may hold foreign octets. SERVER may be empty. */
void explain_done(struct attempt *a, struct slice server, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Something to know of it, whatever comes of it. */
void explain_note(struct attempt *a, struct slice server, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* It ended so; attempt_note_failure calls this. */
void explain_failure(struct attempt *a, const struct client_outcome *outcome, struct slice server);

/* What the DNS found for a domain: its exchangers. */
void explain_exchangers(struct attempt *a, const struct hops *h);
/* The addresses of a group. */
void explain_servers(struct sender *s, struct attempt *a, const struct hops *h);
/* HOP won the race, over FD. */
void explain_race(
    struct sender *s, struct attempt *a, const struct hops *h, const struct hop *hop, int fd);
/* What TLS is required of HOP, and by whom. */
void explain_policy(
    struct sender *s, struct attempt *a, const struct hops *h, const struct hop *hop);
/* The session that is open, up to a login. */
void explain_hello(struct sender *s, struct attempt *a);
void explain_tls(struct sender *s, struct attempt *a);
void explain_login(struct sender *s, struct attempt *a);

/* What the server said in place of a transaction: to MAIL, and to RCPT for each. */
void explain_answers(struct sender *s, struct attempt *a);
/* The last lines, one a recipient: the exit code. */
int explain_conclude(struct attempt *a);

#endif
