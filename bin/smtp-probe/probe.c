/* SPDX-License-Identifier: ISC */
#include "probe.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "base/die.h"
#include "conf/mx_port.h"

#define TIMEOUT_DEFAULT 30
#define PACE_DEFAULT_MS 100

void
probe_no_memory(void)
{
	die(PROGRAM, UNKNOWN, "out of memory");
}

void
probe_init(struct probe *p)
{
	*p = (struct probe){.timeout = TIMEOUT_DEFAULT,
	    .pace_ms = PACE_DEFAULT_MS,
	    .connections = UINT64_MAX,
	    .transcript = -1};
	str_init(&p->helo, 255);
	str_init(&p->servers, 4096);
	report_init(&p->report);
}

/* The control directory need not be there, nor be readable to everybody. */
void
probe_begin(struct probe *p)
{
	struct str line;

	if (p->no_four && p->no_six)
		p->no_four = p->no_six = false; /* both were asked for */
	str_init(&line, 4096);
	p->has_control = control_open(&p->control) == 0;
	p->mx_port = MX_PORT;
	if (p->has_control)
		(void)mx_port_read(&p->control, &p->mx_port, &line);
	str_clear(&line);
	if (p->has_control && p->helo.len == 0 && control_line(&p->control, "helo", &line) == 1)
		(void)str_add_slice(&p->helo, str_slice(&line));
	if (p->helo.len == 0 && p->has_control && control_me(&p->control, &p->helo) == -1)
		str_clear(&p->helo);
	if (p->helo.len == 0 && str_add_text(&p->helo, "localhost") == -1)
		probe_no_memory();
	str_free(&line);
}

/* Those of --server; whom to believe is the control directory's word all the same. */
static struct dns *
open_named(struct probe *p, struct str *problem)
{
	enum dns_trust trust = DNS_TRUST_OWN;
	struct dns *dns = dns_open(str_slice(&p->servers));

	if (dns == NULL && errno == EINVAL)
		die(PROGRAM, PROBE_USAGE, "not a list of DNS servers: %s", p->servers.data);
	if (dns == NULL)
		return NULL;
	if (p->has_control && dns_trust_read(&p->control, &trust, problem) == 0)
		dns_trust(dns, trust);
	return dns;
}

struct dns *
probe_dns(struct probe *p)
{
	struct str problem;

	if (p->dns != NULL)
		return p->dns;
	str_init(&problem, 1000);
	if (p->servers.len > 0)
		p->dns = open_named(p, &problem);
	else if (p->has_control)
		p->dns = dns_open_configured(&p->control, &problem);
	/* what is wrong there, or not to be read, is no reason to know nothing */
	if (p->dns == NULL && p->servers.len == 0)
		p->dns = dns_open(slice_of(""));
	if (p->dns == NULL)
		die_errno(PROGRAM, UNKNOWN, "unable to set up the resolver");
	str_free(&problem);
	return p->dns;
}

struct tls_client *
probe_tls_client(struct probe *p)
{
	struct str problem;

	if (p->tls_client != NULL)
		return p->tls_client;
	str_init(&problem, 1000);
	p->tls_client = tls_client_open(&p->control, &problem);
	if (p->tls_client == NULL && errno == EINVAL)
		die(PROGRAM, UNKNOWN, "unable to set up TLS: %s", problem.data);
	if (p->tls_client == NULL)
		die_errno(PROGRAM, UNKNOWN, "unable to set up TLS");
	tls_client_look(p->tls_client);
	str_free(&problem);
	return p->tls_client;
}

void
probe_end(struct probe *p)
{
	tls_end(p);
	if (p->tls_client != NULL)
		tls_client_close(p->tls_client);
	if (p->dns != NULL)
		dns_close(p->dns);
	if (p->has_control)
		control_close(&p->control);
	if (p->transcript > STDERR_FILENO)
		(void)close(p->transcript);
	pace_free(&p->paces);
	str_free(&p->helo);
	str_free(&p->servers);
}
