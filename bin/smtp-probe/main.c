/* SPDX-License-Identifier: ISC */
/* smtp-probe: looks at a server from outside (smtp-probe(1)). */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/about.h"
#include "base/die.h"
#include "base/io.h"
#include "conf/control.h"
#include "probe.h"

#define TIMEOUT_DEFAULT 30
#define TIMEOUT_MAX 3600
#define QUERY_MAX 500 /* octets of what VRFY or EXPN asks for; RFC 5321, 4.5.3.1.4 */

static const char *const usage =
    "usage: smtp-probe [-t SECONDS] [--helo NAME] [-s SERVER] HOST[:PORT]\n"
    "       smtp-probe [-t SECONDS] [--helo NAME] [-s SERVER] vrfy|expn HOST[:PORT] ADDRESS...\n";

static void
help(void)
{
	printf(
	    "%s"
	    "Shows how an SMTP server greets and what it offers; or asks it for addresses with "
	    "VRFY, or\n"
	    "for the members of lists with EXPN. HOST is a name, an address, or [IPV6]:PORT.\n"
	    "  -s, --server SERVER[:PORT]  ask this DNS server for HOST\n"
	    "  -t, --timeout SECONDS       for each step (default %d)\n"
	    "      --helo NAME             what to say in EHLO (default: control file helo or me)\n"
	    "      --help, --version\n"
	    "Exit code: 0 answered, or yes for all; 1 refused, or no for one at least; 2 could not "
	    "tell;\n"
	    "100 wrong usage.\n",
	    usage, TIMEOUT_DEFAULT);
}

_Noreturn void
wrong_usage(const char *what)
{
	fprintf(stderr, "%s: %s\n%s", PROGRAM, what, usage);
	exit(EXIT_PERMANENT);
}

/* Nothing may end the command line but we; 8-bit would need SMTPUTF8 (RFC 6531, 3.7.4). */
static void
check_addresses(char **list, int count)
{
	for (int i = 0; i < count; i++) {
		struct slice text = slice_of(list[i]);

		if (text.len == 0 || text.len > QUERY_MAX || slice_has_control(text) ||
		    !slice_is_ascii(text))
			wrong_usage("an ADDRESS is 1 to 500 printable ASCII characters");
	}
}

/* What the control directory says, as smtp-send reads it; it need not be readable to everybody. */
static void
read_control(struct probe *p)
{
	struct control c;
	struct str line;

	str_init(&line, 4096);
	if (control_open(&c) == 0) {
		if (p->servers.len == 0 && control_line(&c, "resolvers", &line) == 1)
			(void)str_add_slice(&p->servers, str_slice(&line));
		if (p->helo.len == 0 && control_line(&c, "helo", &line) == 1)
			(void)str_add_slice(&p->helo, str_slice(&line));
	}
	if (p->helo.len == 0 && control_me(&c, &p->helo) == -1 &&
	    str_add_text(&p->helo, "localhost") == -1)
		die_errno(PROGRAM, COULD_NOT_TELL, "unable to begin");
	control_close(&c);
	str_free(&line);
}

static void
options(struct probe *p, int argc, char **argv)
{
	static const struct option long_options[] = {{"server", required_argument, NULL, 's'},
	    {"timeout", required_argument, NULL, 't'}, {"helo", required_argument, NULL, 'H'},
	    {"help", no_argument, NULL, 'h'}, {"version", no_argument, NULL, 'v'},
	    {NULL, 0, NULL, 0}};
	uint64_t seconds = 0;
	int c;

	opterr = 0;
	while ((c = getopt_long(argc, argv, "+s:t:", long_options, NULL)) != -1) {
		if (c == 's') {
			if (str_format(
				&p->servers, "%s%s", p->servers.len > 0 ? "," : "", optarg) == -1)
				wrong_usage("too many servers");
		} else if (c == 't') {
			if (!slice_number(slice_of(optarg), TIMEOUT_MAX, &seconds) || seconds == 0)
				wrong_usage("--timeout takes seconds, 1 to 3600");
			p->timeout = (int64_t)seconds;
		} else if (c == 'H') {
			if (slice_has_control(slice_of(optarg)) || strchr(optarg, ' ') != NULL ||
			    *optarg == '\0' || str_add_text(&p->helo, optarg) == -1)
				wrong_usage("--helo takes a host name");
		} else if (c == 'h') {
			help();
			exit(EXIT_DONE);
		} else if (c == 'v') {
			about_version(PROGRAM);
		} else
			wrong_usage("unknown option, or one without its value");
	}
}

static enum verdict
run(struct probe *p, char **arguments, int count)
{
	bool vrfy = count > 0 && strcmp(arguments[0], "vrfy") == 0;
	bool expn = count > 0 && strcmp(arguments[0], "expn") == 0;

	if (!vrfy && !expn && count != 1)
		wrong_usage(count == 0 ? "which host?" : "one host at a time");
	if ((vrfy || expn) && count < 3)
		wrong_usage("which host, and which address?");
	read_control(p);
	if (!vrfy && !expn)
		return show_server(p, slice_of(arguments[0]));
	check_addresses(arguments + 2, count - 2);
	return ask_all(p, vrfy ? "VRFY" : "EXPN", slice_of(arguments[1]), arguments + 2, count - 2);
}

int
main(int argc, char **argv)
{
	struct probe p = {.timeout = TIMEOUT_DEFAULT};
	enum verdict verdict;

	if (io_fill_standard() == -1)
		return COULD_NOT_TELL;
	str_init(&p.helo, 255);
	str_init(&p.servers, 4096);
	str_init(&p.peer, 1000);
	client_outcome_init(&p.outcome);
	options(&p, argc, argv);
	(void)signal(SIGPIPE, SIG_IGN);
	if (client_init(&p.client) == -1)
		die_errno(PROGRAM, COULD_NOT_TELL, "unable to begin");
	verdict = run(&p, argv + optind, argc - optind);
	p.client.hard = DEADLINE_NEVER;
	client_quit(&p.client);
	client_free(&p.client);
	client_outcome_free(&p.outcome);
	str_free(&p.helo);
	str_free(&p.servers);
	str_free(&p.peer);
	if (fflush(stdout) != 0)
		die_errno(PROGRAM, COULD_NOT_TELL, "unable to write");
	return (int)verdict;
}
