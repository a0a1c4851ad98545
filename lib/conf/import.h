/* SPDX-License-Identifier: ISC */
/*
 * Reads the accounts that another mail server's file has, as mailuser(8) describes the formats. It
 * looks at the text alone: whether a hash is one, and a domain or an account is known, is for the
 * caller to find out.
 */
#ifndef CONF_IMPORT_H
#define CONF_IMPORT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"
#include "base/str.h"

enum import_format {
	IMPORT_DOVECOT,
	IMPORT_POSTFIX_MAILBOX,
	IMPORT_POSTFIX_VIRTUAL,
	IMPORT_VPOPMAIL,
};

enum import_kind {
	IMPORT_END,
	IMPORT_ACCOUNT, /* name, and all but targets */
	IMPORT_TARGETS, /* name, which may be "@domain", and targets */
	IMPORT_DOMAIN,	/* name is a domain */
	IMPORT_WRONG,	/* what is in this line cannot be taken over: problem */
	IMPORT_FAILED,	/* no memory */
};

struct import {
	enum import_format format;
	struct slice domain; /* of names that have none; may be empty */
	struct slice rest;
	size_t line; /* of the entry that was taken last, from 1 */
	size_t next;
	struct str entry; /* the whole of it; the slices below point into it */

	/* what it says */
	struct str name;       /* lower case */
	struct slice hash;     /* for crypt(3) */
	struct slice key;      /* of SCRAM-SHA-256, without the prefix */
	struct slice password; /* itself */
	struct slice home;
	struct str mailbox; /* a path, perhaps relative; empty where nothing is said */
	struct str quota;   /* as Maildir++ has it; empty for none */
	bool is_disabled;
	struct str targets; /* with ", " between */
	struct str problem;
};

/* False for a format that there is not. */
bool import_find_format(struct slice name, enum import_format *format);
/* TEXT and DOMAIN must outlive it. */
void import_start(
    struct import *i, enum import_format format, struct slice text, struct slice domain);
/* The next entry; what it says holds until the next call. */
enum import_kind import_next(struct import *i);
void import_free(struct import *i);

/*
 * Adds TEMPLATE to OUT with %u (NAME), %n, %d (its parts), %h (HOME) and %% replaced. False without
 * memory, for another sign behind %, and for %h where HOME is empty.
 */
bool import_expand(struct str *out, struct slice template, struct slice name, struct slice home);

#endif
