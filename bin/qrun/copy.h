/* SPDX-License-Identifier: ISC */
#ifndef QRUN_COPY_H
#define QRUN_COPY_H

#include "qrun.h"

/*
 * A read-only descriptor of a nameless file that holds the message of CLAIM and nothing else, for
 * workers of system users: a message's own file names all its recipients, and a cell holds others'
 * messages before and after. -1 with errno.
 */
int copy_message(const struct qrun *q, const struct claim *claim);

#endif
