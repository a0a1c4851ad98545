/* SPDX-License-Identifier: ISC */
/* One of the connections that smtp-load has at once, and where it stands. */
#ifndef SESSION_H
#define SESSION_H

#include "load.h"
#include "net/sasl_client.h"

enum session_state {
	SESSION_CLOSED, /* to be begun at due_us */
	SESSION_CONNECTING,
	SESSION_SHAKING,
	SESSION_GREETING,
	SESSION_STARTTLS,
	SESSION_HELLO,
	SESSION_LOGIN,
	SESSION_READY, /* waits for a message to be due */
	SESSION_ENVELOPE,
	SESSION_END,
	SESSION_RESET,
	SESSION_QUIT,
	SESSION_DONE,
};

struct session {
	struct load *load;
	uint64_t number, sequence, sent; /* messages: of all, and of this connection */
	enum session_state state;
	int fd; /* -1: none */
	struct tls_channel *tls;
	bool can_pipeline, can_chunk;
	bool is_secure;
	/* AUTH */
	unsigned offered; /* mechanisms */
	bool has_sasl, owes_response;
	struct sasl_client sasl;
	struct str response; /* in base 64 */
	struct str input, output;
	struct slice pieces[3]; /* of the message, behind the output */
	size_t said;		/* of the output */
	/* the message */
	uint64_t message, size, octets;
	uint64_t commands, replies; /* of the envelope: said, answered */
	uint64_t accepted, ends;    /* recipients taken; replies at the end that are left */
	bool is_begun, has_failed, is_sending;
	char check[160];
	int64_t due_us, until_us, step_us, mail_us;
};

void session_init(struct session *s, struct load *l, uint64_t number);
void session_free(struct session *s);
/* Something has happened to it, or it is due. */
void session_turn(struct session *s, bool is_event);
/* Time is up for it: WHY for the report. */
void session_lose(struct session *s, const char *why);

/* dialogue.c: a whole reply of CODE. */
void dialogue_reply(struct session *s, int code, struct slice text);
void dialogue_connected(struct session *s);
void dialogue_shaken(struct session *s);
/* If a message is due, begins with it. */
void dialogue_next(struct session *s);
/* The message of S has failed, for the reason reported. */
void dialogue_fail(struct session *s);

/* transaction.c: begins with the next message: all commands that need not wait. */
void transaction_begin(struct session *s);
/* The next command of the envelope; with BDAT, the last of them and the message. */
void transaction_say(struct session *s);
/* The message, behind DATA. */
void transaction_send(struct session *s);

/* session.c, for those two and login.c */
void session_say(struct session *s, const char *format, ...) __attribute__((format(printf, 2, 3)));
void session_measure(struct session *s, enum measure measure, int64_t since);
void session_close(struct session *s);

/* octets.c: sends what it can of the output and the message. */
void session_flush(struct session *s);
/* Reads once, and answers whole replies. True if there may be more. */
bool session_take(struct session *s);

#endif
