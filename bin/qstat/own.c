/* SPDX-License-Identifier: ISC */
#include "own.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/die.h"
#include "base/io.h"
#include "qstat.h"
#include "spool/ask.h"

#define ANSWER_SECONDS 40 /* more than qrun lets anybody wait for a place */
#define OUTPUT_SECONDS 70 /* more than qrun gives the list */

/* What comes, to standard output. 0, or -1 with what is wrong with it in *what. */
static int
copy(int from, deadline until, const char **what)
{
	char buf[65536];
	ssize_t n;

	while ((n = io_read(from, buf, sizeof buf, until)) > 0)
		if (fwrite(buf, 1, (size_t)n, stdout) != (size_t)n)
			return -1;
	if (n == 0)
		return 0;
	*what = "unable to read what qrun gives";
	return -1;
}

static int
take(struct ask *a, int output)
{
	deadline until = deadline_in_seconds(OUTPUT_SECONDS);
	const char *what = "unable to write";
	int code;

	if (copy(output, until, &what) == -1 || fflush(stdout) == EOF)
		die_errno(PROGRAM, EXIT_TEMPORARY, "%s", what);
	io_close(output);
	code = ask_code(a, until);
	if (code != EXIT_DONE)
		fprintf(stderr, "%s: warning: this may not be all: qrun did not come to its end\n",
		    PROGRAM);
	return code == EXIT_DONE ? EXIT_DONE : EXIT_TEMPORARY;
}

int
own_list(const char *form)
{
	struct ask a;
	int output;

	if (form == NULL)
		die(PROGRAM, EXIT_PERMANENT,
		    "only the spool's owner and root may see more than a list of their own "
		    "messages, by -a, -c, -q, --json or none");
	switch (ask_mine(&a, form, &output, deadline_in_seconds(ANSWER_SECONDS))) {
	case ASK_OK:
		return take(&a, output);
	case ASK_REFUSED:
		die(PROGRAM, EXIT_TEMPORARY, "unable to list your messages: %s", a.why);
	default:
		break;
	}
	fprintf(stderr,
	    "%s: only the spool's owner may see all of the queue; your own messages are shown "
	    "while qrun -w runs, and it does not\n",
	    PROGRAM);
	return EXIT_TEMPORARY;
}
