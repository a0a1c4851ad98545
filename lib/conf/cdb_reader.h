/* SPDX-License-Identifier: ISC */
/*
 * A table in the form of a cdb (conf/cdb_writer.h makes them): opened once, asked as often as
 * wanted. It is a map of the file, which is replaced by rename and never rewritten, so what is open
 * stays as it was, and what a look-up gives holds until the table is closed. Whoever cuts short or
 * rewrites such a file in place kills (SIGBUS) or misleads nobody but the programs that have it
 * open at that moment; nobody but its owner can.
 *
 * Every answer is checked: a file that is damaged gives an error, never a wrong answer, and "there
 * is no such key" is such an answer, too.
 */
#ifndef CONF_CDB_READER_H
#define CONF_CDB_READER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"
#include "base/str.h"
#include "conf/control.h"

struct cdb_reader; /* opaque */

/*
 * Opens NAME in the control directory: 1, 0 if it does not exist, -1 with errno, for EINVAL with
 * the cause in PROBLEM: it is no file, or one that others could have written (its owner must be
 * root, the control directory's owner or who runs this), or is no whole table. With IS_PRIVATE,
 * its owner may be anybody, and nobody else may have any right on it.
 */
int cdb_reader_open(struct cdb_reader **reader, const struct control *c, const char *name,
    bool is_private, struct str *problem);
void cdb_reader_close(struct cdb_reader *r);
/* The name it was opened by. */
const char *cdb_reader_name(const struct cdb_reader *r);

/*
 * The record of *KEY, which is compared octet by octet: 1, 0 if there is none, -1 with EIO where
 * the file is damaged. If it is found, *KEY is the one in the file.
 */
int cdb_reader_find(const struct cdb_reader *r, struct slice *key, struct slice *value);
/* The next record, from *at 0 on, in the order of writing: 1, 0 behind the last, -1 with EIO. */
int cdb_reader_next(
    const struct cdb_reader *r, uint32_t *at, struct slice *key, struct slice *value);
/* Looks at all of it: 0, or -1 with EIO where a look-up, or going through it, would say that. */
int cdb_reader_check(const struct cdb_reader *r);

#endif
