/* SPDX-License-Identifier: ISC */
/* What --version and --help do, for bin/ alone: one line or one screen on standard output, and the
 * end. */
#ifndef BASE_ABOUT_H
#define BASE_ABOUT_H

/* "PROGRAM (satchel) VERSION". */
_Noreturn void about_version(const char *program);
_Noreturn void about_help(const char *text);

#endif
