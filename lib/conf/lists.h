/* SPDX-License-Identifier: ISC */
/*
 * Mailing lists: what the control file lists says of an alias or a hosted address whose targets are
 * its members, as "dev@example.org: owner=dev-owner@example.org verp id=dev.example.org". The same
 * words, behind ROUTE_LIST, are the first target of such a route, for deliver and smtpd.
 */
#ifndef CONF_LISTS_H
#define CONF_LISTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"
#include "base/str.h"
#include "conf/table.h"

/* Slices of the words; what was not given is empty. */
struct list {
	struct slice owner; /* the reverse-path of what goes to the members */
	bool has_verp;	    /* one for each member */
	char separator;	    /* between the owner's local part and the member's address */
	struct slice id;    /* RFC 2919, without the angle brackets */
	bool is_sublist;    /* of another list, whose List-Id, -Post and -Archive stay */
	struct slice help, subscribe, unsubscribe, post, contact, archive; /* RFC 2369 */
	bool is_one_click;						   /* RFC 8058 */
	struct slice precedence;
	bool is_secret; /* EXPN shows no member */
	uint64_t max;	/* members; 0: as many as the limit list-members says */
};

/* Reads the words. Null, or what is wrong with them. */
const char *list_parse(struct slice words, struct list *list);

/* What is wrong with an entry of the file lists, or null. */
const char *lists_check(const struct table_entry *entry);

/*
 * Adds the header fields that the list gives a message: each a line with LF at its end. 0, or -1
 * with str's errors.
 */
int list_add_fields(const struct list *list, struct str *out);
/* True if the field NAME of a message that comes to the list is left out (deliver(8), Lists). */
bool list_drops_field(const struct list *list, struct slice name);

#endif
