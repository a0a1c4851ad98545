/* SPDX-License-Identifier: ISC */
/*
 * A control file as a sorted array: "key: value" lines, or keys alone, one a line. Keys are
 * compared with ASCII letters of either case taken as equal. The table owns the text; keys and
 * values are slices into it. A table that table_open opened may be a cdb instead, which holds its
 * keys in lower case: only table_get and its like know both forms.
 */
#ifndef CONF_TABLE_H
#define CONF_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"
#include "base/str.h"
#include "conf/control.h"

struct table_entry {
	struct slice key;   /* never empty */
	struct slice value; /* empty in a list of keys */
	const char *at;	    /* where in the text it stands */
};

struct cdb_reader;

struct table {
	struct cdb_reader *cdb; /* owned; null where the table is a text: see conf/cdb_reader.h */
	char *text;		/* owned; null in a table made by table_add */
	struct table_entry *entries; /* owned, sorted by key */
	size_t count, room;
};

enum table_form {
	TABLE_KEYS,    /* a key a line */
	TABLE_PAIRS,   /* "key: value"; a quoted string or a literal in the key may hold colons */
	TABLE_HOSTS,   /* as pairs, but the colon has a blank behind it: a key may be host:port */
	TABLE_ALIASES, /* as pairs; a line that begins with a blank goes on with the value before */
	TABLE_ACCOUNTS, /* as pairs, but the value may be missing */
};

/*
 * Makes a table of TEXT, whose memory it takes over (and TEXT is empty then). 0, or -1 with ENOMEM
 * or EINVAL and, in PROBLEM, NAME, line and cause: a line that is no pair, a key that comes twice.
 */
int table_make(
    struct table *t, const char *name, struct str *text, enum table_form form, struct str *problem);
/*
 * The same, but goes on behind what is wrong: -1 with EINVAL, each problem is a line of PROBLEM, as
 * table_tell makes it, and the table holds what is right. To be freed in any case.
 */
int table_make_telling(
    struct table *t, const char *name, struct str *text, enum table_form form, struct str *problem);
/* The control file NAME, which may be missing: 1 if it was read, 0 for an empty table, -1 as above.
 */
int table_read(struct table *t, const struct control *c, const char *name, enum table_form form,
    struct str *problem);
/*
 * The same of NAME.cdb if that exists, whatever the text says; else of the text. Behind it, only
 * the functions that give an entry into the caller's hands may be used, unless t->cdb is null.
 */
int table_open(struct table *t, const struct control *c, const char *name, enum table_form form,
    struct str *problem);
void table_free(struct table *t);

/*
 * The entry of KEY, of a table in either form: 1, 0 if there is none, -1 with EIO where a cdb is
 * damaged. The entry holds until table_free, whatever else is looked up.
 */
int table_get(const struct table *t, struct slice key, struct table_entry *entry);
/* The same in the manner of table_find_domain and table_find_sender. */
int table_get_domain(const struct table *t, struct slice domain, struct table_entry *entry);
int table_get_sender(const struct table *t, struct slice address, struct table_entry *entry);

/* To go through all entries of a table in either form: begin with zeros. */
struct table_cursor {
	size_t line;
	uint32_t record;
};
/* 1, 0 behind the last, -1 with EIO. The marks of a cdb (conf/cdb_writer.h) do not come up. */
int table_next(const struct table *t, struct table_cursor *cursor, struct table_entry *entry);

/* Adds an entry of somebody else's text; table_sort must follow before the table is asked. */
int table_add(struct table *t, struct slice key, struct slice value);
/* The same with the value and the place of ENTRY, which is of T. */
int table_add_twin(struct table *t, struct slice key, const struct table_entry *entry);
void table_sort(struct table *t);

/* The entry of KEY of a text, or null. */
const struct table_entry *table_find(const struct table *t, struct slice key);
/* Where in a text the entries begin whose keys are KEY or come behind it: an index, or the count.
 */
size_t table_place(const struct table *t, struct slice key);
/*
 * The entry for a domain: that of DOMAIN, else that of ".PARENT" for its nearest parent, else null.
 * What has no labels, as an address literal, is looked up as it is.
 */
const struct table_entry *table_find_domain(const struct table *t, struct slice domain);

/*
 * The entry for who sends: that of ADDRESS, else of "@domain"; a null reverse-path is "<>". Else
 * null.
 */
const struct table_entry *table_find_sender(const struct table *t, struct slice address);
/* The number of the line that ENTRY of a table with text stands in; 0 of a cdb. */
size_t table_line(const struct table *t, const struct table_entry *entry);

/* Says in PROBLEM that LINE, a part of TEXT, is wrong: "NAME, line N: …". Sets errno to EINVAL; -1.
 */
int table_complain(struct str *problem, const char *name, struct slice text, struct slice line,
    const char *cause, ...) __attribute__((format(printf, 5, 6)));
/* The same for one problem of several: "NAME: line N: …", and LF behind. */
int table_tell(struct str *problem, const char *name, struct slice text, struct slice line,
    const char *cause, ...) __attribute__((format(printf, 5, 6)));

#endif
