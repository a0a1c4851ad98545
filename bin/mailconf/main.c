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
#include "mail/address.h"
#include "mailconf.h"

static const char *const usage =
    "usage: mailconf [show | check | route [--from SENDER] ADDRESS...]\n";

static void
help(void)
{
	printf(
	    "%s"
	    "Shows the settings of the control directory.\n"
	    "  show                          each file, what it says, and what it is for\n"
	    "  check                         what is wrong, a line for each file\n"
	    "  route ADDRESS                 where mail for ADDRESS goes, and all that decides\n"
	    "        -f, --from SENDER       for mail of this sender (\"\": the null one)\n"
	    "      --help, --version\n"
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
show(const struct control *c, int (*what)(const struct control *c, struct str *out))
{
	struct str out;
	int count;

	str_init(&out, OUTPUT_MAX);
	count = what(c, &out);
	if (count == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to say it all");
	print(&out);
	str_free(&out);
	return count == 0 ? EXIT_DONE : EXIT_PERMANENT;
}

static const char *
read_options(int argc, char **argv)
{
	static const struct option long_options[] = {{"from", required_argument, NULL, 'f'},
	    {"help", no_argument, NULL, 'h'}, {"version", no_argument, NULL, 'v'},
	    {NULL, 0, NULL, 0}};
	const char *from = NULL;
	int c;

	opterr = 0;
	while ((c = getopt_long(argc, argv, "f:", long_options, NULL)) != -1) {
		if (c == 'f')
			from = optarg;
		else if (c == 'h') {
			help();
			if (fflush(stdout) != 0)
				die_errno(PROGRAM, EXIT_TEMPORARY, "unable to write");
			exit(EXIT_DONE);
		} else if (c == 'v')
			about_version(PROGRAM);
		else
			wrong_usage("unknown option, or one without its value");
	}
	return from;
}

static int
run(const struct control *c, char **words, int count, const char *from)
{
	const char *command = count == 0 ? "show" : words[0];

	if (strcmp(command, "route") == 0) {
		if (count < 2)
			wrong_usage("which address?");
		return route(c, words + 1, from);
	}
	if (from != NULL)
		wrong_usage("--from is for route");
	if (count > 1)
		wrong_usage("too many arguments");
	if (strcmp(command, "show") == 0)
		return show(c, show_settings);
	if (strcmp(command, "check") == 0)
		return show(c, show_problems);
	wrong_usage("unknown command");
}

int
main(int argc, char **argv)
{
	const char *from;
	struct control control;
	int code;

	if (io_fill_standard() == -1)
		return EXIT_TEMPORARY;
	(void)signal(SIGPIPE, SIG_IGN); /* c-ares writes to sockets, too */
	from = read_options(argc, argv);
	if (control_open(&control) == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to open %s", control.path);
	code = run(&control, argv + optind, argc - optind, from);
	control_close(&control);
	return code;
}
