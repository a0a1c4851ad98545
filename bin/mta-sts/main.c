/* SPDX-License-Identifier: ISC */
/* mta-sts: policies of MTA-STS, fetched and kept (mta-sts(8)). Here: options. */
#include <sys/stat.h>

#include <errno.h>
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

enum mode {
	MODE_SHOW,
	MODE_CACHED = 'c',
	MODE_FETCH = 'f',
	MODE_SPEAK = 's',
	MODE_SERVE = 'w',
	MODE_REFRESH = OPTION_LONG,
	MODE_POST,
	OPTION_SERVER,
};

static const struct option_row rows[] = {
    {MODE_CACHED, "cached", NULL, "what is in the cache, without asking anybody", TAKES_TEXT, NULL},
    {MODE_SPEAK, NULL, NULL, "speak the helper protocol on descriptor 0 (smtp-send starts it so)",
	TAKES_TEXT, NULL},
    {MODE_FETCH, NULL, NULL, "the same without a cache (mxlookup and smtp-probe start it so)",
	TAKES_TEXT, NULL},
    {MODE_SERVE, NULL, NULL,
	"be a service on run/mta-sts/socket in the spool, or on systemd's socket", TAKES_TEXT,
	NULL},
    {MODE_REFRESH, "refresh", NULL, "renew what is in the cache and a day old; for cron",
	TAKES_TEXT, NULL},
    {OPTION_SERVER, "server", "SERVER[:PORT]",
	"ask this DNS server; only where the cache has no part in it", TAKES_HOST, NULL},
    {MODE_POST, "post", NULL, "send standard input to URL by HTTPS; tls-report starts it so",
	TAKES_TEXT, NULL},
    {0},
};

static const struct option_command commands[] = {
    {.usage = "[-c] [--server SERVER] DOMAIN...\n-s | -f [--server SERVER] | -w | --refresh | "
	      "--post URL TYPE",
	.operands = "DOMAIN...",
	.rows = {rows},
	.most = OPTION_MANY,
	.takes = {TAKES_DOMAIN}},
    {.usage = NULL},
};

static const struct option_program about = {.name = PROGRAM,
    .about = "Fetches the MTA-STS policy of a domain (RFC 8461) and shows it; the mail\n"
	     "exchangers, too.\n",
    .after = "Exit code: 0 there is a policy, 100 there is none, or wrong usage, 111 it cannot\n"
	     "be said now; of several domains, the highest. See mta-sts(8).\n",
    .commands = commands,
    .stops_at_operand = true};

/* What stands behind the options is scan->operands then. */
static enum mode
parse_options(struct option_scan *scan, const char **server)
{
	enum mode mode = MODE_SHOW;
	int code;

	while ((code = about_option(scan)) != OPTION_END) {
		if (code == OPTION_SERVER) {
			*server = scan->value;
			continue;
		}
		if (mode != MODE_SHOW)
			about_wrong(scan, "one of -c, -s, -f, -w, --refresh and --post is enough");
		mode = (enum mode)code;
	}
	if (*server != NULL && mode != MODE_SHOW && mode != MODE_FETCH)
		about_wrong(scan, "--server goes with -f, or with DOMAIN alone");
	if (mode == MODE_POST && scan->count != 2)
		about_wrong(scan, "--post takes URL and TYPE");
	if ((mode == MODE_SHOW || mode == MODE_CACHED) && scan->count == 0)
		about_wrong(scan, "DOMAIN is missing behind mta-sts");
	if (mode != MODE_SHOW && mode != MODE_CACHED && mode != MODE_POST && scan->count > 0)
		about_wrong(scan, "unexpected operand: %s", scan->operands[0]);
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
prepare(struct server *s, bool is_service, const char *server)
{
	struct str problem;

	str_init(&problem, PROBLEM_MAX);
	if (settings_read(&s->settings, &problem) == -1)
		die(PROGRAM, EXIT_TEMPORARY, "%s", problem.data);
	str_free(&problem);
	if (server != NULL) {
		str_clear(&s->settings.resolvers);
		if (str_add_text(&s->settings.resolvers, server) == -1)
			die_errno(PROGRAM, EXIT_PERMANENT, "unable to use --server");
	}
	if (!is_service && server_resolve(s) == -1 && server != NULL && errno == EINVAL)
		die(PROGRAM, EXIT_PERMANENT, "--server takes ADDRESS[:PORT], not %s", server);
	if (!is_service && s->dns == NULL && server_resolve(s) == -1)
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
	case MODE_FETCH:
		exchange_serve(s, STDIN_FILENO, 0);
		return EXIT_DONE;
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
	struct option_scan scan;
	const char *resolver = NULL;
	enum mode mode;
	int code;

	options_begin(&scan, &about, argc, argv);
	mode = parse_options(&scan, &resolver);
	if (io_fill_standard() == -1)
		return EXIT_TEMPORARY;
	if (signal(SIGPIPE, SIG_IGN) == SIG_ERR)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to ignore SIGPIPE");
	umask(077);
	prepare(&server, mode == MODE_SERVE, resolver);
	code = run(&server, mode, scan.operands);
	cache_close(&server);
	if (server.dns != NULL)
		dns_close(server.dns);
	settings_free(&server.settings);
	fetch_end();
	return code;
}
