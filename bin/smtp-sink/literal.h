/* SPDX-License-Identifier: ISC */
#ifndef LITERAL_H
#define LITERAL_H

#include "base/slice.h"
#include "base/str.h"

/*
 * Adds BYTES as Python writes a bytes object without its "b": in quotes, with \r, \n, \t, \\ and
 * \xHH. 0, or -1 with str's errors.
 */
int literal_add(struct str *out, struct slice bytes);
/* Adds what TEXT stands for, which has \r, \n, \t, \0, \\ and \xHH in it. 0, or -1 likewise. */
int literal_read(struct str *out, struct slice text);

#endif
