/* SPDX-License-Identifier: ISC */
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/die.h"
#include "base/io.h"
#include "base/log.h"
#include "base/writer.h"
#include "net/peer.h"
#include "smtp/respond.h"
#include "smtpd.h"

#define LOG_SOCKET "/dev/log"

int
smtpd_run_session(struct smtpd *d, const struct session_client *client, bool *quit)
{
	struct session session;

	*quit = false;
	if (session_init(&session, &d->settings, client, d->in, d->out) == -1) {
		log_note(PROGRAM, "fatal", "no memory for a session");
		session_free(&session);
		return EXIT_TEMPORARY;
	}
	session.submit.helper = d->helper;
	session_run(&session);
	*quit = session.end == SESSION_QUIT;
	if (*quit && d->keeps_helper)
		submit_part(&session.submit, &d->helper);
	else
		d->helper = (struct helper){.fd = -1}; /* session_free closes it */
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
	client->may_relay =
	    (d->settings.mode != SESSION_SUBMISSION && getenv("RELAYCLIENT") != NULL) ||
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

int
smtpd_serve_connection(struct smtpd *d)
{
	struct session_client client = {0};
	struct str problem;
	struct writer writer;
	bool quit, good;
	int code;

	keep_log_from_client(d);
	str_init(&problem, PROBLEM_MAX);
	good = smtpd_read_settings(d, &problem) == 0;
	if (good && smtpd_confine(d, false) == -1) {
		good = false;
		(void)str_format(&problem, "unable to fork: %s", strerror(errno));
	}
	if (!good) {
		writer_init(&writer, d->out, 512);
		writer.until = deadline_in_seconds(5);
		(void)respond(&writer, 421, "4.3.0", "Out of service; try again later");
		(void)writer_flush(&writer);
		die(PROGRAM, EXIT_TEMPORARY, "%s", problem.data);
	}
	str_free(&problem);
	find_client(d, &client);
	if (smtpd_take_proxy_header(d, &client) == -1)
		code = EXIT_DONE;
	else
		code = smtpd_run_session(d, &client, &quit);
	smtpd_end_confinement(d);
	return code;
}
