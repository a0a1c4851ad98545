/* SPDX-License-Identifier: ISC */
/* What an import has found, and how it becomes entries of control files. */
#ifndef MAILUSER_IMPORT_H
#define MAILUSER_IMPORT_H

#include <stdbool.h>
#include <stddef.h>

#include "books.h"
#include "conf/import.h"
#include "mailuser.h"
#include "names.h"

struct batch {
	const struct options *options;
	struct books *books;
	struct import import;
	struct str root;			  /* box_root */
	struct str users, secrets;		  /* lines for these files */
	struct str virtual, domains;		  /* likewise */
	struct names accounts, addresses, places; /* places: domains, and enum domain_place */
	size_t account_count, address_count, domain_count, wrong_count;
};

/* Puts the account that import_next found into the batch. Null, or what is wrong with it. */
const char *batch_add_account(struct batch *b);
/* The same for targets, and for a domain. */
const char *batch_add_targets(struct batch *b);
const char *batch_add_domain(struct batch *b, struct slice domain);
/* Makes the entries, with the lock held: domains first, secrets before users. */
void batch_write(struct batch *b);

#endif
