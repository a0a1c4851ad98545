/* SPDX-License-Identifier: ISC */
/*
 * A new password: getting it from a person or a program, and what the control file secrets holds
 * for it. Links libcrypt and OpenSSL's libcrypto. What is secret is overwritten after use.
 */
#ifndef NET_PASSWORD_NEW_H
#define NET_PASSWORD_NEW_H

#include "base/slice.h"
#include "base/str.h"

enum password_given {
	PASSWORD_GIVEN,
	PASSWORD_NONE,	   /* an empty line, or none */
	PASSWORD_TOO_LONG, /* over PASSWORD_MAX */
	PASSWORD_CONTROL,  /* there is a control character in it */
	PASSWORD_DIFFERS,  /* the second one was another */
	PASSWORD_FAILED,   /* errno */
};

/* What is wrong with one that was not given, in a few words; null for PASSWORD_FAILED. */
const char *password_given_text(enum password_given given);

/*
 * Reads one line from FD into PASSWORD, which has room for PASSWORD_MAX octets from the start and
 * is overwritten by the caller (str_wipe). A terminal is asked twice, by prompts on standard error,
 * and shows nothing of it. Blocks until there is a line.
 */
enum password_given password_get(int fd, struct str *password);
/* Prepares PASSWORD so that it never grows, as growing leaves copies behind. 0 or -1. */
int password_prepare(struct str *password);

/* Adds a hash by the best method of crypt(3), and a key of SCRAM-SHA-256: 0, or -1 with errno. */
int password_entry(struct str *out, struct slice password);

#endif
