/* SPDX-License-Identifier: ISC */
/*
 * Where a person's password or token comes from, as clients take it: a file, a variable of the
 * environment, a descriptor, or the terminal; never an argument, which ps(1) shows to everybody.
 */
#ifndef BASE_SECRET_SOURCE_H
#define BASE_SECRET_SOURCE_H

#include <stdbool.h>

#include "base/str.h"

/* At most one is set, and none means the terminal. */
struct secret_source {
	const char *file, *variable;
	bool has_descriptor;
	int fd;
};

enum secret_source_result {
	SECRET_SOURCE_GIVEN,
	SECRET_SOURCE_NONE,	/* no line, an empty one, or one with control characters */
	SECRET_SOURCE_TOO_LONG, /* over SECRET's cap */
	SECRET_SOURCE_UNSET,	/* there is no such variable */
	SECRET_SOURCE_NO_TERMINAL,
	SECRET_SOURCE_FAILED, /* errno */
	/* There is no memory for it, or none that core files and debuggers do not show; errno. It
	 * is no fault of the caller's, and nothing was read. */
	SECRET_SOURCE_UNABLE,
};

/*
 * Reads one line into SECRET, whose cap is what it may have at the most, and which the caller
 * wipes. What it came from is closed, or taken out of the environment, so that no child of ours can
 * have it; the process is hidden from core files and debuggers from now on. LOGIN is for the
 * prompt. Blocks: a minute for what is not typed.
 */
enum secret_source_result secret_source_read(
    const struct secret_source *from, const char *login, struct str *secret);
/* What RESULT, which is not SECRET_SOURCE_GIVEN, means for a person: a clause. 0 or -1 as str. */
int secret_source_explain(struct str *out, enum secret_source_result result,
    const struct secret_source *from, const struct str *secret);

#endif
