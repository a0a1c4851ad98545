/* SPDX-License-Identifier: ISC */
/* The two parts of confine.h, each in a file of its own; for confine.c alone. */
#ifndef BASE_CONFINE_PARTS_H
#define BASE_CONFINE_PARTS_H

#include "base/confine.h"

/* Both want no_new_privs. The version of the interface, or -1 with errno. */
int confine_landlock(const struct confine *c);
/* 0, or -1 with errno. */
int confine_seccomp(unsigned calls);

#endif
