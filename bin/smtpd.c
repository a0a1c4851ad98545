/* SPDX-License-Identifier: ISC */
/* smtpd: receives mail by SMTP (smtpd(8)): options, settings, and where the connection comes from.
 */
#include <sys/stat.h>
#include <sys/un.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/die.h"
#include "base/io.h"
#include "base/log.h"
#include "conf/cidr.h"
#include "conf/control.h"
#include "net/activation.h"
#include "net/listen.h"
#include "net/serve.h"
#include "smtp/respond.h"
#include "smtp/session.h"

#define PROGRAM "smtpd"
#define PROBLEM_MAX ((size_t)4096)
#define LOG_SOCKET "/dev/log"

static const char *const usage = "usage: smtpd [-l [ADDRESS:]PORT] [-u USER]\n";

struct smtpd {
	struct session_settings settings;
	struct routes *routes;
	struct cidr_list relay_hosts;
	const char *listen_spec, *user;
	struct serve serve;
	int in, out; /* of a single connection */
};

static void
help(void)
{
	printf(
	    "%s"
	    "Receives mail by SMTP and hands it to enqueue. Serves the connection on standard "
	    "input\n"
	    "and output (tcpserver, inetd), or listens: with -l, on sockets from systemd, or on\n"
	    "standard input (inetd wait).\n"
	    "  -l [ADDRESS:]PORT  bind and listen; [IPV6]:PORT for IPv6, port 0 for any\n"
	    "  -u USER            become USER after that\n"
	    "      --help, --version\n",
	    usage);
}

_Noreturn static void
wrong_usage(const char *problem)
{
	fprintf(stderr, "%s: %s\n%s", PROGRAM, problem, usage);
	exit(EXIT_PERMANENT);
}

static void
parse_options(struct smtpd *d, int argc, char **argv)
{
	static const struct option options[] = {
	    {"listen", required_argument, NULL, 'l'},
	    {"user", required_argument, NULL, 'u'},
	    {"help", no_argument, NULL, 'H'},
	    {"version", no_argument, NULL, 'V'},
	    {NULL, 0, NULL, 0},
	};
	int option;

	opterr = 0;
	while ((option = getopt_long(argc, argv, "+l:u:", options, NULL)) != -1) {
		switch (option) {
		case 'l':
			d->listen_spec = optarg;
			break;
		case 'u':
			d->user = optarg;
			break;
		case 'H':
			help();
			exit(EXIT_DONE);
		case 'V':
			puts(PROGRAM " (satchel) 0.1");
			exit(EXIT_DONE);
		default:
			wrong_usage("no such option, or its value is missing");
		}
	}
	if (optind < argc)
		wrong_usage("there are no arguments besides options");
}

/* Without the file, this host itself may relay; an empty file lets nobody. */
static int
read_relay_hosts(struct cidr_list *list, const struct control *c, struct str *problem)
{
	static const char *const loopback[] = {"127.0.0.0/8", "::1"};
	struct str text;
	int found;

	if (cidr_list_read(c, "relayhosts", list, problem) == -1)
		return -1;
	if (list->count > 0)
		return 0;
	str_init(&text, CONTROL_FILE_MAX);
	found = control_read(c, "relayhosts", &text);
	str_free(&text);
	if (found != 0)
		return found == -1 ? -1 : 0;
	list->ranges = calloc(2, sizeof *list->ranges);
	if (list->ranges == NULL)
		return -1;
	while (list->count < 2 &&
	       cidr_parse(slice_of(loopback[list->count]), &list->ranges[list->count]))
		list->count++;
	return 0;
}

static void
apply_databytes(struct limits *limits)
{
	const char *text = getenv("DATABYTES");
	uint64_t size;

	if (text != NULL && slice_number(slice_of(text), INT64_MAX, &size) && size > 0 &&
	    (limits->message_size == 0 || size < limits->message_size))
		limits->message_size = size;
}

/* 0, or -1 with what is wrong in PROBLEM. */
static int
read_settings(struct smtpd *d, struct str *problem)
{
	struct control control;
	int result = -1;

	d->settings.program = PROGRAM;
	if (control_open(&control) == -1) {
		(void)str_format(problem, "unable to open the control directory %s: %s",
		    control.path, strerror(errno));
		return -1;
	}
	if (limits_read(&d->settings.limits, &control, problem) == 0 &&
	    read_relay_hosts(&d->relay_hosts, &control, problem) == 0) {
		d->routes = routes_open(&control, problem);
		result = d->routes == NULL ? -1 : 0;
	}
	if (result == -1 && errno != EINVAL)
		(void)str_format(problem, "%sunable to read %s: %s", problem->len > 0 ? ": " : "",
		    control.path, strerror(errno));
	d->settings.routes = d->routes;
	apply_databytes(&d->settings.limits);
	control_close(&control);
	return result;
}

static int
run_session(struct smtpd *d, const struct session_client *client)
{
	struct session session;

	if (session_init(&session, &d->settings, client, d->in, d->out) == -1) {
		log_note(PROGRAM, "fatal", "no memory for a session");
		session_free(&session);
		return EXIT_TEMPORARY;
	}
	session.submit.has_trace = true;
	session_run(&session);
	session_free(&session);
	return EXIT_DONE;
}

/* The client as the environment has it (tcpserver, systemd), else as the socket says. */
static void
find_client(struct smtpd *d, struct session_client *client)
{
	const char *address = getenv("TCPREMOTEIP");

	if (address == NULL)
		address = getenv("REMOTE_ADDR");
	if (address != NULL)
		(void)peer_from_text(&client->peer, address);
	else
		(void)peer_of_descriptor(&client->peer, d->in);
	client->name = getenv("TCPREMOTEHOST");
	client->may_relay = getenv("RELAYCLIENT") != NULL ||
			    cidr_list_contains(&d->relay_hosts, client->peer.address);
}

/* inetd gives the connection as standard error, too: what is logged is not for the client. */
static void
keep_log_from_client(struct smtpd *d)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = LOG_SOCKET};
	struct stat out, err;
	int fd;

	if (fstat(d->out, &out) == -1 || fstat(STDERR_FILENO, &err) == -1 ||
	    !S_ISSOCK(out.st_mode) || out.st_dev != err.st_dev || out.st_ino != err.st_ino)
		return;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd == -1 || connect(fd, (struct sockaddr *)&address, sizeof address) == -1) {
		io_close(fd);
		fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	}
	if (fd == -1 || dup2(fd, STDERR_FILENO) == -1)
		(void)close(STDERR_FILENO);
	io_close(fd);
}

static int
serve_connection(struct smtpd *d)
{
	struct session_client client = {0};
	struct str problem;
	struct writer writer;

	keep_log_from_client(d);
	str_init(&problem, PROBLEM_MAX);
	if (read_settings(d, &problem) == -1) {
		writer_init(&writer, d->out, 512);
		writer.until = deadline_in_seconds(5);
		(void)respond(&writer, 421, "4.3.0", "Out of service; try again later");
		(void)writer_flush(&writer);
		die(PROGRAM, EXIT_TEMPORARY, "%s", problem.data);
	}
	str_free(&problem);
	find_client(d, &client);
	return run_session(d, &client);
}

static void
report(void *context, const struct serve_event *event)
{
	struct event e;

	(void)context;
	event_start(&e, PROGRAM, event->kind == SERVE_REFUSED ? "limit" : "child");
	if (event->kind == SERVE_REFUSED) {
		if (event->peer->address[0] != '\0')
			event_text(&e, "client", event->peer->address);
		event_text(&e, "reason", event->reason);
	} else {
		event_number(&e, "pid", event->pid);
		event_number(&e, "signal", event->signal);
	}
	event_send(&e);
}

static void
log_listening(int fd)
{
	struct sockaddr_storage storage = {0};
	struct sockaddr_in6 six;
	struct sockaddr_in four;
	socklen_t len = sizeof storage;
	struct peer here = {0};
	struct event e;

	if (getsockname(fd, (struct sockaddr *)&storage, &len) == -1)
		return;
	(void)peer_from_socket_address(&here, (struct sockaddr *)&storage);
	memcpy(&six, &storage, sizeof six);
	memcpy(&four, &storage, sizeof four);
	event_start(&e, PROGRAM, "listening");
	event_text(&e, "address", here.address);
	event_number(
	    &e, "port", ntohs(storage.ss_family == AF_INET6 ? six.sin6_port : four.sin_port));
	event_send(&e);
}

static void
become_user(const char *name)
{
	const struct passwd *user = getpwnam(name);

	if (user != NULL && initgroups(name, user->pw_gid) == 0 && setgid(user->pw_gid) == 0 &&
	    setuid(user->pw_uid) == 0)
		return;
	if (user == NULL)
		die(PROGRAM, EXIT_PERMANENT, "there is no user %s", name);
	die_errno(PROGRAM, EXIT_PERMANENT, "unable to become %s", name);
}

static void
read_settings_or_die(struct smtpd *d)
{
	struct str problem;

	str_init(&problem, PROBLEM_MAX);
	if (read_settings(d, &problem) == -1)
		die(PROGRAM, EXIT_TEMPORARY, "%s", problem.data);
	str_free(&problem);
}

static int
run_server(struct smtpd *d)
{
	struct session_client client = {0};

	switch (serve_run(&d->serve, &d->in, &client.peer)) {
	case SERVE_SESSION:
		d->out = d->in;
		client.may_relay = cidr_list_contains(&d->relay_hosts, client.peer.address);
		return run_session(d, &client);
	case SERVE_STOPPED:
		return EXIT_DONE;
	case SERVE_FAILED:
		break;
	}
	die_errno(PROGRAM, EXIT_TEMPORARY, "unable to accept connections");
}

static int
serve_listeners(struct smtpd *d)
{
	struct str refusal;
	struct slice me;
	int code;

	read_settings_or_die(d);
	me = routes_me(d->routes);
	str_init(&refusal, PROBLEM_MAX);
	if (str_format(&refusal, "421 4.7.0 %.*s Too many connections; try again later\r\n",
		(int)me.len, me.data) == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to start");
	for (size_t i = 0; i < d->serve.listener_count; i++)
		log_listening(d->serve.listeners[i]);
	d->serve.sessions_max = (size_t)d->settings.limits.smtpd_sessions;
	d->serve.network_max = (size_t)d->settings.limits.smtpd_sessions_address;
	d->serve.refusal = str_slice(&refusal);
	d->serve.report = report;
	code = run_server(d);
	str_free(&refusal);
	return code;
}

/* Sockets from systemd; false if none of them listens. A connected one becomes in and out. */
static bool
take_passed_sockets(struct smtpd *d)
{
	int count = activation_sockets();

	for (int fd = ACTIVATION_FIRST; fd < ACTIVATION_FIRST + count; fd++)
		if (listen_is_open(fd) && d->serve.listener_count < SERVE_LISTENERS_MAX)
			d->serve.listeners[d->serve.listener_count++] = fd;
	if (count > 0 && d->serve.listener_count == 0)
		d->in = d->out = ACTIVATION_FIRST;
	return d->serve.listener_count > 0;
}

/* Fills serve.listeners; false if there is one connection instead. */
static bool
find_listeners(struct smtpd *d)
{
	int fd;

	if (d->listen_spec == NULL) {
		if (take_passed_sockets(d))
			return true;
		if (d->in != STDIN_FILENO || !listen_is_open(STDIN_FILENO))
			return false;
		/* standard input must not be closed and become something else */
		fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, ACTIVATION_FIRST);
	} else {
		fd = listen_open(d->listen_spec);
	}
	if (fd == -1 && errno == EINVAL)
		wrong_usage("-l takes [ADDRESS:]PORT, both in numbers");
	if (fd == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to listen on %s",
		    d->listen_spec == NULL ? "standard input" : d->listen_spec);
	d->serve.listeners[d->serve.listener_count++] = fd;
	return true;
}

int
main(int argc, char **argv)
{
	struct smtpd d = {.in = STDIN_FILENO, .out = STDOUT_FILENO};
	bool listening;
	int code;

	parse_options(&d, argc, argv);
	if (signal(SIGPIPE, SIG_IGN) == SIG_ERR)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to ignore SIGPIPE");
	listening = find_listeners(&d);
	if (d.user != NULL)
		become_user(d.user);
	code = listening ? serve_listeners(&d) : serve_connection(&d);
	routes_free(d.routes);
	cidr_list_free(&d.relay_hosts);
	return code;
}
