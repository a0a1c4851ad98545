/* SPDX-License-Identifier: ISC */
/*
 * Makes a cdb that conf/cdb_reader.h reads: written to a file of another name, made durable, and
 * renamed, so that there is the old one or the whole new one at any time. The format is D. J.
 * Bernstein's (cdb(5)), with a first record of check sums and one behind each value.
 */
#ifndef CONF_CDB_WRITER_H
#define CONF_CDB_WRITER_H

#include <sys/types.h>

#include "base/slice.h"
#include "conf/control.h"

#define CDB_KEY_MAX 1024 /* octets */
/* No line of a text has it: keys that begin with it say something of the table itself. */
#define CDB_MARK '\n'

struct cdb_writer; /* opaque */

/*
 * Begins NAME in the control directory, to have MODE, but no right that the text (NAME without
 * ".cdb") does not give; null with errno. One that not everybody may read has the owner of the
 * text; one for its owner alone that of the one before, if there is one.
 */
struct cdb_writer *cdb_writer_open(const struct control *c, const char *name, mode_t mode);
/*
 * Adds a record; of two with one key the first counts. 0, or -1 with errno: EMSGSIZE for a key that
 * is too long, EFBIG for a file over 4 GiB.
 */
int cdb_writer_add(struct cdb_writer *w, struct slice key, struct slice value);
/* Puts it in place, durable: 0, or -1 with errno and the old one still there. Ends W in any case.
 */
int cdb_writer_commit(struct cdb_writer *w);
/* Ends W; the old one stays. */
void cdb_writer_abandon(struct cdb_writer *w);

#endif
