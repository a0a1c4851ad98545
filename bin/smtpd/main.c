/* SPDX-License-Identifier: ISC */
/* smtpd: receives mail by SMTP (smtpd(8)). Here: options, and where connections come from. */
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/about.h"
#include "base/die.h"
#include "base/log.h"
#include "conf/user.h"
#include "net/listen.h"
#include "net/serve_start.h"
#include "smtpd.h"

#define SMTP_PORT 25
#define ROUTES_LOOK_MS 1000
#define SESSIONS_MAX 100 /* of one process */

static const struct option_row rows[] = {
    {'s', "submission", NULL, "a submission server: logins are required", TAKES_TEXT, NULL},
    {'l', "listen", "[ADDRESS:]PORT", "bind and listen; [IPV6]:PORT for IPv6, port 0 for any",
	TAKES_TEXT, NULL},
    {'L', "lmtp", NULL, "speak LMTP", TAKES_TEXT, NULL},
    {'T', "transcript", "FILE", "write down what is said", TAKES_FILE, NULL},
    {'t', "tls", NULL, "TLS from the first octet (port 465)", TAKES_TEXT, NULL},
    {'u', "user", "USER", "become USER after that", TAKES_USER, NULL},
    {0},
};

static const struct option_command commands[] = {
    {.usage = "[-Lst] [-l [ADDRESS:]PORT] [-T FILE] [-u USER]", .rows = {rows}},
    {.usage = NULL},
};

static const struct option_program about = {.name = PROGRAM,
    .about = "Receives mail by SMTP and hands it to enqueue. Serves the connection on standard\n"
	     "input and output (tcpserver, inetd), or listens: with -l, on sockets from\n"
	     "systemd, or on standard input (inetd wait).\n",
    .after = "See smtpd(8).\n",
    .commands = commands};

struct program {
	struct smtpd shared;
	const char *listen_spec, *user, *transcript;
	struct serve serve;
};

static void
parse_options(struct program *p, struct option_scan *scan)
{
	int code;

	while ((code = about_option(scan)) != OPTION_END)
		switch (code) {
		case 'L':
			p->shared.settings.mode = SESSION_LMTP;
			break;
		case 'l':
			p->listen_spec = scan->value;
			break;
		case 's':
			p->shared.settings.mode = SESSION_SUBMISSION;
			break;
		case 'T':
			p->transcript = scan->value;
			break;
		case 't':
			p->shared.settings.tls_first = true;
			break;
		default:
			p->user = scan->value;
		}
}

static bool
is_proxy(void *context, const struct peer *peer)
{
	const struct program *p = context;

	return cidr_list_contains(&p->shared.proxies, peer->address);
}

static void
report(void *context, const struct serve_event *event)
{
	(void)context;
	serve_log_event(PROGRAM, event);
}

static void
prepare(void *context)
{
	struct program *p = context;

	smtpd_refresh_routes(&p->shared, ROUTES_LOOK_MS);
}

static void
become_user(const char *name)
{
	const struct passwd *user = getpwnam(name);

	if (user != NULL && user_become(user) == 0)
		return;
	if (user == NULL)
		die(PROGRAM, EXIT_PERMANENT, "there is no user %s", name);
	die_errno(PROGRAM, EXIT_PERMANENT, "unable to become %s", name);
}

/* Root may name any file: it is the caller who asks. Nobody but the owner may read it. */
static void
open_transcript(struct program *p)
{
	int flags = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY;

	p->shared.settings.transcript = open(p->transcript, flags, 0600);
	if (p->shared.settings.transcript == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to open %s", p->transcript);
}

static void
read_settings_or_die(struct program *p)
{
	struct str problem;

	str_init(&problem, PROBLEM_MAX);
	if (smtpd_read_settings(&p->shared, &problem) == -1)
		die(PROGRAM, EXIT_TEMPORARY, "%s", problem.data);
	str_free(&problem);
}

/* In a child: sessions of one client, until he does anything but end one by QUIT. */
_Noreturn static void
serve_client(struct program *p, const struct peer *peer)
{
	struct session_client client = {.peer = *peer};
	size_t left = SESSIONS_MAX;
	uint64_t workers = p->shared.settings.limits.enqueue_workers;
	bool quit;
	int code;

	client.may_relay = cidr_list_contains(&p->shared.relay_hosts, peer->address);
	if (smtpd_take_proxy_header(&p->shared, &client) == -1)
		_exit(EXIT_DONE);
	do {
		p->shared.out = p->shared.in;
		/* we may have been forked ahead, long ago */
		smtpd_refresh_routes(&p->shared, 0);
		/* of enqueue's workers some are left for others, who would wait for one in vain */
		p->shared.keeps_helper = p->serve.crowd <= workers - workers / 8 - 1;
		code = smtpd_run_session(&p->shared, &client, &quit);
		if (close(p->shared.in) == -1)
			break;
	} while (quit && --left > 0 && serve_again(&p->serve, &p->shared.in));
	_exit(code);
}

static int
run_server(struct program *p)
{
	struct peer peer;

	switch (serve_run(&p->serve, &p->shared.in, &peer)) {
	case SERVE_SESSION:
		serve_client(p, &peer);
	case SERVE_STOPPED:
		return EXIT_DONE;
	case SERVE_FAILED:
		break;
	}
	die_errno(PROGRAM, EXIT_TEMPORARY, "unable to accept connections");
}

/*
 * What the C library loads at its first use, the modules of the user database and the time zone, is
 * loaded here once, so that no child has to.
 */
static void
warm_up(void)
{
	(void)getpwnam("no-such-user-here");
	tzset();
}

static int
serve_listeners(struct program *p)
{
	struct str refusal;
	struct slice me;
	int code;

	read_settings_or_die(p);
	me = routes_me(p->shared.routes);
	str_init(&refusal, PROBLEM_MAX);
	if (str_format(&refusal, "421 4.7.0 %.*s Too many connections; try again later\r\n",
		(int)me.len, me.data) == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to start");
	p->serve.sessions_max = (size_t)p->shared.settings.limits.smtpd_sessions;
	p->serve.network_max = (size_t)p->shared.settings.limits.smtpd_sessions_address;
	/* who expects TLS can make nothing of a reply */
	if (!p->shared.settings.tls_first)
		p->serve.refusal = str_slice(&refusal);
	p->serve.report = report;
	p->serve.prepare = prepare;
	p->serve.context = p;
	p->serve.is_proxy = p->shared.proxies.count > 0 ? is_proxy : NULL;
	warm_up();
	if (smtpd_confine(&p->shared, true, &p->serve.mask) == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to fork");
	code = run_server(p);
	str_free(&refusal);
	return code;
}

/* Fills serve.listeners; false if there is one connection instead. */
static bool
find_listeners(struct program *p, const struct option_scan *scan)
{
	int found = serve_find(&p->serve, p->listen_spec, &p->shared.in, &p->shared.out);

	if (found == -1 && errno == EINVAL)
		about_wrong(scan, "-l takes [ADDRESS:]PORT, both in numbers, not %s",
		    p->listen_spec == NULL ? "" : p->listen_spec);
	if (found == -1)
		die(PROGRAM, EXIT_TEMPORARY, "unable to listen on %s: %s%s",
		    p->listen_spec == NULL ? "standard input" : p->listen_spec, strerror(errno),
		    listen_advice(errno));
	return found == 1;
}

/* RFC 2033, 5: on port 25 others speak SMTP, and would be misled. */
static void
refuse_lmtp_port(const struct program *p, bool listening)
{
	bool is_smtp = !listening && serve_port(p->shared.in) == SMTP_PORT;

	if (p->shared.settings.mode != SESSION_LMTP)
		return;
	for (size_t i = 0; listening && i < p->serve.listener_count; i++)
		is_smtp = is_smtp || serve_port(p->serve.listeners[i]) == SMTP_PORT;
	if (is_smtp)
		die(PROGRAM, EXIT_PERMANENT, "LMTP may not be spoken on port %d", SMTP_PORT);
}

int
main(int argc, char **argv)
{
	struct program p = {.shared = {.in = STDIN_FILENO,
				.out = STDOUT_FILENO,
				.helper = {.fd = -1},
				.tally = {.fd = -1},
				.executor = {.fd = -1}}};
	struct option_scan scan;
	bool listening;
	int code;

	options_begin(&scan, &about, argc, argv);
	parse_options(&p, &scan);
	if (signal(SIGPIPE, SIG_IGN) == SIG_ERR)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to ignore SIGPIPE");
	listening = find_listeners(&p, &scan);
	refuse_lmtp_port(&p, listening);
	if (p.transcript != NULL)
		open_transcript(&p);
	if (p.user != NULL)
		become_user(p.user);
	code = listening ? serve_listeners(&p) : smtpd_serve_connection(&p.shared);
	smtpd_free_settings(&p.shared);
	return code;
}
