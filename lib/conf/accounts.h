/* SPDX-License-Identifier: ISC */
/*
 * The accounts of this host: the control file users, a text that is small and counts first, over
 * users.cdb, the base, which holds what the text does not say; and the pair of secrets in the same
 * manner. So one account more never rewrites a million. What a look-up gives points into the
 * tables, and holds until they are closed.
 */
#ifndef CONF_ACCOUNTS_H
#define CONF_ACCOUNTS_H

#include <stdbool.h>

#include "base/slice.h"
#include "base/str.h"
#include "conf/control.h"
#include "conf/table.h"

/* The whole value of an entry in the text that hides the one of the base. */
#define ACCOUNT_REMOVED "removed"

struct account {
	struct slice login;   /* as the table has it */
	struct slice mailbox; /* "/path/" or "/path"; empty: a login only, which gets no mail */
	struct slice quota;   /* what follows "quota="; empty: none */
	bool is_disabled;     /* does not get in; mail is delivered all the same */
};

struct accounts {
	const char *name; /* "users" or "secrets" */
	struct table text;
	struct table base;
};

/*
 * Opens the pair users. 0, also where there is neither, or -1 with errno, for EINVAL with file,
 * line and cause in PROBLEM. To be closed in any case.
 */
int accounts_open(struct accounts *a, const struct control *c, struct str *problem);
/* The same for secrets, where nobody but the owner may have any right: EPERM otherwise. */
int accounts_open_secrets(struct accounts *a, const struct control *c, struct str *problem);
/* Overwrites what was read of secrets. */
void accounts_close(struct accounts *a);
/* True if there is at least one of the four files. */
bool accounts_exist(const struct accounts *a);

/*
 * The entry of LOGIN, of either pair: 1, 0 if there is none, -1 with EIO where the base is damaged.
 * FROM, if not null, is set to the table that has it.
 */
int accounts_get(const struct accounts *a, struct slice login, struct table_entry *entry,
    const struct table **from);
/* The account of LOGIN in users: as above; EINVAL where the entry is in no known form. */
int accounts_find(const struct accounts *a, struct slice login, struct account *account);
/*
 * Takes the value of an entry of users apart: "[disabled] [/path/] [quota=SPEC]", in any order.
 * Null, or what would be right. The login is the caller's to fill in.
 */
const char *account_parse(struct slice value, struct account *account);

/*
 * Some logins of the base of secrets, LF behind each, which stay the same as far as their entries
 * do: of any whose value has a word that begins with PREFIX (in lower case, one of
 * ACCOUNT_PREFIXES; "" for any). 1, 0 if there are none, -1 with EIO.
 */
#define ACCOUNT_PREFIXES "", "{scram-sha-256}", "{plain}"
int accounts_samples(const struct accounts *a, const char *prefix, struct slice *logins);

/* To go through all entries, those of the text first: begin with zeros. */
struct accounts_cursor {
	struct table_cursor text, base;
};
/* 1, 0 behind the last, -1 with EIO. What is removed does not come up. */
int accounts_next(
    const struct accounts *a, struct accounts_cursor *cursor, struct table_entry *entry);

/*
 * Makes a new base of all entries, durable, by rename; those of MORE, a text that is sorted, or
 * null, count before others of their key. 0, or -1 with errno and the old base still there. The
 * caller then writes an empty text; until he does, both say the same.
 */
int accounts_fold(const struct accounts *a, const struct table *more, const struct control *c);

#endif
