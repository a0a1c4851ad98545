/* SPDX-License-Identifier: ISC */
/* Queue ids (spool(5)): 20 characters that sort by time and cannot be guessed. */
#ifndef SPOOL_ID_H
#define SPOOL_ID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

#define ID_LENGTH 20
#define ID_SIZE (ID_LENGTH + 1)

/* NUMBER as COUNT digits of five bits each (spool(5)), the highest first; no NUL. */
void id_write_digits(char *digits, size_t count, uint64_t number);
/* The number that DIGITS are; false if one of them is none. */
bool id_read_digits(struct slice digits, uint64_t *number);

/* MICROSECONDS since 1970; ID gets ID_LENGTH characters and a NUL. */
void id_make(char id[ID_SIZE], int64_t microseconds);
bool id_is_valid(struct slice id);
/* When the message began to arrive, microseconds since 1970. ID is valid. */
int64_t id_time(struct slice id);

#endif
