/* SPDX-License-Identifier: ISC */
/* The tables behind conf/route.h, which alone is for other folders. */
#ifndef CONF_ROUTES_H
#define CONF_ROUTES_H

#include <stdbool.h>

#include "base/str.h"
#include "conf/forms.h"
#include "conf/route.h"
#include "conf/srs.h"
#include "conf/table.h"

struct routes {
	struct str me, mail_user;
	struct forms forms; /* of domains, for all tables behind */
	bool has_locals;    /* without the file: me and localhost */
	struct table locals;
	struct table virtual;	  /* by address, and by @domain */
	struct table hosted;	  /* the domains of virtual */
	struct table aliases;	  /* by local name */
	const char *aliases_name; /* "aliases" or "/etc/aliases" */
	struct table relay;	  /* by domain and .domain */
	struct table hops;	  /* the file routes: by address, domain, .domain and * */
	bool has_patterns;	  /* keys of hops with a local part that ends with * */
	struct table senders;	  /* senderroutes: by address, @domain and <> */
	struct srs srs;
	struct slice own_domain; /* one by which this host's users can be addressed */
};

bool routes_is_local(const struct routes *r, struct slice domain);
bool routes_is_hosted(const struct routes *r, struct slice domain);

#endif
