/* SPDX-License-Identifier: ISC */
/* The command line of smtp-probe: what there is for all commands, and a row for each. */
#include <string.h>

#include "look.h"
#include "probe.h"
#include "probe_options.h"
#include "vrfy.h"

static const struct option_command commands[] = {
    {.usage = "[OPTION...] TARGET...",
	.operands = "TARGET...",
	.least = 0,
	.most = OPTION_MANY,
	.takes = {TAKES_HOST},
	.rows = {look_rows, tls_rows, report_rows}},
    {.name = "vrfy",
	.usage = "[OPTION...] TARGET [ADDRESS... | -]",
	.operands = "TARGET [ADDRESS...]",
	.help = "Asks whether addresses exist.",
	.least = 0,
	.most = OPTION_MANY,
	.takes = {TAKES_HOST, TAKES_ADDRESS},
	.rows = {vrfy_rows, report_rows}},
    {.name = "expn",
	.usage = "[OPTION...] TARGET [LIST... | -]",
	.operands = "TARGET [LIST...]",
	.help = "Asks for the members of lists.",
	.least = 0,
	.most = OPTION_MANY,
	.takes = {TAKES_HOST, TAKES_ADDRESS},
	.rows = {vrfy_rows, report_rows}},
    {.name = "send",
	.usage = "[OPTION...] --to ADDRESS... TARGET",
	.operands = "TARGET",
	.help = "Sends a test message, or begins to.",
	.least = 0,
	.most = 1,
	.takes = {TAKES_HOST},
	.rows = {send_rows, report_rows}},
    {.name = "conform",
	.usage = "[OPTION...] TARGET...",
	.operands = "TARGET...",
	.help = "Holds it against the RFCs, point by point.",
	.least = 0,
	.most = OPTION_MANY,
	.takes = {TAKES_HOST},
	.rows = {conform_rows, report_rows}},
    {.name = "relay",
	.usage = "[OPTION...] TARGET...",
	.operands = "TARGET...",
	.help = "Looks for ways to relay; sends nothing.",
	.least = 0,
	.most = OPTION_MANY,
	.takes = {TAKES_HOST},
	.rows = {relay_rows, report_rows}},
    {.usage = NULL},
};

static const struct probe_command runners[] = {
    {.name = NULL, .take = look_take, .run = look_run, .has_many = true},
    {.name = "vrfy", .take = vrfy_take, .run = vrfy_run},
    {.name = "expn", .take = vrfy_take, .run = expn_run},
    {.name = "send", .take = send_take, .run = send_run},
    {.name = "conform", .take = conform_take, .run = conform_run, .has_many = true},
    {.name = "relay", .take = relay_take, .run = relay_run, .has_many = true},
};

const struct option_program probe_program = {.name = PROGRAM,
    .about = "Finds out what a mail server does, and why mail does not flow. TARGET is a\n"
	     "DOMAIN (all of its exchangers), [HOST], HOST:PORT, [IPV6]:PORT, an address,\n"
	     "smtps:HOST, lmtp:HOST:PORT, submission:DOMAIN, unix:PATH or pipe:COMMAND.\n",
    .after = "Exit code: 0 all is well, 1 something is not, 2 could not tell; 64 wrong usage;\n"
	     "68 no such host, 69 no connection, 76 no SMTP. See smtp-probe(1).\n",
    .rows = probe_rows,
    .commands = commands,
    .wrong_code = PROBE_USAGE};

const struct probe_command *
probe_command_find(const char *name)
{
	for (size_t i = 0; i < sizeof runners / sizeof runners[0]; i++)
		if (name == NULL ? runners[i].name == NULL
				 : runners[i].name != NULL && strcmp(name, runners[i].name) == 0)
			return &runners[i];
	return NULL;
}
