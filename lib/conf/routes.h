/* SPDX-License-Identifier: ISC */
/* The tables behind conf/route.h, which alone is for other folders. */
#ifndef CONF_ROUTES_H
#define CONF_ROUTES_H

#include <stdbool.h>

#include "base/str.h"
#include "conf/accounts.h"
#include "conf/extension.h"
#include "conf/forms.h"
#include "conf/route.h"
#include "conf/srs.h"
#include "conf/table.h"

struct routes {
	struct str me, mail_user, program_user;
	struct forms forms; /* of domains, for all tables behind */
	bool has_locals;    /* without the file: me and localhost */
	struct table locals;
	struct table virtual;	  /* by address, and by @domain */
	struct table hosted;	  /* the domains of virtual, if that is a text */
	struct table domains;	  /* hosted ones, too */
	struct accounts accounts; /* users: addresses of hosted domains */
	struct table lmtp;	  /* by domain, .domain and *: who has the mailboxes of accounts */
	struct extensions extensions;
	bool has_roles; /* without the file: those of RFC 2142 */
	struct table roles;
	struct table aliases;	  /* by local name */
	struct table lists;	  /* by local name, and by address */
	struct table all_lists;	  /* of what was made of lists, if routes_read_lists was called */
	const char *aliases_name; /* "aliases" or "/etc/aliases" */
	struct table relay;	  /* by domain and .domain */
	struct table hops;	  /* the file routes: by address, domain, .domain and * */
	bool has_patterns;	  /* keys of hops with a local part that ends with * */
	struct table senders;	  /* senderroutes: by address, @domain and <> */
	struct srs srs;
	struct slice own_domain; /* one by which this host's users can be addressed */
};

/*
 * What a compiled table says of itself, beside its entries: that the domain behind ROUTES_MARK_HOST
 * is one of virtual's; the value is own_domain; there are patterns.
 */
#define ROUTES_MARK_HOST "\n@"
#define ROUTES_MARK_OWN "\nown"
#define ROUTES_MARK_PATTERNS "\npatterns"

/* 1, 0, or -1 where a table is damaged. */
int routes_is_local(const struct routes *r, struct slice domain);
int routes_is_hosted(const struct routes *r, struct slice domain);

/* What is wrong with an entry, or null. */
typedef const char *entry_check(const struct table_entry *entry);

/* One of the tables that a route comes from. */
struct routes_file {
	const char *name;
	enum table_form form;
	entry_check *wrong; /* may be null */
};

/* Null for what is none of them. */
const struct routes_file *routes_file_find(const char *name);
/*
 * Reads FILE as it says, NAME.cdb if there is one: 1, 0 if it does not exist, or -1 with errno and
 * PROBLEM. To be freed in any case.
 */
int routes_file_open(
    struct table *t, const struct control *c, const struct routes_file *file, struct str *problem);
/* Holds each entry of a text to FILE's check. 0, or -1 with EINVAL; ALL: each problem a line. */
int routes_file_check(
    const struct table *t, const struct routes_file *file, bool all, struct str *problem);
/* Fills the empty HOSTED with the domains of VIRTUAL, sorted; some may be there twice. */
int routes_collect_domains(const struct table *virtual, struct table *hosted);
/* True if a key has a local part that ends with *. */
bool routes_have_patterns(const struct table *hops);
/* A domain of LOCALS, if possible in ASCII; empty if there is none. */
struct slice routes_first_domain(const struct table *locals);
/* The domain of a key of virtual, users or senderroutes; empty if it is none. */
struct slice routes_domain_of(struct slice key);
/* The text aliases of the control directory, or else /etc/aliases. As routes_file_open. */
int routes_aliases_text(const struct control *c, struct str *text, const char **name);

/* Null, or what would be right, of a value of aliases or virtual that begins with "lmtp:". */
const char *routes_lmtp_problem(struct slice value);

#endif
