/* SPDX-License-Identifier: ISC */
/*
 * What the files of smtp-load share: one process, a struct session for each connection that is had
 * at once, and the figures of them all. Nothing blocks but the look-up of the target.
 */
#ifndef LOAD_H
#define LOAD_H

#include <sys/socket.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hidden.h"
#include "base/secret_source.h"
#include "base/str.h"
#include "histogram.h"
#include "net/tls_channel.h"

#define PROGRAM "smtp-load"
#define ERRORS_MAX 32	 /* different ones that are told apart */
#define ERROR_OCTETS 120 /* of each */

enum tls_use { TLS_NONE, TLS_START, TLS_FIRST };

struct settings {
	uint64_t sessions, messages, per_connection, recipients;
	uint64_t size_low, size_high; /* of the body */
	uint64_t rate, ramp_seconds, seconds, timeout_seconds;
	const char *target, *message, *from, *to, *helo;
	const char *login; /* null: none */
	struct secret_source secret;
	unsigned mechanisms; /* bits of net/sasl_client.h */
	enum tls_use tls;
	bool is_lmtp, is_chunked, is_pipelined, is_own, is_insecure, is_json;
};

enum measure {
	MEASURE_CONNECT,
	MEASURE_GREETING,
	MEASURE_TLS,
	MEASURE_LOGIN,
	MEASURE_MAIL,
	MEASURE_END,
	MEASURE_WHOLE,
	MEASURES,
};

struct error_count {
	char text[ERROR_OCTETS];
	uint64_t count;
};

struct load {
	struct settings settings;
	struct sockaddr_storage address;
	socklen_t address_len;
	struct str host; /* for TLS */
	struct str secret;
	struct hidden hidden; /* the same, in what servers say */
	struct tls_side *tls;
	struct str header, plain, stuffed; /* of the message; the body as it is, and for DATA */
	uint32_t run;
	int epoll;
	struct session *sessions;
	struct session *ready; /* sessions that wait for a message to be due */
	int64_t begun_us, ended_us, until_us;
	uint64_t begun, taken, failed, octets, recipients, connections;
	struct histogram measures[MEASURES];
	struct error_count errors[ERRORS_MAX];
	size_t error_count;
	char input[65536];
};

/* time in microseconds, monotonic */
int64_t load_now(void);

/* options.c: the command line; or the end. */
void options_read(struct load *l, int argc, char **argv);

/* target.c: looks up the target; the end if it cannot be had, or is not ours to load. */
void target_find(struct load *l);

/* text.c: the message, of settings->size_high octets or of a file; the end if that is not possible
 */
void text_make(struct load *l);

/* loop.c: until all is sent, or the time is over. */
void loop_run(struct load *l);

/* report.c */
void report_error(struct load *l, const char *step, const char *text, size_t len);
/* Prints it; the exit code. */
int report_print(struct load *l);

#endif
