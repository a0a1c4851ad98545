/* SPDX-License-Identifier: ISC */
/* pop3d: gives mail out by POP3 (pop3d(8)). Here: options, and where connections come from. */
#include <errno.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/about.h"
#include "base/die.h"
#include "base/io.h"
#include "base/log.h"
#include "net/listen.h"
#include "net/serve_start.h"
#include "pop3d.h"

#define REFUSAL "-ERR [SYS/TEMP] Too many connections; try again later\r\n"
#define OUT_OF_SERVICE "-ERR [SYS/TEMP] Out of service; try again later\r\n"
#define LAST_WORDS_MS 5000

static const struct option_row rows[] = {
    {'l', "listen", "[ADDRESS:]PORT", "bind and listen; [IPV6]:PORT for IPv6, port 0 for any",
	TAKES_TEXT, NULL},
    {'t', "tls", NULL, "TLS from the first octet (port 995)", TAKES_TEXT, NULL},
    {'u', "user", "USER", "started by root: who speaks before the login (" FRONT_USER ")",
	TAKES_USER, NULL},
    {0},
};

static const struct option_command commands[] = {
    {.usage = "[-t] [-l [ADDRESS:]PORT] [-u USER]", .rows = {rows}},
    {.usage = NULL},
};

static const struct option_program about = {.name = PROGRAM,
    .about = "Gives mail out of Maildirs by POP3. Serves the connection on standard input and\n"
	     "output (tcpserver, inetd), or listens: with -l, on sockets from systemd, or on\n"
	     "standard input (inetd wait).\n",
    .after = "See pop3d(8).\n",
    .commands = commands};

struct program {
	struct settings settings;
	struct ucspi_tls ucspi_tls;
	const char *listen_spec, *user;
	struct serve serve;
	int in, out; /* of a single connection */
};

static void
parse_options(struct program *p, struct option_scan *scan)
{
	int code;

	while ((code = about_option(scan)) != OPTION_END)
		switch (code) {
		case 'l':
			p->listen_spec = scan->value;
			break;
		case 't':
			p->settings.tls_first = true;
			break;
		default:
			p->user = scan->value;
		}
}

/* Nobody who has not logged in is served by root. */
static int
find_front_user(struct program *p, struct str *problem)
{
	const char *name = p->user == NULL ? FRONT_USER : p->user;
	struct settings *s = &p->settings;
	const struct passwd *user;

	s->is_root = geteuid() == 0;
	if (!s->is_root && p->user != NULL) {
		(void)str_add_text(problem, "-u needs root");
		return -1;
	}
	if (!s->is_root)
		return 0;
	user = getpwnam(name);
	if (user == NULL || user->pw_uid == 0 || strlen(user->pw_name) > USER_NAME_MAX) {
		(void)str_format(problem,
		    user != NULL && user->pw_uid == 0
			? "%s is root, who talks to nobody before the login"
			: "there is no user %s to talk before the login; see -u",
		    name);
		return -1;
	}
	s->front_uid = user->pw_uid;
	s->front_gid = user->pw_gid;
	(void)snprintf(s->front_user, sizeof s->front_user, "%s", user->pw_name);
	return 0;
}

static int
prepare(struct program *p, struct str *problem)
{
	return find_front_user(p, problem) == -1 ? -1 : settings_read(&p->settings, problem);
}

static bool
is_proxy(void *context, const struct peer *peer)
{
	const struct program *p = context;

	return cidr_list_contains(&p->settings.proxies, peer->address);
}

static void
report(void *context, const struct serve_event *event)
{
	(void)context;
	serve_log_event(PROGRAM, event);
}

/* In a child. */
_Noreturn static void
serve_client(struct program *p, const struct peer *peer)
{
	struct client client = {.peer = *peer};

	/* a session may end as another user: it never serves a second connection */
	io_close(p->serve.channel);
	if (proxy_take_header(&p->settings, p->in, &client) == -1)
		_exit(EXIT_DONE);
	_exit(connection_serve(&p->settings, &client, p->in, p->in));
}

static int
run_server(struct program *p)
{
	struct peer peer;

	switch (serve_run(&p->serve, &p->in, &peer)) {
	case SERVE_SESSION:
		serve_client(p, &peer);
	case SERVE_STOPPED:
		return EXIT_DONE;
	case SERVE_FAILED:
		break;
	}
	die_errno(PROGRAM, EXIT_TEMPORARY, "unable to accept connections");
}

static int
serve_listeners(struct program *p)
{
	struct str problem;

	str_init(&problem, PROBLEM_MAX);
	if (prepare(p, &problem) == -1)
		die(PROGRAM, EXIT_TEMPORARY, "%s", problem.data);
	str_free(&problem);
	p->serve.sessions_max = (size_t)p->settings.limits.pop3d_sessions;
	p->serve.network_max = (size_t)p->settings.limits.pop3d_sessions_address;
	/* who expects TLS can make nothing of a reply */
	if (!p->settings.tls_first)
		p->serve.refusal = slice_of(REFUSAL);
	p->serve.report = report;
	p->serve.context = p;
	p->serve.is_proxy = p->settings.proxies.count > 0 ? is_proxy : NULL;
	/* what the C library loads at its first use is loaded once */
	(void)getpwnam("no-such-user-here");
	confine_report(&p->settings);
	return run_server(p);
}

/* What is known of the client before it says anything. */
static void
find_client(struct program *p, struct client *client)
{
	(void)peer_of_client(&client->peer, p->in);
	if (ucspi_tls_from_environment(&p->ucspi_tls))
		p->settings.ucspi_tls = &p->ucspi_tls;
	else
		tls_info_from_environment(&client->tls);
}

static int
serve_connection(struct program *p)
{
	struct client client = {.tls = {.is_on = false}};
	struct str problem;

	log_keep_from(p->out);
	str_init(&problem, PROBLEM_MAX);
	if (prepare(p, &problem) == -1) {
		(void)io_write(
		    p->out, OUT_OF_SERVICE, strlen(OUT_OF_SERVICE), deadline_in_ms(LAST_WORDS_MS));
		die(PROGRAM, EXIT_TEMPORARY, "%s", problem.data);
	}
	str_free(&problem);
	find_client(p, &client);
	if (proxy_take_header(&p->settings, p->in, &client) == -1)
		return EXIT_DONE;
	return connection_serve(&p->settings, &client, p->in, p->out);
}

int
main(int argc, char **argv)
{
	struct program p = {.in = STDIN_FILENO, .out = STDOUT_FILENO};
	struct option_scan scan;
	int found, code;

	options_begin(&scan, &about, argc, argv);
	parse_options(&p, &scan);
	if (signal(SIGPIPE, SIG_IGN) == SIG_ERR)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to ignore SIGPIPE");
	found = serve_find(&p.serve, p.listen_spec, &p.in, &p.out);
	if (found == -1 && errno == EINVAL)
		about_wrong(&scan, "-l takes [ADDRESS:]PORT, both in numbers, not %s",
		    p.listen_spec == NULL ? "" : p.listen_spec);
	if (found == -1)
		die(PROGRAM, EXIT_TEMPORARY, "unable to listen on %s: %s%s",
		    p.listen_spec == NULL ? "standard input" : p.listen_spec, strerror(errno),
		    listen_advice(errno));
	code = found == 1 ? serve_listeners(&p) : serve_connection(&p);
	settings_free(&p.settings);
	return code;
}
