/* SPDX-License-Identifier: ISC */
/*
 * What main() does with its command line, for bin/ alone: --help, --version and --options are one
 * text on standard output, and the end; wrong usage is one line on standard error, and the end:
 * "PROGRAM: fatal: WHAT. Try 'PROGRAM --help'."
 */
#ifndef BASE_ABOUT_H
#define BASE_ABOUT_H

#include "base/options.h"

/*
 * options_next, which comes back with the code of a row, or with OPTION_END once operands and count
 * are set:
 *	options_begin(&scan, &program, argc, argv);
 *	while ((code = about_option(&scan)) != OPTION_END)
 *		switch (code) { ... scan.value ... }
 */
int about_option(struct option_scan *s);
/* What only the program can know to be wrong. */
_Noreturn void about_wrong(const struct option_scan *s, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* "PROGRAM (satchel) VERSION". */
_Noreturn void about_version(const char *program);
_Noreturn void about_help(const char *text);

#endif
