/* SPDX-License-Identifier: ISC */
/*
 * "smtp-probe send": one test message to one server, with a result for each step, up to the step
 * that --stop-after names. A domain's servers are tried in their order until one speaks SMTP.
 */
#ifndef SMTP_PROBE_SEND_H
#define SMTP_PROBE_SEND_H

#include <stdbool.h>
#include <stdint.h>

#include "base/options.h"
#include "base/secret_source.h"
#include "send_message.h"

struct probe;
struct target;

/* In the order in which they come. */
enum send_step {
	SEND_CONNECT,
	SEND_GREETING,
	SEND_EHLO,
	SEND_STARTTLS,
	SEND_AUTH,
	SEND_MAIL,
	SEND_RCPT,
	SEND_DATA,
	SEND_END,
};

/* The command line; null, or zero, where it does not say. */
struct send_settings {
	/* the message */
	const char *from, *subject, *body, *template, *raw;
	const char *to[SEND_RECIPIENTS_MAX], *fields[SEND_FIELDS_MAX];
	const char *attachments[SEND_ATTACHMENTS_MAX];
	size_t to_count, field_count, attachment_count;
	enum send_encoding encoding;
	bool is_utf8;
	/* TLS and the login */
	bool must_verify, is_insecure;
	const char *tls_name, *certificate, *key;
	const char *login;
	struct secret_source secret;
	bool has_secret;     /* an option says where it comes from */
	unsigned mechanisms; /* bits of net/sasl_client.h; 0: as they come */
	/* the envelope */
	const char *notify, *return_part, *envelope_id, *original, *declared, *by, *priority;
	bool requires_tls, has_size, uses_bdat, no_pipelining, is_forced;
	uint64_t size, chunk; /* chunk 0: all in one */
	bool stops;
	enum send_step last;
};

extern const struct option_row send_rows[];

void send_take(struct probe *p, const struct option_scan *scan, int code);
void send_run(struct probe *p, const struct target *target, char **operands, int count);

#endif
