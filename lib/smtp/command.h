/* SPDX-License-Identifier: ISC */
/*
 * The grammar of SMTP commands (RFC 5321, 4.1): a line without its CRLF, taken apart into slices
 * that point into it. Nothing allocates, blocks or decides what is allowed.
 */
#ifndef SMTP_COMMAND_H
#define SMTP_COMMAND_H

#include <stdbool.h>

#include "base/slice.h"
#include "mail/address.h"

/* Octets of the longest command line taken, without CRLF; 4.5.3.1.4 asks for 510 and more. */
#define COMMAND_LINE_MAX 2048

enum command_result {
	COMMAND_OK,
	COMMAND_SYNTAX,		   /* 501 5.5.4 */
	COMMAND_ADDRESS,	   /* 501 5.1.3, or 5.1.7 for a reverse-path */
	COMMAND_8BIT,		   /* 553 5.6.7 */
	COMMAND_UNKNOWN_PARAMETER, /* 555 5.5.4 */
};

struct command {
	struct slice verb;     /* up to the first blank */
	struct slice argument; /* the rest, without blanks at both ends */
};

struct command command_split(struct slice line);

/* A Domain or address-literal, the argument of HELO and EHLO (4.1.1.1). */
bool command_is_host(struct slice argument);

struct command_path {
	struct slice
	    mailbox; /* as written, without angle brackets and source route; empty for <> */
	struct address address; /* its parts; the domain is empty for <postmaster> */
};

/*
 * Takes "KEYWORD:<path>" off the front of *argument; what is left are parameters. A source route
 * (appendix C) is checked and dropped. FLAGS: 0 or ADDRESS_UTF8.
 */
enum command_result command_reverse_path(
    struct slice *argument, unsigned flags, struct command_path *path);
enum command_result command_forward_path(
    struct slice *argument, unsigned flags, struct command_path *path);

/* The one postmaster that has no domain (4.5.1), in any case of letters. */
bool command_is_postmaster(struct slice mailbox);

#endif
