/* SPDX-License-Identifier: ISC */
/* mailconf: what the control files say, and what follows for one address (mailconf(8)). */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/about.h"
#include "base/die.h"
#include "base/io.h"
#include "check.h"
#include "mail/address.h"
#include "mailconf.h"

static const char *const usage =
    "usage: mailconf [show [-ct] [NAME...] | limits [-ct] | check [-n] |\n"
    "                 route [-f SENDER] ADDRESS... | compile NAME...]\n";

struct arguments {
	const char *from;
	bool is_offline;
	struct show_options show;
	char **words; /* behind the command */
	size_t count;
};

static void
help(void)
{
	printf(
	    "%s"
	    "Shows the settings of the control directory.\n"
	    "  show [NAME...]                each file, where its value is from, and what it is "
	    "for\n"
	    "  limits                        each of the numbers in limits\n"
	    "    -c, --changed               only what is not as without a control directory\n"
	    "    -t, --tabs                  for programs: tabs between, nothing cut\n"
	    "  check                         what would lose or leak mail, a line each\n"
	    "    -n, --no-dns                without asking the DNS\n"
	    "  route ADDRESS...              where mail for ADDRESS goes, and all that decides\n"
	    "    -f, --from SENDER           for mail of this sender (\"\": the null one)\n"
	    "  compile NAME...               make NAME.cdb of the table NAME\n"
	    "  --help, --version\n"
	    "Exit code: 0 done, nothing wrong, mail goes there; 100 problems, mail is refused, or "
	    "wrong\n"
	    "usage; 111 it cannot go there, or cannot be said, now.\n",
	    usage);
}

_Noreturn static void
wrong_usage(const char *what)
{
	fprintf(stderr, "%s: %s\n%s", PROGRAM, what, usage);
	exit(EXIT_PERMANENT);
}

static void
print(const struct str *out)
{
	if (fwrite(out->data, 1, out->len, stdout) != out->len || fflush(stdout) != 0)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to write");
}

static struct routes *
open_routes(const struct control *c)
{
	struct str problem;
	struct routes *routes;

	str_init(&problem, 4096);
	routes = routes_open(c, &problem);
	if (routes == NULL && errno == EINVAL)
		die(PROGRAM, EXIT_PERMANENT, "%s/%s", c->path, problem.data);
	if (routes == NULL)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to read the routes in %s", c->path);
	str_free(&problem);
	return routes;
}

/* All ADDRESSES: the worst of the exit codes, of which a refusal is the worst. */
static int
route(const struct control *c, char **addresses, const char *from)
{
	struct routes *routes = open_routes(c);
	struct slice sender = slice_of(from);
	struct address parsed;
	struct str out;
	int worst = EXIT_DONE;

	str_init(&out, OUTPUT_MAX);
	if (sender.len > 0 && address_parse(sender, ADDRESS_UTF8, &parsed) != ADDRESS_OK)
		die(PROGRAM, EXIT_PERMANENT, "%s is no address", from);
	for (; *addresses != NULL; addresses++) {
		int code;

		if (address_parse(slice_of(*addresses), ADDRESS_UTF8 | ADDRESS_BARE, &parsed) !=
		    ADDRESS_OK)
			die(PROGRAM, EXIT_PERMANENT, "%s is no address", *addresses);
		code = explain_route(
		    c, routes, slice_of(*addresses), from == NULL ? NULL : &sender, &out);
		if (code == -1)
			die_errno(PROGRAM, EXIT_TEMPORARY, "unable to say it all");
		print(&out);
		str_clear(&out);
		if (code == EXIT_PERMANENT || worst == EXIT_DONE)
			worst = code;
	}
	str_free(&out);
	routes_free(routes);
	return worst;
}

static int
show(const struct control *c, const struct arguments *a)
{
	struct str out;
	int count;

	str_init(&out, OUTPUT_MAX);
	for (size_t i = 0; i < a->count; i++)
		if (!show_is_name(a->words[i]))
			die(PROGRAM, EXIT_PERMANENT, "there is no control file %s", a->words[i]);
	if (a->count == 0)
		count = show_settings(c, &a->show, &out);
	else
		count = show_files(c, a->words, a->count, &out);
	if (count == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to say it all");
	print(&out);
	str_free(&out);
	return count == 0 ? EXIT_DONE : EXIT_PERMANENT;
}

static int
limits(const struct control *c, const struct arguments *a)
{
	struct str out;
	int result;

	str_init(&out, OUTPUT_MAX);
	result = show_limits(c, &a->show, &out);
	if (result == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to say it all");
	print(&out);
	str_free(&out);
	return result == 0 ? EXIT_DONE : EXIT_PERMANENT;
}

/* What could not be looked at is not known to be good. */
static int
check(const struct control *c, const struct arguments *a)
{
	struct checks checks;
	struct str out;

	str_init(&out, OUTPUT_MAX);
	if (checks_run(&checks, c, &out, !a->is_offline) == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to say it all");
	print(&out);
	str_free(&out);
	if (checks.counts[FINDING_ERROR] > 0)
		return EXIT_PERMANENT;
	return checks.counts[FINDING_UNKNOWN] > 0 ? EXIT_TEMPORARY : EXIT_DONE;
}

static void
take_option(struct arguments *a, int option)
{
	if (option == 'f')
		a->from = optarg;
	else if (option == 'c')
		a->show.is_changed = true;
	else if (option == 't')
		a->show.has_tabs = true;
	else if (option == 'n')
		a->is_offline = true;
	else if (option == 'v')
		about_version(PROGRAM);
	else if (option == 'h') {
		help();
		if (fflush(stdout) != 0)
			die_errno(PROGRAM, EXIT_TEMPORARY, "unable to write");
		exit(EXIT_DONE);
	} else
		wrong_usage("unknown option, or one without its value");
}

static void
read_options(struct arguments *a, int argc, char **argv)
{
	static const struct option long_options[] = {{"from", required_argument, NULL, 'f'},
	    {"changed", no_argument, NULL, 'c'}, {"tabs", no_argument, NULL, 't'},
	    {"no-dns", no_argument, NULL, 'n'}, {"help", no_argument, NULL, 'h'},
	    {"version", no_argument, NULL, 'v'}, {NULL, 0, NULL, 0}};
	int option;

	opterr = 0;
	while ((option = getopt_long(argc, argv, "f:ctn", long_options, NULL)) != -1)
		take_option(a, option);
}

static int
run(const struct control *c, const char *command, const struct arguments *a)
{
	bool is_route = strcmp(command, "route") == 0, is_check = strcmp(command, "check") == 0;
	bool is_show = strcmp(command, "show") == 0, is_limits = strcmp(command, "limits") == 0;
	bool is_compile = strcmp(command, "compile") == 0;

	if (!is_route && a->from != NULL)
		wrong_usage("--from is for route");
	if (!is_check && a->is_offline)
		wrong_usage("--no-dns is for check");
	if (!is_show && !is_limits && (a->show.is_changed || a->show.has_tabs))
		wrong_usage("--changed and --tabs are for show and limits");
	if (is_route && a->count == 0)
		wrong_usage("which address?");
	if ((is_check || is_limits) && a->count > 0)
		wrong_usage("too many arguments");
	if (is_compile && a->count == 0)
		wrong_usage("which table?");
	if (is_route)
		return route(c, a->words, a->from);
	if (is_compile)
		return compile_tables(c, a->words, a->count);
	if (is_check)
		return check(c, a);
	if (is_limits)
		return limits(c, a);
	if (is_show)
		return show(c, a);
	wrong_usage("unknown command");
}

int
main(int argc, char **argv)
{
	struct arguments a = {.from = NULL};
	const char *command = "show";
	struct control control;
	int code;

	if (io_fill_standard() == -1)
		return EXIT_TEMPORARY;
	(void)signal(SIGPIPE, SIG_IGN); /* c-ares writes to sockets, too */
	read_options(&a, argc, argv);
	if (optind < argc)
		command = argv[optind++];
	a.words = argv + optind;
	a.count = (size_t)(argc - optind);
	if (control_open(&control) == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to open %s", control.path);
	code = run(&control, command, &a);
	control_close(&control);
	return code;
}
