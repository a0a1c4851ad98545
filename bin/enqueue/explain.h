/* SPDX-License-Identifier: ISC */
#ifndef ENQUEUE_EXPLAIN_H
#define ENQUEUE_EXPLAIN_H

#include "options.h"

/*
 * --explain: gives up what rights it was executed with, for good, and becomes mailconf(8), which
 * shows where mail to each recipient goes and ends the process with what came of it.
 */
_Noreturn void explain(const struct options *o);

#endif
