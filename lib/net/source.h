/* SPDX-License-Identifier: ISC */
/*
 * Where connections to other servers come from: the control file sendfrom, a table of destination
 * domains (or .PARENT, or *) to addresses of this host, each perhaps with the name that goes with
 * it. Read once; nothing blocks then.
 */
#ifndef NET_SOURCE_H
#define NET_SOURCE_H

#include <sys/socket.h>

#include <stdbool.h>

#include "base/slice.h"
#include "base/str.h"
#include "conf/control.h"
#include "conf/table.h"

struct sources {
	struct table table;
};

/* For one family. */
struct source {
	bool is_set;	/* else the kernel chooses */
	bool is_barred; /* this family is not to be used */
	struct sockaddr_storage address;
	socklen_t len;
	struct slice name; /* to say in EHLO; empty: as always. Into the table */
};

struct source_pair {
	struct source four, six;
};

/* Of TEXT, whose memory it takes over. As below. */
int sources_make(struct sources *s, struct str *text, struct str *problem);
/* 0, or -1 with errno; for EINVAL PROBLEM says what is wrong, with file and line. */
int sources_read(struct sources *s, const struct control *c, struct str *problem);
void sources_free(struct sources *s);
/* For a next hop: a domain, a host's name, or an address. */
void sources_find(const struct sources *s, struct slice destination, struct source_pair *found);
/* That for connections to ADDRESS. */
const struct source *source_for(
    const struct source_pair *pair, const struct sockaddr_storage *address);

#endif
