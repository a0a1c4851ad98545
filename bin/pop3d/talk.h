/* SPDX-License-Identifier: ISC */
/*
 * A conversation in POP3 (RFC 1939, 3), in either state: lines, replies and commands by a table.
 * Each state embeds it as the first member of its own struct.
 */
#ifndef POP3D_TALK_H
#define POP3D_TALK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/reader.h"
#include "base/writer.h"
#include "net/authd.h"
#include "net/tls_info.h"
#include "pop3d.h"

#define TALK_LINE_MAX ((size_t)2048) /* octets of a command; RFC 2449, 4, asks for 253 */
#define TALK_INPUT_MAX ((size_t)32768)
#define TALK_OUTPUT_MAX ((size_t)65536)
#define TALK_MECHANISMS_MAX ((size_t)400) /* octets; a line of CAPA */

enum talk_end {
	TALK_GOES_ON,
	TALK_QUIT,
	TALK_EOF,
	TALK_SILENT,  /* no command in time */
	TALK_LONG,    /* over the session's time */
	TALK_ERRORS,  /* too many wrong commands */
	TALK_LOGINS,  /* too many failed logins */
	TALK_TLS,     /* no TLS came about */
	TALK_MAILBOX, /* it cannot be had */
	TALK_FAILED,  /* the connection broke, or no memory: error */
	TALK_HANDED,  /* the login is done: the keeper goes on */
};

struct talk {
	const struct settings *settings;
	struct peer peer;
	struct reader reader;
	struct writer writer;
	char protocol[sizeof((struct tls_info *)NULL)->protocol]; /* of TLS; "" without */
	char cipher[sizeof((struct tls_info *)NULL)->cipher];
	struct str mechanisms;		 /* of SASL, with blanks between */
	char login[AUTHD_LOGIN_MAX + 1]; /* "" before it is known */
	bool is_utf8;			 /* UTF8 was said (RFC 6856) */
	uint64_t errors;
	int64_t began_ms;
	deadline until; /* of the session */
	enum talk_end end;
	int error;
};

struct talk_command {
	const char *verb;
	void (*run)(struct talk *t, struct slice argument);
	bool takes_octets; /* its argument may be other than ASCII, and is not trimmed */
};

/* 0, or -1 with ENOMEM. */
int talk_init(struct talk *t, const struct settings *s, const struct peer *peer, int in, int out);
void talk_free(struct talk *t);
/* The conversation goes on over IN and OUT, which may be the same numbers. Nothing is unread. */
int talk_take_descriptors(struct talk *t, int in, int out);

/* Commands until the end. The last of TABLE, with a null verb, is for those that there are not. */
void talk_run(struct talk *t, const struct talk_command *table);
/* The last words, where the client is to hear some, and what it still says is thrown away. */
void talk_close(struct talk *t);

/* Replies of one line, of printable ASCII and at most 512 octets. */
void talk_ok(struct talk *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* CODE is of RFC 2449, 8, or null. */
void talk_err(struct talk *t, const char *code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The same for a wrong command, which counts. */
void talk_wrong(struct talk *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* "." at the end of a reply of several lines. */
void talk_end_lines(struct talk *t);

/* One line, before which all replies are sent if no whole line is at hand. */
enum reader_result talk_read_line(struct talk *t, struct slice *line, size_t max);
/* When the next read or write must have happened. */
deadline talk_deadline(const struct talk *t);
/* Notes why reading or writing ended: EOF for 0, errno for -1. */
void talk_lost(struct talk *t, long result);

/* What both states have (capabilities.c). */
bool talk_has_mechanism(const struct talk *t, const char *word);
void talk_capa(struct talk *t, struct slice argument);
void talk_lang(struct talk *t, struct slice argument);
void talk_quit(struct talk *t, struct slice argument);

/* The begin of a log line: client, login. To be ended by event_send. */
struct event;
void talk_log(const struct talk *t, struct event *e, const char *name);
/* The fields at the end of "session". */
void talk_log_end(const struct talk *t, struct event *e);

#endif
