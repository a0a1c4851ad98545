/* SPDX-License-Identifier: ISC */
#ifndef QRUN_KEYS_H
#define QRUN_KEYS_H

#include "qrun.h"

/* Removes some of the records of keys (spool(5), KEYS) that nobody looks at any more. */
void keys_clean(struct qrun *q);

#endif
