/* SPDX-License-Identifier: ISC */
/* The parts of a report (mail/dsn.h), for lib/mail/dsn*.c alone. All: 0, or -1 with str's errors.
 */
#ifndef MAIL_DSN_PARTS_H
#define MAIL_DSN_PARTS_H

#include "mail/dsn.h"

/* What a report of KIND is called, and the value of Action (RFC 3464, 2.3.3). */
struct dsn_words {
	const char *subject, *action;
};

const struct dsn_words *dsn_words_of(enum dsn_kind kind);

/* "NAME: DATE", with its line end. */
int dsn_add_date_field(struct str *out, const char *name, int64_t when);
/*
 * TEXT, folded at blanks so that no line passes 76 octets unless one word does; and in the midst of
 * a word that no line could hold (RFC 5322, 2.1.1). Each line begins with INDENT.
 */
int dsn_add_folded(struct str *out, struct slice text, const char *indent);
/* TEXT without what is behind MAX octets and without half a character at its end. */
struct slice dsn_cut(struct slice text, size_t max);
/* True for a host, not a place where mail was to be put. */
bool dsn_is_host(struct slice relay);
/* Content-Transfer-Encoding, if there is need of it. */
const char *dsn_encoding(bool is_8bit);

/* True if the text for people is not ASCII: a reply, or an address of RFC 6531. */
bool dsn_is_text_8bit(const struct dsn *d);
/* The part for people. */
int dsn_add_text(const struct dsn *d, struct str *out);
/* The part for programs (RFC 3464, 2; RFC 6533, 4.1), its Content-Type first. */
int dsn_add_status(const struct dsn *d, struct str *out);

#endif
