/* SPDX-License-Identifier: ISC */
#include <errno.h>
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

/* What is known of the client before it says anything. */
static void
find_client(struct smtpd *d, struct session_client *client)
{
	(void)peer_of_client(&client->peer, d->in);
	client->name = getenv("TCPREMOTEHOST");
	client->may_relay =
	    (d->settings.mode != SESSION_SUBMISSION && getenv("RELAYCLIENT") != NULL) ||
	    cidr_list_contains(&d->relay_hosts, client->peer.address);
}

/* On already, as who accepted the connection says; or to be had from there. */
static void
find_tls(struct smtpd *d, struct session_client *client)
{
	if (ucspi_tls_from_environment(&d->ucspi_tls))
		d->settings.ucspi_tls = &d->ucspi_tls;
	else
		tls_info_from_environment(&client->tls);
}

int
smtpd_serve_connection(struct smtpd *d)
{
	struct session_client client = {0};
	struct str problem;
	struct writer writer;
	bool quit, good;
	int code;

	log_keep_from(d->out);
	str_init(&problem, PROBLEM_MAX);
	good = smtpd_read_settings(d, &problem) == 0;
	if (good && smtpd_confine(d, false, NULL) == -1) {
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
	find_tls(d, &client);
	if (smtpd_take_proxy_header(d, &client) == -1)
		code = EXIT_DONE;
	else
		code = smtpd_run_session(d, &client, &quit);
	smtpd_end_confinement(d);
	return code;
}
