/* SPDX-License-Identifier: ISC */
/* mta-sts: policies of MTA-STS, fetched and kept (mta-sts(8)). Here: options. */
#include <sys/stat.h>

#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/about.h"
#include "base/die.h"
#include "base/io.h"
#include "mta_sts.h"

#define POST_MAX ((size_t)64 << 20)
#define POST_SECONDS 60

static const char usage[] = "usage: mta-sts [-c] DOMAIN...\n"
			    "       mta-sts -s | -w | --refresh | --post URL TYPE\n";

static const char help[] =
    "usage: mta-sts [-c] DOMAIN...\n"
    "       mta-sts -s | -w | --refresh | --post URL TYPE\n"
    "Fetches the MTA-STS policy of a domain (RFC 8461) and shows it; the mail exchangers, too.\n"
    "  -c, --cached   what is in the cache, without asking anybody\n"
    "  -s             speak the helper protocol on descriptor 0 (smtp-send starts it so)\n"
    "  -w             be a service on run/mta-sts/socket in the spool, or on systemd's socket\n"
    "      --refresh  renew what is in the cache and a day old; for cron\n"
    "      --post URL TYPE  send standard input there by HTTPS; tls-report starts it so\n"
    "      --help, --version\n"
    "Exit code: 0 there is a policy, 100 there is none, or wrong usage, 111 it cannot be said "
    "now;\n"
    "of several domains, the highest.\n";

enum mode {
	MODE_SHOW,
	MODE_CACHED = 'c',
	MODE_SPEAK = 's',
	MODE_SERVE = 'w',
	MODE_REFRESH = 'r',
	MODE_POST = 'p'
};

_Noreturn static void
wrong_usage(const char *problem)
{
	fprintf(stderr, "%s: %s\n%s", PROGRAM, problem, usage);
	exit(EXIT_PERMANENT);
}

static enum mode
parse_options(int argc, char **argv)
{
	static const struct option options[] = {
	    {"cached", no_argument, NULL, 'c'},
	    {"refresh", no_argument, NULL, 'r'},
	    {"post", no_argument, NULL, 'p'},
	    {"help", no_argument, NULL, 'H'},
	    {"version", no_argument, NULL, 'V'},
	    {NULL, 0, NULL, 0},
	};
	enum mode mode = MODE_SHOW;
	int option, left;

	opterr = 0;
	while ((option = getopt_long(argc, argv, "+csw", options, NULL)) != -1) {
		if (option == 'H')
			about_help(help);
		if (option == 'V')
			about_version(PROGRAM);
		if (option == '?')
			wrong_usage("no such option");
		if (mode != MODE_SHOW)
			wrong_usage("one of these options, please");
		mode = (enum mode)option;
	}
	left = argc - optind;
	if (mode == MODE_SHOW || mode == MODE_CACHED) {
		if (left == 0)
			wrong_usage("which domain?");
	} else if (left != (mode == MODE_POST ? 2 : 0)) {
		wrong_usage("too many arguments, or too few");
	}
	return mode;
}

static int
show_all(struct server *s, char **domains, bool cached)
{
	int worst = EXIT_DONE;

	for (; *domains != NULL; domains++) {
		int code = show_domain(s, *domains, cached);

		if (code > worst)
			worst = code;
	}
	return worst;
}

static int
refresh(const struct server *s)
{
	int failures;

	if (s->cache_fd == -1)
		die(PROGRAM, EXIT_TEMPORARY,
		    "unable to open the cache: run/mta-sts of the spool must be this user's");
	failures = refresh_all(s);
	if (failures == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to look through the cache");
	return failures > 0 ? EXIT_TEMPORARY : EXIT_DONE;
}

static int
post(struct server *s, char **arguments)
{
	deadline until = deadline_in_seconds(POST_SECONDS);
	struct str body, reason;
	ssize_t n;
	int result;

	str_init(&body, POST_MAX);
	str_init(&reason, REASON_MAX);
	do {
		if (str_reserve(&body, 65536) == -1)
			die_errno(PROGRAM, EXIT_PERMANENT, "unable to keep what is to be sent");
		n = io_read(STDIN_FILENO, body.data + body.len, 65536, until);
		if (n == -1)
			die_errno(PROGRAM, EXIT_TEMPORARY, "unable to read standard input");
		body.len += (size_t)n;
	} while (n > 0);
	result = fetch_post(s, arguments[0], arguments[1], str_slice(&body), until, &reason);
	if (result != 0)
		die(PROGRAM, result == -1 ? EXIT_TEMPORARY : EXIT_PERMANENT,
		    "unable to send the report: %s", reason.data);
	str_free(&body);
	str_free(&reason);
	return EXIT_DONE;
}

static void
prepare(struct server *s, bool is_service)
{
	struct str problem;

	str_init(&problem, PROBLEM_MAX);
	if (settings_read(&s->settings, &problem) == -1)
		die(PROGRAM, EXIT_TEMPORARY, "%s", problem.data);
	str_free(&problem);
	if (!is_service && server_resolve(s) == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to set up the resolver");
	if (fetch_prepare() == -1)
		die(PROGRAM, EXIT_TEMPORARY, "unable to set up libcurl");
}

static int
run(struct server *s, enum mode mode, char **arguments)
{
	switch (mode) {
	case MODE_SHOW: /* as it is now, so the cache is left alone */
		return show_all(s, arguments, false);
	case MODE_POST:
		return post(s, arguments);
	default:
		break;
	}
	cache_open(s);
	switch (mode) {
	case MODE_CACHED:
		return show_all(s, arguments, true);
	case MODE_REFRESH:
		return refresh(s);
	case MODE_SERVE:
		return service_run(s);
	default:
		exchange_serve(s, STDIN_FILENO, 0);
		return EXIT_DONE;
	}
}

int
main(int argc, char **argv)
{
	struct server server = {.cache_fd = -1, .lock_fd = -1, .client = -1};
	enum mode mode = parse_options(argc, argv);
	int code;

	if (io_fill_standard() == -1)
		return EXIT_TEMPORARY;
	if (signal(SIGPIPE, SIG_IGN) == SIG_ERR)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to ignore SIGPIPE");
	umask(077);
	prepare(&server, mode == MODE_SERVE);
	code = run(&server, mode, argv + optind);
	cache_close(&server);
	if (server.dns != NULL)
		dns_close(server.dns);
	settings_free(&server.settings);
	fetch_end();
	return code;
}
