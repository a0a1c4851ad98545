/* SPDX-License-Identifier: ISC */
#include "program.h"

#include <unistd.h>

#include "command.h"
#include "environment.h"
#include "exit_code.h"
#include "handoff.h"

#define EXIT_STOP 99 /* of qmail-command: done, and nothing behind it */

static deadline
earlier(deadline a, deadline b)
{
	return a < b ? a : b;
}

/* True if what comes behind is to be left. */
static bool
run(struct courier *c, const struct program *p, const struct command *command,
    const struct environment *environment, struct outcome *o)
{
	deadline own = deadline_in_seconds((int64_t)c->limits.program_deadline);
	struct str output;
	struct handoff h = {.words = command->list,
	    .environment = environment->list,
	    .folder = p->step->in_home ? p->plan->home_path.data : "/",
	    .prefix = p->prefix,
	    .content = &c->content,
	    .until = earlier(own, p->until),
	    .output = &output,
	    .max_processes = c->limits.program_processes,
	    .max_file_size = c->limits.program_file_size,
	    .max_memory = c->limits.program_memory,
	    .max_output = c->limits.program_output};
	enum handoff_result result;
	int number = 0;

	str_init(&output, HANDOFF_OUTPUT_MAX);
	result = handoff_run(&h, &number);
	exit_code_judge(o, command->list[0], result, number, str_slice(&output));
	str_free(&output);
	return p->step->may_stop && result == HANDOFF_EXITED && number == EXIT_STOP;
}

/* What the program is called in the log: its first word. */
static void
note(const struct program *p, struct outcome *o)
{
	struct slice rest = p->step->value, word = rest;

	(void)slice_word(&rest, &word);
	outcome_try(o, "program", word);
}

int
program_run(struct courier *c, const struct program *p, struct outcome *o)
{
	struct environment environment;
	struct command command;
	struct outcome own;
	bool stops = false;
	int result;

	note(p, o);
	if (courier_check_content(c, o) == -1)
		return -1;
	if (geteuid() == 0 || getuid() == 0)
		return outcome_fail(o, JOB_TEMPORARY, "4.3.5",
		    "deliver runs as the user ID 0, which runs no programs");
	if (clock_monotonic_ms() >= p->until)
		return outcome_fail(o, JOB_TEMPORARY, "4.3.0", "no time was left");
	outcome_init(&own);
	if (environment_make_for(&environment, &c->extensions, p->job, p->recipient, p->plan) == -1)
		(void)outcome_errno(&own, "unable to prepare the program");
	else if (command_make(&command, p->step->value) == -1) {
		(void)outcome_errno(&own, "unable to prepare the program");
		command_free(&command);
	} else {
		stops = run(c, p, &command, &environment, &own);
		command_free(&command);
	}
	environment_free(&environment);
	result = outcome_take(o, &own);
	outcome_free(&own);
	return result == -1 ? -1 : stops ? 1 : 0;
}
