/* SPDX-License-Identifier: ISC */
/* The filters as options, the same in every program that has them (base/options.h). */
#ifndef SPOOL_SELECTION_OPTIONS_H
#define SPOOL_SELECTION_OPTIONS_H

#include <stdbool.h>

#include "base/options.h"
#include "spool/selection.h"

/* Codes above OPTION_LONG + 64: a program's own come before. */
extern const struct option_row selection_rows[];
/* All but --state, which comes first: for a pass over what is due. */
#define selection_due_rows (selection_rows + 1)

/*
 * Takes the option CODE, if it is one of these: then *wrong is null, or what is wrong with VALUE,
 * as in about_wrong(scan, "--NAME: %s %s", value, wrong).
 */
bool selection_take_option(struct selection *s, int code, const char *value, const char **wrong);
/* "--sender", of one of these. */
const char *selection_option_name(int code);

#endif
