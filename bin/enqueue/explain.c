/* SPDX-License-Identifier: ISC */
#include "explain.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/die.h"
#include "base/helper.h"
#include "conf/control.h"
#include "privilege.h"

#define PATH_LENGTH 4096
#define SENDER_LENGTH 1024
#define ARGUMENTS 6 /* beside the recipients: mailconf route -f SENDER -- and the end */

/* The one that the message would have. */
static const char *
sender_of(const struct options *o, struct str *made)
{
	struct control control;
	struct str me;

	if (o->sender != NULL)
		return strcmp(o->sender, "<>") == 0 ? "" : o->sender;
	str_init(&me, SENDER_LENGTH);
	if (control_open(&control) == 0 && control_me(&control, &me) == 0 &&
	    str_format(made, "%ld@%s", (long)getuid(), me.data) == -1)
		str_clear(made);
	control_close(&control);
	str_free(&me);
	return made->data;
}

_Noreturn void
explain(const struct options *o)
{
	static char program[] = "mailconf", route[] = "route", from[] = "-f", end[] = "--";
	const char **argv = calloc((size_t)o->recipient_count + ARGUMENTS, sizeof *argv);
	struct str path, sender;
	size_t count = 0;

	/* found with the rights that are still there: a name in the caller's environment is not */
	str_init(&path, PATH_LENGTH);
	if (argv == NULL || helper_program(&path, program) == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to find mailconf");
	/* what is explained is what this program would do, and then it would not look at these */
	if (helper_is_privileged() &&
	    (unsetenv("SATCHEL_CONTROL") == -1 || unsetenv("SATCHEL_SPOOL") == -1))
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to change the environment");
	privilege_give_up();
	str_init(&sender, SENDER_LENGTH);
	argv[count++] = program;
	argv[count++] = route;
	argv[count++] = from;
	argv[count++] = sender_of(o, &sender);
	argv[count++] = end;
	for (int i = 0; i < o->recipient_count; i++)
		argv[count++] = o->recipients[i];
	execv(path.data, (char *const *)(uintptr_t)argv);
	die_errno(PROGRAM, EXIT_TEMPORARY, "unable to execute %s", path.data);
}
