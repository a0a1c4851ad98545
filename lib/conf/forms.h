/* SPDX-License-Identifier: ISC */
/*
 * The control file idn: domains in both of their forms, "U-labels: A-labels" a line (RFC 5890), as
 * "mxlookup --idn" prints them. With it, tables hold each domain in both, so that whoever looks
 * something up compares octets and need not know how one form comes from the other.
 */
#ifndef CONF_FORMS_H
#define CONF_FORMS_H

#include <stddef.h>

#include "base/str.h"
#include "conf/control.h"
#include "conf/table.h"

struct forms {
	struct table file;
	struct table both; /* from each form to the other; points into the file */
	char **made;	   /* keys that forms_expand made; owned */
	size_t count;
};

/* 1, 0 without the file, -1 with errno; for EINVAL PROBLEM says what is wrong. */
int forms_read(struct forms *f, const struct control *c, struct str *problem);
/* Of TEXT, whose memory it takes over: 0 or -1, as above. */
int forms_make(struct forms *f, struct str *text, struct str *problem);
/*
 * Adds to T, for each key that is or ends with one of the domains, the same with the other form,
 * unless that is there. F must outlive T. 0, or -1 with ENOMEM.
 */
int forms_expand(struct forms *f, struct table *t);
/*
 * KEY, a domain or what ends with one, with the other form of that domain, in TWIN: 1, 0 if there
 * is none (TWIN is empty then), or -1 with str's errors.
 */
int forms_twin(const struct forms *f, struct slice key, struct str *twin);
void forms_free(struct forms *f);

#endif
