/* SPDX-License-Identifier: ISC */
/*
 * The Test Anything Protocol for tables in C: a program calls tap_ok and its like as often as it
 * wants and ends with "return tap_done();". One test program is one file, so the counters may be
 * static here; nothing else in the project keeps state at file scope.
 */
#ifndef UNIT_TAP_H
#define UNIT_TAP_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static unsigned tap_count;
static unsigned tap_failures;

/* One line "ok N - WHAT" or "not ok N - WHAT"; returns PASSED, so that more can be said. */
__attribute__((format(printf, 2, 3), unused)) static bool
tap_ok(bool passed, const char *format, ...)
{
	va_list arguments;

	tap_count++;
	if (!passed)
		tap_failures++;
	printf("%sok %u - ", passed ? "" : "not ", tap_count);
	va_start(arguments, format);
	vprintf(format, arguments);
	va_end(arguments);
	putchar('\n');
	fflush(stdout);
	return passed;
}

/* A remark of the running test. */
__attribute__((format(printf, 1, 2), unused)) static void
tap_note(const char *format, ...)
{
	va_list arguments;

	fputs("# ", stdout);
	va_start(arguments, format);
	vprintf(format, arguments);
	va_end(arguments);
	putchar('\n');
}

__attribute__((unused)) static bool
tap_is_int(long long got, long long want, const char *name)
{
	if (tap_ok(got == want, "%s", name))
		return true;
	tap_note("  got %lld, want %lld", got, want);
	return false;
}

__attribute__((unused)) static void
tap_show(const char *label, const char *text)
{
	printf("#   %s: ", label);
	for (; text != NULL && *text != '\0'; text++) {
		if ((unsigned char)*text < ' ' || *text == '\\' || *text == '\x7f')
			printf("\\x%02x", (unsigned)(unsigned char)*text);
		else
			putchar(*text);
	}
	puts(text == NULL ? "(null)" : "");
}

__attribute__((unused)) static bool
tap_is_text(const char *got, const char *want, const char *name)
{
	bool same = got == want || (got != NULL && want != NULL && strcmp(got, want) == 0);

	if (!tap_ok(same, "%s", name)) {
		tap_show("got ", got);
		tap_show("want", want);
	}
	return same;
}

/* Prints the plan; the exit code of main. */
__attribute__((unused)) static int
tap_done(void)
{
	printf("1..%u\n", tap_count);
	return tap_failures != 0;
}

#endif
