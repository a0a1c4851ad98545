/* SPDX-License-Identifier: ISC */
/*
 * What the addresses of local programs become before they go out: the control files addressmap and
 * masquerade (satchel-control(5)). Each address is looked up once; what it became is not looked up
 * again.
 */
#ifndef CONF_REWRITING_H
#define CONF_REWRITING_H

#include <stdbool.h>

#include "base/slice.h"
#include "base/str.h"
#include "conf/control.h"
#include "conf/table.h"

struct rewriting {
	struct table addresses; /* addressmap */
	struct str domain;	/* masquerade; empty without */
};

/* Null, or what is wrong with an entry of addressmap. */
const char *rewriting_check(const struct table_entry *entry);

/* Reads both files, of addressmap what was compiled of it if that exists. 0, or -1 with errno; for
 * EINVAL PROBLEM says what is wrong. */
int rewriting_read(struct rewriting *r, const struct control *c, struct str *problem);
void rewriting_free(struct rewriting *r);
/* True if only local parts alone are to be completed: then HOST below does not count for others. */
bool rewriting_is_empty(const struct rewriting *r);

/* The addresses of who sends: envelope, From, Sender, Reply-To. */
#define REWRITING_SENDER true
/* Of those who get it, which are rewritten where they are a local part alone. */
#define REWRITING_RECIPIENT false
/*
 * What ADDRESS, which address_parse found good, perhaps as a local part alone, becomes at HOST: 1
 * with that added to OUT, 0 if it stays, -1 with errno.
 */
int rewriting_apply(const struct rewriting *r, bool is_sender, struct slice address,
    struct slice host, struct str *out);

#endif
