/* SPDX-License-Identifier: ISC */
/* For who may not read the spool: his own mail, of which qrun -w has a list made. */
#ifndef QSTAT_OWN_H
#define QSTAT_OWN_H

/*
 * Prints it in one of the forms of satchel(7), ASKING QRUN: "list", "all", "counts", "ids", "mailq"
 * or "json". FORM null: what was asked for is none of these. Exit code; it says why itself.
 */
int own_list(const char *form);

#endif
