/* SPDX-License-Identifier: ISC */
#ifndef DELIVER_EXIT_CODE_H
#define DELIVER_EXIT_CODE_H

#include "handoff.h"
#include "outcome.h"

/*
 * What it means that PROGRAM ended so: by the codes of qmail-command and of sysexits(3). What it
 * said becomes the reply, and the enhanced status code that this begins with is used where it fits.
 */
void exit_code_judge(struct outcome *o, const char *program, enum handoff_result result, int number,
    struct slice output);

#endif
