/* SPDX-License-Identifier: ISC */
/* ~/.qmail, in qmail's format (deliver(8)). */
#ifndef DELIVER_DOT_QMAIL_H
#define DELIVER_DOT_QMAIL_H

#include "home.h"
#include "home_file.h"

/*
 * Reads the file that answers for the extension: .qmail, .qmail-EXTENSION, or the longest
 * .qmail-...-default that fits. 1, 0 if there is none, -1 and the outcome.
 */
int dot_qmail_read(struct expansion *e, struct home_file *f);
/* Adds what the file says. 0, or -1 and the outcome. */
int dot_qmail_expand(struct expansion *e, const struct home_file *f);

#endif
