/* SPDX-License-Identifier: ISC */
/*
 * What follows "pipe:" and "bsmtp:" in the control file routes: "[OPTION,OPTION... ]COMMAND".
 * Slices point into what was parsed.
 */
#ifndef CONF_GATEWAY_H
#define CONF_GATEWAY_H

#include <stdbool.h>

#include "base/slice.h"

#define GATEWAY_WORDS_MAX 64

struct gateway {
	struct slice user;    /* user=NAME, whom it is delivered as; empty if not given */
	bool is_wire;	      /* crlf: lines end with CRLF */
	bool has_from;	      /* from: a line "From SENDER DATE" comes first */
	bool has_dsn;	      /* dsn: the parameters of RFC 3461 are written, too */
	bool is_bare;	      /* bare: without the fields Return-Path and Delivered-To */
	struct slice command; /* a program and its arguments, blanks between; or a path */
};

/* A word of a command that stands for parts of the envelope. */
#define GATEWAY_SENDER "{sender}"
#define GATEWAY_RECIPIENT "{recipient}"	  /* the program runs for each recipient */
#define GATEWAY_RECIPIENTS "{recipients}" /* a word each; the program runs once for all */

/* Null, or what would be right. */
const char *gateway_parse_program(struct slice text, struct gateway *g);
const char *gateway_parse_file(struct slice text, struct gateway *g);
/*
 * Checks "PROGRAM ARGUMENT...", of which the first is an absolute path: words stand between blanks,
 * and nothing quotes, so that what a shell would read otherwise is an error. Null, or what would be
 * right.
 */
const char *gateway_check_command(struct slice command);
/* True if one of the words of COMMAND is WORD. */
bool gateway_has_word(struct slice command, const char *word);

#endif
