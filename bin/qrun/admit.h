/* SPDX-License-Identifier: ISC */
/* Messages are claimed, and their recipients become tasks, by where they go. */
#ifndef QRUN_ADMIT_H
#define QRUN_ADMIT_H

#include "qrun.h"

enum admission { ADMITTED, PASSED_OVER };

/* Claims ID of FOLDER, if it can be had, and lines its recipients up. */
enum admission admit_message(struct qrun *q, struct folder *folder, const char *id);
/*
 * The same for what is in CELL. IS_TOLD: enqueue has just said that a message is there, whole; else
 * it may be what a power cut left.
 */
enum admission admit_cell(struct qrun *q, int cell, bool is_told);
/* The same for ID of new/, of which enqueue has just said that it is there. */
enum admission admit_told(struct qrun *q, const char *id);

#endif
