/* SPDX-License-Identifier: ISC */
/* smtp-probe: finds out what a server makes of mail, from outside (smtp-probe(1)). */
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/about.h"
#include "base/io.h"
#include "probe.h"
#include "target.h"

static void
take_options(
    struct probe *p, const struct probe_command *command, const struct option_scan *scan, int code)
{
	if (report_option(&p->report, scan, code) || probe_take_option(p, scan, code))
		return;
	if (command != NULL && command->take != NULL)
		command->take(p, scan, code);
}

static void
run(struct probe *p, const struct probe_command *command, const char *text,
    const struct target *target, char **operands, int count)
{
	report_begin_target(&p->report, text);
	command->run(p, target, operands, count);
}

/* All of them are understood before the first is asked. */
static void
check_targets(const struct option_scan *scan, int count)
{
	for (int i = 0; i < count; i++) {
		struct target target;
		const char *problem;

		if (!target_parse(&target, slice_of(scan->operands[i]), &problem))
			about_wrong(scan, "%s is no TARGET: %s", scan->operands[i], problem);
	}
}

static void
run_command(struct probe *p, const struct probe_command *command, const struct option_scan *scan)
{
	int targets = command->has_many ? scan->count : 1;
	struct target target;
	const char *problem;

	if (p->pipe != NULL) {
		if (command->has_many && scan->count > 0)
			about_wrong(scan, "with --pipe there is no TARGET");
		target_of_command(&target, p->pipe);
		run(p, command, p->pipe, &target, scan->operands, scan->count);
		return;
	}
	if (scan->count == 0)
		about_wrong(scan, "TARGET is missing");
	check_targets(scan, targets);
	for (int i = 0; i < targets; i++) {
		(void)target_parse(&target, slice_of(scan->operands[i]), &problem);
		run(p, command, scan->operands[i], &target, scan->operands + targets,
		    scan->count - targets);
	}
}

int
main(int argc, char **argv)
{
	const struct probe_command *command;
	struct option_scan scan;
	struct probe p;
	int code;

	if (io_fill_standard() == -1)
		return UNKNOWN;
	(void)signal(SIGPIPE, SIG_IGN);
	probe_init(&p);
	options_begin(&scan, &probe_program, argc, argv);
	command = scan.command == NULL ? NULL : probe_command_find(scan.command->name);
	while ((code = about_option(&scan)) != OPTION_END)
		take_options(&p, command, &scan, code);
	p.report.command = command->name;
	probe_begin(&p);
	run_command(&p, command, &scan);
	code = report_end(&p.report);
	probe_end(&p);
	return code;
}
