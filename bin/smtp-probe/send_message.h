/* SPDX-License-Identifier: ISC */
/*
 * The message of "smtp-probe send": composed of what the command line says, or a template with
 * %WORDS% filled in. In wire format, not dot-stuffed. Nothing here reads a file, a clock or
 * anything random: all of that is in what it is given.
 */
#ifndef SMTP_PROBE_SEND_MESSAGE_H
#define SMTP_PROBE_SEND_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"
#include "base/str.h"

#define SEND_MESSAGE_MAX ((size_t)256 << 20) /* octets of a message, and of each file in it */
#define SEND_FIELDS_MAX 100
#define SEND_ATTACHMENTS_MAX 100
#define SEND_RECIPIENTS_MAX 1000
#define SEND_BOUNDARY_SIZE 40

enum send_encoding {
	SEND_AS_NEEDED, /* 7bit, or quoted-printable */
	SEND_7BIT,
	SEND_8BIT,
	SEND_QUOTED_PRINTABLE,
	SEND_BASE64,
	SEND_BINARY, /* of files, too */
};

struct send_attachment {
	struct slice name, type, octets; /* name: without folders */
};

struct send_content {
	struct slice from; /* an address; empty: the null reverse-path */
	struct slice to[SEND_RECIPIENTS_MAX];
	size_t to_count;
	struct slice subject, body; /* any line ends */
	struct slice helo, target;  /* who sends, and to what server */
	struct slice message_id;    /* with its angle brackets */
	int64_t now;
	struct slice fields[SEND_FIELDS_MAX]; /* "NAME: VALUE"; nothing behind: without NAME */
	size_t field_count;
	struct send_attachment attachments[SEND_ATTACHMENTS_MAX];
	size_t attachment_count;
	enum send_encoding encoding;
	bool is_utf8; /* header fields are UTF-8 (RFC 6532), not encoded-words */
	char boundary[SEND_BOUNDARY_SIZE];
};

/* What a finished message asks of the server. */
struct send_needs {
	bool has_8bit;	/* 8BITMIME */
	bool is_binary; /* BINARYMIME: octets that no line of text has, or a line too long */
	bool is_utf8;	/* SMTPUTF8: octets above 127 in the header section */
};

/* Null, or what is wrong with "NAME: VALUE". */
const char *send_field_problem(struct slice field);
/*
 * Adds the whole message. 0, or -1 with what is wrong with it in *PROBLEM, or, if that is null,
 * str's errors.
 */
int send_message_compose(const struct send_content *c, struct str *out, const char **problem);
/* Adds TEMPLATE, any line ends, with its words filled in. As above, with PROBLEM owned by who asks.
 */
int send_message_fill(
    const struct send_content *c, struct slice template, struct str *out, struct str *problem);
/* Adds TEXT with each LF or CRLF as CRLF and the last line whole. 0, or -1 with str's errors. */
int send_message_wire(struct slice text, struct str *out);

struct send_needs send_message_needs(struct slice message);

/* Of one body part (send_part.c). All: 0, or -1 with str's errors. */

/* Adds "; NAME=VALUE" (RFC 2045, 5.1), or as RFC 2231 has it where VALUE is not ASCII or is long.
 */
int send_add_parameter(struct str *out, const char *name, struct slice value);
/* Adds its fields, the empty line and OCTETS, of which the last line has its end. */
int send_add_text(
    struct str *out, struct slice text, enum send_encoding encoding, const char **problem);
int send_add_attachment(struct str *out, const struct send_attachment *a,
    enum send_encoding encoding, const char **problem);
/* The type of a file by its name; application/octet-stream for others. */
struct slice send_type_of(struct slice name);

#endif
