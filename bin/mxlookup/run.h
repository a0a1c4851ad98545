/* SPDX-License-Identifier: ISC */
/* Many domains at once, printed in the order in which they came. */
#ifndef MXLOOKUP_RUN_H
#define MXLOOKUP_RUN_H

#include "input.h"
#include "mxlookup.h"

/* The worst exit code. Ends the program where it cannot go on. */
enum outcome run_all(struct settings *settings, struct input *input, struct slice servers);

#endif
