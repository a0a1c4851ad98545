/* SPDX-License-Identifier: ISC */
/*
 * The end of a program, for bin/ alone: one line "PROGRAM: fatal: …" on standard error, in the
 * words of a person, and an exit code. What does not print shows as "?", what is too long is cut.
 */
#ifndef BASE_DIE_H
#define BASE_DIE_H

enum exit_code {
	EXIT_DONE = 0,
	EXIT_PERMANENT = 100, /* a permanent failure, or wrong usage */
	EXIT_BUG = 101,
	EXIT_TEMPORARY = 111,
};

_Noreturn void die(const char *program, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* As die, with ": " and the text of errno behind. */
_Noreturn void die_errno(const char *program, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
