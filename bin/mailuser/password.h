/* SPDX-License-Identifier: ISC */
/* What becomes of a password: an entry for secrets. */
#ifndef MAILUSER_PASSWORD_H
#define MAILUSER_PASSWORD_H

#include "mailuser.h"

#define PASSWORD_ENTRY_MAX ((size_t)4096)

/* Asks for a password as O says, and puts its entry into ENTRY, which is to be wiped. */
void password_ask(const struct options *o, struct str *entry);
/* The entry of PASSWORD. */
void password_make(struct slice password, struct str *entry);

#endif
