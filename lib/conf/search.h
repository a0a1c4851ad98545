/* SPDX-License-Identifier: ISC */
/* One look-up of conf/route.h, and the part of it that is about names of this host. */
#ifndef CONF_SEARCH_H
#define CONF_SEARCH_H

#include <stdbool.h>

#include "base/slice.h"
#include "conf/route.h"
#include "conf/table.h"

/* Each step says what it found in route->kind and returns 0, or -1 with ENOMEM. */
struct search {
	const struct routes *routes;
	struct route *route;
	const struct slice *sender; /* null: whoever it is */
	struct slice written;	    /* the local part before its quotes were taken off */
	unsigned depth;		    /* aliases followed */
	bool asks_tables_alone;	    /* and no user database */
	bool is_last_resort;	    /* mail of postmaster already goes to root's alias */
};

/* An alias or system user NAME, without or with an extension; roles are found in any case. */
int search_local(struct search *s, struct slice name);
/* The targets of ALIAS, to find which EXTENSION was cut off. */
int search_alias(struct search *s, const struct table_entry *alias, struct slice extension);
/*
 * If ALIAS is a mailing list, adds its settings to WORDS (conf/lists.h): 1, 0 if it is none, or -1
 * with errno, or where a table is damaged.
 */
int search_list(struct search *s, const struct table_entry *alias, struct str *words);
/* True for a name that postmaster answers for where it is nobody else. */
bool search_is_role(struct search *s, struct slice name);
/*
 * What T, a table of struct routes, says of KEY: 1, 0, or -1 where it is damaged, and then the
 * search has ended with ROUTE_TEMPORARY.
 */
int search_get(
    struct search *s, const struct table *t, struct slice key, struct table_entry *entry);
/* Ends the search for a table that is damaged. -1. */
int search_damaged(struct search *s, const struct table *t);
/*
 * Tells who listens of ENTRY, of TABLE, which is FILE or what that was compiled to; null if there
 * was none of KEY.
 */
void search_note(const struct search *s, const char *file, const struct table *table,
    const struct table_entry *entry, struct slice key, const char *says);
/* Ends the search with KIND because of BEFORE, TEXT (which is foreign) and BEHIND. */
int search_end(struct search *s, enum route_kind kind, const char *before, struct slice text,
    const char *behind);

#endif
