/* SPDX-License-Identifier: ISC */
/* The tables with all of their entries, for checks that look at each. */
#ifndef MAILCONF_CHECK_TABLES_H
#define MAILCONF_CHECK_TABLES_H

#include <stdbool.h>

#include "base/slice.h"
#include "base/str.h"
#include "conf/accounts.h"
#include "conf/control.h"
#include "conf/forms.h"
#include "conf/table.h"

struct check_table {
	const char *name;    /* the control file, or /etc/aliases */
	struct table table;  /* all that is in force, a text or a cdb */
	struct table source; /* which that points into */
	bool is_there;	     /* and could be read */
};

struct check_tables {
	struct str me;
	struct accounts accounts; /* which users points into */
	struct check_table locals, virtual, domains, aliases, lists, relay, routes, senders, users;
	struct check_table hosted; /* the domains of virtual and domains, each once */
	struct forms forms;	   /* of idn */
};

/* What cannot be read is as if it were empty: check_files says so. 0, or -1 without memory. */
int check_tables_read(struct check_tables *t, const struct control *c);
void check_tables_free(struct check_tables *t);

/* The line that ENTRY of TABLE stands in; 0: in none. */
size_t check_table_line(
    const struct check_tables *t, const struct check_table *table, const struct table_entry *entry);

/* The domain of an address or an "@domain", or the key itself where it has neither. */
struct slice check_domain_of(struct slice key);
bool check_is_local(const struct check_tables *t, struct slice domain);
bool check_is_hosted(const struct check_tables *t, struct slice domain);

#endif
