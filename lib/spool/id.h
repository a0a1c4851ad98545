/* SPDX-License-Identifier: ISC */
/* Queue ids (spool(5)): 20 characters that sort by time and cannot be guessed. */
#ifndef SPOOL_ID_H
#define SPOOL_ID_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"

#define ID_LENGTH 20
#define ID_SIZE (ID_LENGTH + 1)

/* MICROSECONDS since 1970; ID gets ID_LENGTH characters and a NUL. */
void id_make(char id[ID_SIZE], int64_t microseconds);
bool id_is_valid(struct slice id);
/* When the message began to arrive, microseconds since 1970. ID is valid. */
int64_t id_time(struct slice id);

#endif
