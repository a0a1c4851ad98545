/* SPDX-License-Identifier: ISC */
/*
 * The parameters of MAIL and RCPT (RFC 5321, 4.1.2): tables in parameter.c have a row for each,
 * with the extension that defines it and the check of its value (parameter_check.h). A new
 * extension is a bit and a member here, a row and its check.
 */
#ifndef SMTP_PARAMETER_H
#define SMTP_PARAMETER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"
#include "base/str.h"
#include "smtp/command.h"

enum parameter_extension {
	EXTENSION_SIZE = 1,	       /* RFC 1870 */
	EXTENSION_8BITMIME = 2,	       /* RFC 6152 */
	EXTENSION_DSN = 4,	       /* RFC 3461 */
	EXTENSION_BINARYMIME = 8,      /* RFC 3030 */
	EXTENSION_SMTPUTF8 = 16,       /* RFC 6531 */
	EXTENSION_REQUIRETLS = 32,     /* RFC 8689 */
	EXTENSION_DELIVERBY = 64,      /* RFC 2852 */
	EXTENSION_FUTURERELEASE = 128, /* RFC 4865 */
	EXTENSION_MT_PRIORITY = 256,   /* RFC 6710 */
	EXTENSION_AUTH = 512,	       /* RFC 4954 */
	EXTENSION_CHUNKING = 1024,     /* RFC 3030: no parameter, but a command */
};

/* What was given; a slice that was not is empty. */
struct parameters {
	unsigned offered;	  /* those that may be used */
	uint64_t size;		  /* SIZE; 0 when not given; UINT64_MAX for what is more */
	struct slice body;	  /* BODY */
	struct slice return_part; /* RET */
	struct slice envelope_id; /* ENVID, in xtext */
	struct slice submitter;	  /* AUTH, in xtext */
	bool is_utf8;		  /* SMTPUTF8 */
	bool requires_tls;	  /* REQUIRETLS */
	int priority;		  /* MT-PRIORITY; 0 when not given */
	int64_t by_seconds;	  /* BY: seconds from now, perhaps negative */
	const char *by_mode;	  /* BY: "R", "N", "RT" or "NT"; null when not given */
	int64_t hold_seconds;	  /* HOLDFOR; 0 when not given */
	int64_t hold_until;	  /* HOLDUNTIL: seconds since 1970; 0 when not given */
	struct slice hold;	  /* the value of either */
	struct slice notify;	  /* NOTIFY, upper case words */
	struct slice original;	  /* ORCPT, in xtext, or as RFC 6533 has it */
	char notify_words[32];	  /* what notify points into */
};

/*
 * Parse what follows the path. OFFERED are the extensions that this session knows: a parameter of
 * another is COMMAND_UNKNOWN_PARAMETER; one given twice or with a bad value is COMMAND_SYNTAX.
 * *parameters points into TEXT and into itself, so it is not to be copied.
 */
enum command_result parameter_parse_mail(
    struct slice text, unsigned offered, struct parameters *parameters);
enum command_result parameter_parse_rcpt(
    struct slice text, unsigned offered, struct parameters *parameters);

/*
 * Add those that travel with the message as fields of an envelope (spool(5)), as they were given at
 * NOW, seconds since 1970. 0 or -1 (str).
 */
int parameter_add_mail_fields(
    const struct parameters *parameters, int64_t now, struct str *envelope);
int parameter_add_rcpt_fields(const struct parameters *parameters, struct str *envelope);

#endif
