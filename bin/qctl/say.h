/* SPDX-License-Identifier: ISC */
#ifndef QCTL_SAY_H
#define QCTL_SAY_H

/*
 * "qctl: ID WHY" on standard error, safe for a terminal whatever was named. The exit code that
 * follows: CODE, or what was said BEFORE if that is permanent, which outweighs what passes.
 */
int say_failure(int before, int code, const char *id, const char *why);

#endif
