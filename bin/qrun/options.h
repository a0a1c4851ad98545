/* SPDX-License-Identifier: ISC */
/* The command line. */
#ifndef QRUN_OPTIONS_H
#define QRUN_OPTIONS_H

#include "qrun.h"

/* Ends the program for wrong usage, --help and --version. */
void options_parse(struct qrun *q, int argc, char **argv);

#endif
