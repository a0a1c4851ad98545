/* SPDX-License-Identifier: ISC */
/* What the files send*.c share: one message on its way. */
#ifndef SMTP_PROBE_SEND_PARTS_H
#define SMTP_PROBE_SEND_PARTS_H

#include "judge.h"
#include "link.h"
#include "probe.h"
#include "send.h"

struct sending {
	struct probe *probe;
	const struct send_settings *settings;
	struct link link;
	struct str from;    /* the reverse-path */
	struct str message; /* in wire format, unless it is binary */
	struct send_needs needs;
	struct str secret;
	bool taken[SEND_RECIPIENTS_MAX]; /* RCPT was */
	size_t taken_count;
	bool is_pipelined; /* and DATA followed RCPT: its reply is the next */
};

/* True for a step that is still to be taken. */
bool send_goes_on(const struct sending *s, enum send_step next);
/*
 * Adds what the last step of the link came to, as the result ID about ABOUT, which may be null.
 * True if it is YES.
 */
bool send_add(struct sending *s, const char *id, const char *about, enum question asked);
/* Something that was not asked of the server, or that it does not offer. */
struct result *send_add_no(struct sending *s, const char *id, enum weight weight);

/* The message and its reverse-path; ends the program where what the command line says cannot be. */
void send_compose(struct sending *s, const struct target *target);
/* The files that are named, or standard input for "-" (send_input.c). OUT is inited by the caller.
 */
void send_read_file(const char *name, struct str *out);

/* STARTTLS, or not, as it is wanted; and EHLO behind it. False: the session is over. */
bool send_secure(struct sending *s);
/* TLS over the link, at once ("tls") or by STARTTLS ("starttls"). Results of that name and "tls";
 * false: it failed. */
bool send_shake_hands(struct sending *s, const char *id);
/* AUTH. Likewise. */
bool send_log_in(struct sending *s);

/* False where the server lacks what the message cannot do without; a result says so. */
bool send_is_possible(struct sending *s);
/* Each adds a command with its CRLF. */
void send_put_mail(const struct sending *s, struct str *out);
void send_put_rcpt(const struct sending *s, size_t recipient, struct str *out);
/* MAIL and RCPT: true if there is somebody to send the message to. */
bool send_ask(struct sending *s);
/* DATA was said and nobody is to have the message: what is due then. */
void send_end_unwanted(struct sending *s);
/* DATA or BDAT, and the message. */
void send_deliver(struct sending *s);

#endif
