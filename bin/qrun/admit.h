/* SPDX-License-Identifier: ISC */
/* Messages are claimed, and their recipients become tasks, by where they go. */
#ifndef QRUN_ADMIT_H
#define QRUN_ADMIT_H

#include "qrun.h"

struct fetch;

enum admission { ADMITTED, PASSED_OVER };

/* Claims ID of FOLDER, if it can be had, and lines its recipients up. */
enum admission admit_message(struct qrun *q, struct folder *folder, const char *id);
/*
 * The same for what is in CELL. TOLD: the id that enqueue has just said is there, whole, and no
 * other is taken then; null for whatever is there, which may be what a power cut left.
 */
enum admission admit_cell(struct qrun *q, int cell, const char *told);
/* The same for ID of new/, of which enqueue has just said that it is there. */
enum admission admit_told(struct qrun *q, const char *id);
/*
 * ID of FOLDER, if somebody waits there whom FETCH is about: for these alone, and it stays where it
 * is. True if there is somebody; it is not taken on while FETCH only looks.
 */
bool admit_fetched(
    struct qrun *q, struct folder *folder, const char *id, const struct fetch *fetch);

#endif
