/* SPDX-License-Identifier: ISC */
/*
 * What may stand in an account (the control file users): its name, its Maildir, its quota. Names
 * become parts of paths and of lines of other programs' files, so few signs are allowed in them.
 */
#ifndef CONF_ACCOUNT_WORDS_H
#define CONF_ACCOUNT_WORDS_H

#include <stdbool.h>

#include "base/slice.h"
#include "base/str.h"

#define ACCOUNT_MAILBOX_MAX ((size_t)1000) /* octets of the path of a Maildir */
#define ACCOUNT_LOGIN_MAX ((size_t)255)	   /* octets, as SASL names have (net/sasl.h) */

/*
 * Adds the address TEXT to NAME, letters of ASCII in lower case. Null, or what is wrong with it in
 * a few words (ENOMEM is "out of memory").
 */
const char *account_name(struct str *name, struct slice text);
/* The same for a login that has no mailbox, which need be no address. */
const char *account_login(struct str *name, struct slice text);
/* The part behind the last @; all of it where there is none. */
struct slice account_domain(struct slice name);
/* The part before it. */
struct slice account_local(struct slice name);

/* Null, or what is wrong with PATH as a Maildir: absolute, with a slash at its end, in one word. */
const char *account_mailbox(struct slice path);

/* A number of octets, with K, M, G or T behind it; false for anything else, and for 0. */
bool account_size(struct slice text, uint64_t *octets);
/*
 * Adds the quota TEXT to QUOTA as Maildir++ has it ("1024S,10C"): "1G", "1G,1000", or in that form
 * already. Null, or what is wrong with it.
 */
const char *account_quota(struct str *quota, struct slice text);
/* The same from numbers; 0 is none, and both 0 add nothing. 0 or -1. */
int account_add_quota(struct str *quota, uint64_t octets, uint64_t messages);

#endif
