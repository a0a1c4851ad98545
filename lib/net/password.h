/* SPDX-License-Identifier: ISC */
/* Password hashes by crypt(3). Links libcrypt. What is secret is overwritten after use. */
#ifndef NET_PASSWORD_H
#define NET_PASSWORD_H

#include <stdbool.h>

#include "base/slice.h"
#include "base/str.h"

#define PASSWORD_MAX ((size_t)511) /* octets: CRYPT_MAX_PASSPHRASE_SIZE without its NUL */

/*
 * True if HASH, as crypt(3) made it, is of PASSWORD. Takes the time of one crypt(3) with the cost
 * of HASH whatever comes out; a HASH that is none takes no time.
 */
bool password_is_of(const char *hash, struct slice password);
/* True if crypt(3) can check a password against HASH. */
bool password_is_hash(const char *hash);
/*
 * Adds a new hash of PASSWORD by the method PREFIX, as "$y$"; null for the best that there is. 0,
 * or -1 with str's errors, or EINVAL for a method that libcrypt does not know.
 */
int password_hash(struct str *out, struct slice password, const char *prefix);

#endif
