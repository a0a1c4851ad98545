/* SPDX-License-Identifier: ISC */
/* What the files of smtpd share: the settings, and a single connection. */
#ifndef SMTPD_H
#define SMTPD_H

#include <signal.h>

#include "base/executor.h"
#include "base/str.h"
#include "conf/asking.h"
#include "conf/cidr.h"
#include "conf/route.h"
#include "conf/routes_stamp.h"
#include "net/ucspi_tls.h"
#include "smtp/session.h"

#define PROGRAM "smtpd"
#define PROBLEM_MAX ((size_t)4096)

struct smtpd {
	struct session_settings settings;
	struct routes *routes;
	struct routes_watch routes_watch;
	struct asking asking;
	struct cidr_list relay_hosts, proxies, xclient_hosts;
	struct table senders, relay_certificates;
	struct tally tally;
	int in, out;		    /* of a single connection */
	struct ucspi_tls ucspi_tls; /* the same */
	struct policy policy;
	/* to enqueue, from one session of this process to the next; fd -1 when there is none */
	struct helper helper;
	bool keeps_helper;
	bool is_confined; /* the control file confinement does not say "none" */
	struct executor executor;
};

/* Reads the control files and DATABYTES. 0, or -1 with what is wrong in PROBLEM. */
int smtpd_read_settings(struct smtpd *d, struct str *problem);
/*
 * For a server: reads the tables of routes again where they have changed, if nobody has looked for
 * MS milliseconds.
 */
void smtpd_refresh_routes(struct smtpd *d, int64_t ms);
void smtpd_free_settings(struct smtpd *d);

/* A session on in and out: the exit code. *quit: it ended in good order. */
int smtpd_run_session(struct smtpd *d, const struct session_client *client, bool *quit);
/*
 * The same for a connection that somebody else accepted (tcpserver, inetd, systemd): reads the
 * settings and finds out who the client is.
 */
int smtpd_serve_connection(struct smtpd *d);

/*
 * For a connection from a host of the control file proxies: CLIENT becomes who its header says. 0,
 * or -1 if there is to be no session, which is logged.
 */
int smtpd_take_proxy_header(struct smtpd *d, struct session_client *client);

/*
 * Before the first octet from the network is read, and after all that needs more rights: confines
 * this process and, SERVING, its children. What the kernel lacks is left out, and logged for a
 * server. What will be executed has the signal mask MASK, or if that is null the present one. 0, or
 * -1 with errno if no executor can be had.
 */
int smtpd_confine(struct smtpd *d, bool serving, const sigset_t *mask);
/* After a single connection: waits for what was executed for it. */
void smtpd_end_confinement(struct smtpd *d);

#endif
