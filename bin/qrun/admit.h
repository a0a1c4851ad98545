/* SPDX-License-Identifier: ISC */
/* Messages are claimed, and their recipients become tasks, by where they go. */
#ifndef QRUN_ADMIT_H
#define QRUN_ADMIT_H

#include "qrun.h"

enum admission { ADMITTED, PASSED_OVER };

/* Claims ID of FOLDER, if it can be had, and lines its recipients up. */
enum admission admit_message(struct qrun *q, struct folder *folder, const char *id);

#endif
