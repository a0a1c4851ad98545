/* SPDX-License-Identifier: ISC */
/* What the files of the session share among themselves. */
#ifndef SMTP_SESSION_COMMAND_H
#define SMTP_SESSION_COMMAND_H

#include <stdbool.h>

#include "base/slice.h"
#include "smtp/command.h"
#include "smtp/parameter.h"
#include "smtp/session.h"

typedef void session_handler(struct session *s, struct slice argument);

struct session_command {
	const char *verb;
	session_handler *handler;
	bool takes_8bit;  /* its handler looks at octets that are not ASCII; else 501 5.5.2 */
	const char *help; /* its syntax; null for what is not offered */
	/* for HELP: whether it is possible for this client now; null: always */
	bool (*is_offered)(const struct session *s);
};

/* The table's row for VERB, or null. */
const struct session_command *session_command_find(struct slice verb);
/* The row at INDEX, or null behind the last. */
const struct session_command *session_command_at(size_t index);

session_handler session_helo, session_ehlo, session_lhlo, session_mail, session_rcpt, session_data,
    session_bdat, session_turn, session_rset, session_noop, session_quit, session_vrfy,
    session_expn, session_help, session_xclient, session_auth, session_starttls,
    session_not_offered;

/* Limits across sessions (session_rate.c): each counts what it is asked about. */
struct verdict session_rate_connection(struct session *s);
struct verdict session_rate_message(struct session *s, const struct command_path *path);
struct verdict session_rate_recipient(struct session *s, const struct command_path *path);
/* A recipient that does not exist: UNKNOWN, or the end of the session. */
struct verdict session_rate_unknown(struct session *s, struct verdict unknown);
/* The pause before the greeting; false if the client did not keep still. */
bool session_pause(struct session *s);
/* Makes who is refused again and again wait for it. */
void session_tarpit(const struct session *s);
/* The session is over: remembers a client that behaved. */
void session_remember(struct session *s);

/* What policy services say of a recipient, and of the message at its begin and its end. */
struct verdict session_policy_recipient(struct session *s, const struct command_path *path);
struct verdict session_policy_message(struct session *s, enum policy_stage stage);
void session_policy_reset(struct session *s);
void session_policy_free(struct session *s);

/*
 * In submission mode, a mailbox without a domain gets this host's: PATH points to FULL then. 0, or
 * -1 with str's errors.
 */
int session_qualify(const struct session *s, struct command_path *path, struct str *full);
/* False for a submission's "joe@sales", unless that domain is ours. */
bool session_is_qualified(const struct session *s, const struct command_path *path);

/* True if who is logged in may use ADDRESS as its sender; everybody may use "". */
bool session_may_send_as(const struct session *s, struct slice address);
/* The same for each address of LIST, the bodies of From fields; false for what is none. */
bool session_may_send_from(const struct session *s, struct slice list);
/* The greeting, at the begin of a session and after XCLIENT. */
void session_greet(struct session *s);
bool session_may_xclient(const struct session *s);
/* Before each command: who was spoken for and speaks himself says no more who he is. */
void session_close_xclient(struct session *s, const struct session_command *row);
/* The attributes that XCLIENT knows, for EHLO. */
void session_print_xclient(const struct session *s, struct str *line);
session_handler session_etrn, session_atrn;
/* True if they are offered to this client. */
bool session_may_etrn(const struct session *s);
bool session_may_atrn(const struct session *s);

/*
 * Receiving a message (session_incoming.c), for DATA and BDAT. incoming_begin puts the Received
 * field in front; take adds OCTETS of the message, with BARE a line end or a NUL that may not be in
 * them, and RECEIVED fields in its header so far; fill reads more, with every reply out before, and
 * is false if the session ended; finish commits, and replies.
 */
void incoming_begin(struct session *s);
void incoming_take(struct session *s, struct slice octets, bool bare, uint64_t received);
bool incoming_fill(struct session *s);
void incoming_finish(struct session *s);
/* DATA in the place of a chunk: nothing of this message will be taken. Replies. */
void incoming_spoil(struct session *s);
/* The reply to a message, or chunk, whose fate is not good; COUNT times, logged once. */
void incoming_refuse(struct session *s, size_t count);
/* How many replies there are to the end of a message: one, but for LMTP (RFC 2033, 4.2). */
size_t incoming_replies(const struct session *s);

/* Whether VRFY and EXPN tell this client what there is. */
bool session_verifies(const struct session *s);
/* May send to any domain. */
bool session_is_trusted(const struct session *s);
/* Finds out which extensions are offered at this point of the session; EHLO asks. */
void session_offer(struct session *s);
/* The lines of EHLO's reply behind the first. */
void session_list_extensions(struct session *s);
/* The protocol in the Received field (RFC 3848, RFC 6531): ESMTPSA, UTF8SMTP and the like. */
const char *session_protocol(const struct session *s);

bool session_may_start_tls(const struct session *s);
/* Before the greeting, where TLS comes first: ends the session if it does not come about. */
void session_begin_with_tls(struct session *s);
/* After the last words. */
void session_end_tls(struct session *s);

/* A wrong command: the reply, counted. */
void session_wrong(struct session *s, int code, const char *status, const char *text);
/* The same for what command_… and parameter_… found; ADDRESS_STATUS is 5.1.3 or 5.1.7. */
void session_wrong_syntax(
    struct session *s, enum command_result result, const char *address_status);
/* What policy or the spool refuses: the reply, logged; TO may be empty. */
void session_refuse(
    struct session *s, int code, const char *status, const char *text, struct slice to);
/*
 * LINE was no good; if it was BDAT, nobody knows how much of what follows is a chunk, and the
 * session ends before some of it runs as a command.
 */
void session_lose_count(struct session *s, struct slice line);

/* Who may say who submitted a message: of others, the AUTH parameter becomes <> (RFC 4954, 5). */
void session_judge_submitter(const struct session *s, struct parameters *parameters);
/* Finds out which mechanisms AUTH has now; at most once until session_start_over. */
void session_find_mechanisms(struct session *s);
/* Whether AUTH is known here, and still to come. */
bool session_may_auth(const struct session *s);
bool session_has_mechanisms(const struct session *s);
void session_print_mechanisms(const struct session *s, struct str *line);

/* One line of at most MAX octets, before which all replies are sent if no whole line is at hand. */
enum reader_result session_read_line(struct session *s, struct slice *line, size_t max);
/* When the next read or write must have happened. */
deadline session_deadline(const struct session *s);
/* Notes why reading ended, as reader_fill or reader_line told it: EOF for 0, errno for -1. */
void session_lost(struct session *s, long result);

void session_log_message(struct session *s, uint64_t size);
void session_log_refused(struct session *s, const char *reply, struct slice to);
void session_log_failed(struct session *s);
void session_log_unknown(struct session *s);
/* An AUTH command is over. */
void session_log_auth(
    struct session *s, struct slice mechanism, const char *login, const char *result);
/* Why there is no TLS. */
void session_log_tls(struct session *s, const char *reason);
void session_log_end(struct session *s);

#endif
