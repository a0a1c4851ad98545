/* SPDX-License-Identifier: ISC */
#ifndef DELIVER_MAILDIR_OPEN_H
#define DELIVER_MAILDIR_OPEN_H

#include "outcome.h"
#include "place.h"

/*
 * Opens tmp/ and new/ of the Maildir at P, which is made where it is missing (deliver(8), Maildir).
 * 0, or -1 and O.
 */
int maildir_open(const struct place *p, int *tmp, int *fresh, struct outcome *o);

/* Removes what nobody has changed in tmp/ for 36 hours. Failures do not matter. */
void maildir_clean(int tmp);

#endif
