/* SPDX-License-Identifier: ISC */
/*
 * What the parts of the client (client*.c, bin/smtp-probe) share: commands out, replies in, and
 * what is to be said when either fails.
 */
#ifndef SMTP_CLIENT_SESSION_H
#define SMTP_CLIENT_SESSION_H

#include "smtp/client.h"

/* Seconds for each step; RFC 5321, 4.5.3.2. */
enum client_timeout {
	CLIENT_WAIT_GREETING = 300,
	CLIENT_WAIT_HELLO = 300,
	CLIENT_WAIT_STARTTLS = 120,
	CLIENT_WAIT_TLS = 60, /* the handshake */
	CLIENT_WAIT_MAIL = 300,
	CLIENT_WAIT_RCPT = 300,
	CLIENT_WAIT_DATA = 120,
	CLIENT_WAIT_BLOCK = 180,
	CLIENT_WAIT_END = 600,
	CLIENT_WAIT_RESET = 300,
	CLIENT_WAIT_AUTH = 180, /* ours */
	CLIENT_WAIT_AHEAD = 60, /* ours: MAIL behind a message; a server may have thrown it away */
};

/* Takes over FD, a connected socket that nothing was read from yet; what was open is closed. */
void client_attach(struct client *c, int fd);
/* Forgets what the server said of itself, and what was said to it about us. */
void client_forget(struct client *c);
/* From here on all goes through LAYER, which is the client's; nothing may be unread. */
void client_put_layer(struct client *c, struct layer *layer);
/* Writes all: 0, or -1 with errno. Changes PIECES. */
int client_write(struct client *c, struct iovec *pieces, int count, deadline until);
/* When a step of so many seconds (of 4.5.3.2) must be over. */
deadline client_until(const struct client *c, enum client_timeout seconds);
/*
 * 0 if nothing was read that the server said unasked, before STAGE; else -1 as client_reply: that
 * would be taken for the reply to a later command.
 */
int client_check_order(struct client *c, const char *stage, struct client_outcome *outcome);
/* Writes c->output and empties it; nothing may be unread, see client_check_order. 0, or -1 with
 * OUTCOME set and the connection closed. */
int client_flush(struct client *c, const char *stage, struct client_outcome *outcome);
/*
 * Reads the reply to STAGE (a command's name, for messages). 0 for any reply of the server but 421,
 * or -1 with OUTCOME set (temporary) and the connection closed.
 */
int client_reply(struct client *c, enum client_timeout seconds, const char *stage,
    struct client_outcome *outcome);
/* The last reply as an outcome: its class, its code or one made up, its words. */
void client_outcome_of_reply(struct client *c, struct client_outcome *outcome);
/* As client_outcome_set for a connection that broke (4.4.2), by errno; closes it. */
void client_lost(struct client *c, const char *stage, struct client_outcome *outcome);

/* EHLO, and HELO if that is refused. Fills in the extensions. */
enum client_status client_hello(
    struct client *c, struct slice helo_name, struct client_outcome *outcome);

/* The same of the last reply, which was one to EHLO or LHLO; to be forgotten before. */
void client_take_extensions(struct client *c);

bool client_offers(const struct client_transaction *t, enum client_extension extension);

/* The parts of a transaction: what is asked (client_fit.c, client_commands.c). */

/*
 * The message as a whole: what can be known before MAIL. Where the server takes less than the
 * message has, it is converted. 0, or -1 with the outcome set.
 */
int client_check_message(struct client_transaction *t);
/* False, with the outcome set, for an address that is not sent. */
bool client_address_is_fit(struct client_transaction *t, struct slice address);
/* Each adds a command to the output: 0, or -1 with str's errors. */
int client_add_mail(struct client_transaction *t);
int client_add_rcpt(struct client_transaction *t, size_t recipient);
/* MAIL, RCPT for all that are chosen, and DATA if that is how the message will go. */
int client_add_group(struct client_transaction *t);
/* Forgets how far it has come. */
void client_start_over(struct client_transaction *t);
/* The same for the next round. */
void client_start_round(struct client_transaction *t);
/*
 * Picks, among the recipients that are left, as many as the server takes at once; whose address is
 * not fit is decided. How many.
 */
size_t client_choose(struct client_transaction *t);
bool client_has_stage(const struct client_transaction *t, enum client_stage stage);
/* All of one stage are decided by OUTCOME. */
void client_decide(
    struct client_transaction *t, enum client_stage stage, const struct client_outcome *outcome);
/*
 * Adds the group of NEXT to the output, which goes out behind T, whose recipients are all decided
 * by the reply to come. Adds nothing where that cannot be.
 */
void client_put_ahead(const struct client_transaction *t, struct client_transaction *next);

/* Asking (client_ask.c): up to the reply to DATA, or all of it if it went together. */

/* 0, or -1 if there is no more to be done: nobody is chosen, or the session ended. */
int client_begin(struct client_transaction *t);
/* The same where the commands went out behind the message before. */
int client_go_on(struct client_transaction *t);
/* RSET, if a transaction was begun. 0, or -1 with the outcome set; nothing may go on then. */
int client_reset(struct client_transaction *t);
/*
 * The reply is none to what was asked: nobody knows what the server makes of what comes next. Sets
 * the outcome, and closes.
 */
void client_lose_track(struct client_transaction *t);
/*
 * The same, and true, for a reply 3yz, and where commands behind a message were not understood for
 * what they are: then all this goes over a connection without that.
 */
bool client_is_astray(struct client_transaction *t);

/* The message (client_data.c, client_bdat.c) */

/* Has the block at DONE of the message at hand, at most MAX octets, in t->block. 0 or -1. */
int client_have_block(struct client_transaction *t, uint64_t done, uint64_t max);
/* The message itself is at fault or cannot be read: the server must not take half of it. -1. */
int client_give_up(struct client_transaction *t, const char *why);
/* False if the end of the message may not be sent; else what goes behind it is in the output. */
bool client_may_end(struct client_transaction *t);
/* Writes PIECES, which may be of the output; that is empty then. 0, or -1 as client_send_data. */
int client_write_pieces(struct client_transaction *t, struct iovec *pieces, int count);
/*
 * Sends the message after 354, and its end, and what goes behind. 0; or -1 with the outcome set and
 * the connection closed, so that the server drops the message.
 */
int client_send_data(struct client_transaction *t);
/* The same by BDAT, which nobody has to be asked about (RFC 3030). */
int client_send_bdat(struct client_transaction *t);
/* True if it is small enough to go in one write with MAIL, RCPT and BDAT. */
bool client_fits_together(const struct client_transaction *t);
/* Writes the output, MAIL and RCPT, and the message behind it. As client_send_bdat. */
int client_send_together(struct client_transaction *t);
/* 1 if the message has octets above 127, 0 if not, -1 with errno. */
int client_has_8bit(struct client_transaction *t);

/* What the server says to the message, for those recipients that were accepted. */
void client_take_end(struct client_transaction *t);

#endif
