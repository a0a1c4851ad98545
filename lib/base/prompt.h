/* SPDX-License-Identifier: ISC */
/*
 * A secret as one line: typed at a terminal, which shows nothing of it, or read from any
 * descriptor, of which no octet behind that line is taken. The caller has reserved SECRET's whole
 * cap before, as growing leaves copies behind, and overwrites it (str_wipe).
 */
#ifndef BASE_PROMPT_H
#define BASE_PROMPT_H

#include "base/clock.h"
#include "base/str.h"

enum prompt_result {
	PROMPT_GIVEN,
	PROMPT_NONE,	 /* an empty line, or none */
	PROMPT_TOO_LONG, /* over SECRET's cap */
	PROMPT_FAILED,	 /* errno; ENOTTY if prompt_secret was given no terminal */
};

/* What is too long is read to its end, lest the rest is an answer. */
enum prompt_result prompt_line(int fd, struct str *secret, deadline until);
/* Asks by WHAT, written to ASK, at the terminal FD; blocks until there is an answer. */
enum prompt_result prompt_secret(int fd, int ask, const char *what, struct str *secret);

#endif
