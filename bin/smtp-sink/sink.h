/* SPDX-License-Identifier: ISC */
/*
 * What the files of smtp-sink share: one process, a struct connection for each client, and for each
 * of them what is being done now. Nothing blocks but the writing of files.
 */
#ifndef SINK_H
#define SINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/siphash.h"
#include "base/slice.h"
#include "base/str.h"
#include "map.h"
#include "net/peer.h"
#include "net/tls_channel.h"
#include "seen.h"
#include "steps.h"
#include "wire.h"

#define PROGRAM "smtp-sink"

#define SINK_LINE_MAX ((size_t)1 << 20)

struct connection;

struct settings {
	const char *host, *port, *socket, *out;
	bool is_lmtp, is_smtps, keeps, has_proxy, counts, verifies, is_json;
	uint64_t most;		     /* recipients of a transaction; 0 for any number */
	uint64_t messages;	     /* to end after; 0: never */
	uint64_t connections;	     /* at once */
	int64_t idle_seconds;	     /* for a client that says nothing */
	int64_t delay_ms;	     /* before each reply */
	int64_t tarpit_ms;	     /* before each octet of a reply */
	int64_t greylist_seconds;    /* -1: nobody is */
	uint64_t rate, rate_seconds; /* connections of one client; 0: any number */
	struct str offered;	     /* keywords of EHLO with their parameters, each ended by NUL */
	struct str refused;	     /* keywords that are not offered, the same way */
	struct str logins;	     /* what --auth says, the same way */
	size_t login_count;
};

struct counts {
	uint64_t connections, tls, messages, recipients, octets, refused;
};

struct sink {
	struct settings settings;
	struct steps steps;
	struct tls_side *tls;
	int epoll, listener, folder, log; /* folder and log: -1 without --out */
	bool is_listening;		  /* false while there is no room */
	struct connection *all;
	struct connection *dead; /* closed, and freed when no event can name them any more */
	uint64_t open;		 /* connections */
	uint64_t stored;	 /* messages that have a number */
	uint64_t logins;
	struct counts counts;
	struct wire_faults faults;
	struct seen seen;
	struct map greylist, rates;
	unsigned char secret[SIPHASH_KEY_OCTETS]; /* of their keys */
	int64_t begun_ms, first_ms, last_ms;	  /* messages */
	deadline next_wake, end_at;
	char input[65536];
};

/* Each state takes input off the front of c->input; true: there may be more to be done at once. */
enum state {
	STATE_PROXY,
	STATE_SHAKE,
	STATE_LINE,
	STATE_LOGIN,
	STATE_DATA,
	STATE_CHUNK,
	STATE_ACT,   /* an action that takes its time: nothing is read meanwhile */
	STATE_STALL, /* what comes is read and that is all */
	STATE_DEAF,
	STATE_END,    /* what is to be said is said, then it is over */
	STATE_LINGER, /* it was said (base/linger.h): what comes is thrown away */
	STATES,
};

/* What comes when something has been replied; IS_GOOD: the reply began with 2 or 3. */
typedef void sink_then(struct connection *c, bool is_good);

struct connection {
	struct sink *sink;
	struct connection *next, *previous;
	uint64_t number;
	int fd;
	uint32_t events;  /* that epoll looks for */
	bool wants_write; /* during a handshake */
	bool is_called;	  /* the client has begun with one */
	bool is_shaking;  /* and so have we */
	struct tls_channel *tls;
	struct peer peer;
	enum state state;
	bool is_secure, is_greeted, is_dead, resets, lingers;

	struct slice
	    input; /* not taken yet: in kept, or in sink->input while an event is handled */
	struct str kept;
	struct str output;
	size_t said;   /* of output, sent */
	deadline wake; /* when something is to be done without an event; or DEADLINE_NEVER */
	deadline idle;

	/* an action at a step */
	struct slice action; /* what is left of it */
	const char *usual;   /* the reply that is due without one; null: none is */
	struct str reply;    /* where that was made up */
	sink_then *then;
	sink_then *before; /* called before a good reply is said; or null */
	uint64_t repeats;  /* left; UINT64_MAX: no end */
	int64_t repeat_ms;
	char beginning; /* the first octet that was said by "raw" */
	bool is_waiting;

	/* the transaction */
	struct str mail, recipients; /* as they came, the latter with LF between */
	size_t recipient_count;
	struct slice recipient; /* LMTP: those whose reply is due */
	struct str message;
	uint64_t octets; /* of the message, as it came */
	uint64_t chunk;	 /* octets left of it */
	bool is_chunked, is_last, is_reading;
	struct str line;    /* the command at hand */
	struct slice login; /* replies left */
	struct wire wire;
	uint64_t transactions;
};

/* loop.c */
void loop_run(struct sink *s);
/* connection_wake is called at WHEN. */
void loop_wake_at(struct connection *c, deadline when);
/* Sets what epoll looks for, from the connection's state. */
void loop_watch(struct connection *c);

/* connection.c */
void connection_accept(struct sink *s, int fd, const struct peer *peer);
void connection_ready(struct connection *c, uint32_t events);
void connection_wake(struct connection *c);
/* Ends it now; it stays in sink->dead until it is freed. */
void connection_close(struct connection *c);
void connection_free(struct connection *c);
/* Something that it cannot go on with, for want of memory say. */
void connection_give_up(struct connection *c);

/* octets.c */
enum octets_result {
	OCTETS_GONE, /* all that was to be said is */
	OCTETS_LEFT, /* there is no room now, or it goes slowly */
	OCTETS_LOST,
};
void connection_say(struct connection *c, const char *text, size_t len);
/* Takes a line without its CRLF off the front of its input. False if there is none yet. */
bool connection_line(struct connection *c, struct slice *line);
/* Sends what it can. */
enum octets_result octets_flush(struct connection *c);
/* More input. False for none now, or if it is over: then it is closed. */
bool octets_take(struct connection *c);
/* Input that is not taken yet, for later. */
void octets_keep(struct connection *c);

/* act.c */
/*
 * Does what was asked for at STEP, else says USUAL, a line without its end; then calls THEN. USUAL
 * is copied. BEFORE is called before a good reply goes out, and may be null.
 */
void act(
    struct connection *c, const char *step, const char *usual, sink_then *then, sink_then *before);
bool act_continue(struct connection *c);
/* STEP with ":ADDRESS" behind it where an action is given for that, in OUT. */
const char *act_step_of(
    struct connection *c, const char *step, struct slice address, struct str *out);

/* command.c */
void command_greet(struct connection *c, bool is_good);
void command_line(struct connection *c, struct slice line);
void command_next(struct connection *c, bool is_good);
/* Forgets the transaction. */
void command_reset(struct connection *c);
/* True if NAME is among the keywords of EHLO. */
bool command_is_offered(const struct connection *c, const char *name);
struct slice command_address(struct slice line);

/* front.c */
bool front_proxy(struct connection *c);
void front_begin_tls(struct connection *c, bool is_good);
bool front_shake(struct connection *c);
/* The next replies of --auth, the client's line being at hand. */
void front_log_in(struct connection *c);
bool front_login(struct connection *c);

/* check.c: what --verify finds */
void check_fault(struct connection *c, enum wire_fault fault);
void check_command(struct connection *c, struct slice verb, struct slice line);
void check_mail(struct connection *c, struct slice line);
void check_rcpt(struct connection *c, struct slice line);
void check_begin(struct connection *c, bool is_dotted);
void check_take(struct connection *c, struct slice bytes);
void check_end(struct connection *c);
/* It is taken for these, with LF behind each. */
void check_taken(struct connection *c, struct slice recipients);

/* message.c */
void message_begin_data(struct connection *c, bool is_good);
void message_begin_chunk(struct connection *c, struct slice line);
bool message_data(struct connection *c);
bool message_chunk(struct connection *c);

/* store.c */
int store_open(struct sink *s);
/* One message for the envelope of C, of whose recipients RECIPIENTS are written down. */
void store_message(struct connection *c, struct slice recipients, size_t count);
void store_end(struct connection *c);
void store_peer(struct connection *c);
/* "NUMBER WHAT" and BYTES as Python shows them. */
void store_log(struct connection *c, const char *what, struct slice bytes);
void store_log_tls(struct connection *c);

/* limits.c */
/* A reply that it is refused with, or null. */
const char *limits_connection(struct connection *c);
const char *limits_recipient(struct connection *c, struct slice address);

/* summary.c */
/* Prints it if it is wanted; the exit code. */
int summary_print(struct sink *s);

#endif
