/* SPDX-License-Identifier: ISC */
/* How patterns are written: for the files of spool/selection.h alone. */
#ifndef SPOOL_SELECTION_MATCH_H
#define SPOOL_SELECTION_MATCH_H

#include <stdbool.h>

#include "base/slice.h"

bool selection_is_glob(struct slice pattern);
/* What is behind the "!" of one that is negated. */
struct slice selection_without_not(struct slice pattern);
/* A domain, with the mark for what is below or not. */
bool selection_is_domain(struct slice pattern);

#endif
