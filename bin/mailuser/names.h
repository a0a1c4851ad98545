/* SPDX-License-Identifier: ISC */
/* A set of names, whatever the case of their letters, each with a number: some million of them. */
#ifndef MAILUSER_NAMES_H
#define MAILUSER_NAMES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"
#include "base/str.h"

struct names_slot {
	size_t at, len; /* in the text; len 0: a free slot */
	int value;
};

struct names {
	struct str text;
	struct names_slot *slots;
	size_t count, room; /* room is a power of 2, or 0 */
	unsigned char key[16];
};

void names_init(struct names *n);
void names_free(struct names *n);
/* False without memory, or for a name that is there already. NAME is not empty. */
bool names_add(struct names *n, struct slice name, int value);
bool names_find(const struct names *n, struct slice name, int *value);

#endif
