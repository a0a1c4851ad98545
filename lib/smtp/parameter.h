/* SPDX-License-Identifier: ISC */
/*
 * The parameters of MAIL and RCPT (RFC 5321, 4.1.2): one table in parameter.c has a row for each,
 * with the extension that defines it and the check of its value. A new extension is a bit here, a
 * member, a row and its check.
 */
#ifndef SMTP_PARAMETER_H
#define SMTP_PARAMETER_H

#include <stdint.h>

#include "base/slice.h"
#include "base/str.h"
#include "smtp/command.h"

enum parameter_extension {
	EXTENSION_SIZE = 1,	  /* RFC 1870 */
	EXTENSION_8BITMIME = 2,	  /* RFC 6152 */
	EXTENSION_DSN = 4,	  /* RFC 3461 */
	EXTENSION_AUTH = 1 << 12, /* RFC 4954 */
};

/* What was given; a slice that was not is empty. */
struct parameters {
	uint64_t size;		  /* SIZE; 0 when not given; UINT64_MAX for what is more */
	struct slice body;	  /* BODY */
	struct slice return_part; /* RET */
	struct slice envelope_id; /* ENVID, in xtext */
	struct slice submitter;	  /* AUTH, in xtext, or "<>" */
	struct slice notify;	  /* NOTIFY */
	struct slice original;	  /* ORCPT, in xtext */
};

/*
 * Parse what follows the path. OFFERED are the extensions that this session knows: a parameter of
 * another is COMMAND_UNKNOWN_PARAMETER; one given twice or with a bad value is COMMAND_SYNTAX.
 */
enum command_result parameter_parse_mail(
    struct slice text, unsigned offered, struct parameters *parameters);
enum command_result parameter_parse_rcpt(
    struct slice text, unsigned offered, struct parameters *parameters);

/* Add those that travel with the message as fields of an envelope (spool(5)). 0 or -1 (str). */
int parameter_add_mail_fields(const struct parameters *parameters, struct str *envelope);
int parameter_add_rcpt_fields(const struct parameters *parameters, struct str *envelope);

#endif
