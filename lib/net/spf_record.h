/* SPDX-License-Identifier: ISC */
/*
 * A record of SPF (RFC 7208) read as text: whether its grammar is right, what it costs, and what it
 * says of everybody else. Whom it lets send is not asked. Nothing blocks or allocates.
 */
#ifndef NET_SPF_RECORD_H
#define NET_SPF_RECORD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"

#define SPF_LOOKUPS_MAX 10 /* 4.6.4 */
#define SPF_LINKS_MAX 16   /* that are kept; more than SPF_LOOKUPS_MAX is wrong anyway */

struct spf_record {
	char all;	 /* what "all" says: '+', '-', '~', '?'; 0 where there is none */
	size_t lookups;	 /* terms that ask the DNS: include, a, mx, ptr, exists, redirect */
	bool uses_ptr;	 /* "SHOULD NOT be used"; 5.5 */
	bool has_macros; /* in a domain that leads to another record: it cannot be followed */
	/* Domains of include, without macros; in the record's text. */
	struct slice links[SPF_LINKS_MAX];
	size_t link_count;
	struct slice redirect; /* empty: none, or "all" makes it void (6.1), or macros */
};

/*
 * 1; 0 for a record that is none of SPF; -1 for one that is wrong ("permerror"), with the term in
 * *WRONG.
 */
int spf_record_parse(struct slice text, struct spf_record *r, struct slice *wrong);

#endif
