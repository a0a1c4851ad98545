/* SPDX-License-Identifier: ISC */
/* The two parts of confine.h, each in a file of its own; for confine.c alone. */
#ifndef BASE_CONFINE_PARTS_H
#define BASE_CONFINE_PARTS_H

#include "base/confine.h"

/*
 * A build with a compiler's checks at run time is confined, too, but less: at its end it stops its
 * own threads, traces them, and reads what /proc says of them. What it lets through besides is in
 * one table of confine_seccomp.c, and /proc.
 */
#if defined(__SANITIZE_ADDRESS__)
#define CONFINE_IS_INSTRUMENTED 1
#else
#define CONFINE_IS_INSTRUMENTED 0
#endif

/* Both want no_new_privs. The version of the interface, or -1 with errno. */
int confine_landlock(const struct confine *c);
/* 0, or -1 with errno. */
int confine_seccomp(unsigned calls);

#endif
