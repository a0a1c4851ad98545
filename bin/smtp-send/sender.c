/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/die.h"
#include "base/io.h"
#include "conf/control.h"
#include "conf/mx_port.h"
#include "send.h"
#include "spool/tls_counts.h"

#define NAME_MAX_OCTETS ((size_t)255)

/* The first line of a control file, or nothing. */
static void
setting(const struct control *c, const char *name, struct str *value)
{
	if (control_line(c, name, value) == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to read %s/%s", c->path, name);
}

static void
read_names(struct sender *s, const struct control *c)
{
	if (control_me(c, &s->me) == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to read %s/me", c->path);
	setting(c, "helo", &s->helo);
	if (s->helo.len == 0 && str_add_slice(&s->helo, str_slice(&s->me)) == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to keep the host name");
	if (slice_has_control(str_slice(&s->helo)) ||
	    slice_find(str_slice(&s->helo), ' ') < s->helo.len)
		die(PROGRAM, EXIT_PERMANENT, "%s/helo is no host name", c->path);
}

static void
read_port(struct sender *s, const struct control *c, struct str *text)
{
	str_clear(text);
	if (mx_port_read(c, &s->mx_port, text) == 0)
		return;
	if (errno == EINVAL)
		die(PROGRAM, EXIT_PERMANENT, "%s/%s", c->path, text->data);
	die_errno(PROGRAM, EXIT_TEMPORARY, "unable to read %s/mxport", c->path);
}

static void
open_dns(struct sender *s, const struct control *c, struct str *text)
{
	str_clear(text);
	s->dns = dns_open_configured(c, text);
	if (s->dns == NULL && errno == EINVAL)
		die(PROGRAM, EXIT_PERMANENT, "%s/%s", c->path, text->data);
	if (s->dns == NULL)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to set up the resolver");
}

static void
open_tls_policy(struct sender *s, const struct control *c, struct str *text)
{
	str_clear(text);
	s->tls_policy = tls_policy_open(c, s->dns, text);
	if (s->tls_policy == NULL && errno == EINVAL)
		die(PROGRAM, EXIT_PERMANENT, "%s/%s", c->path, text->data);
	if (s->tls_policy == NULL)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to read %s/tlspolicy", c->path);
}

static void
read_addresses(struct sender *s, const struct control *c, struct str *text)
{
	str_clear(text);
	if (sources_read(&s->sources, c, text) == 0 &&
	    cidr_list_read(c, "ownaddresses", &s->own, text) != -1)
		return;
	if (errno == EINVAL)
		die(PROGRAM, EXIT_PERMANENT, "%s/%s", c->path, text->data);
	die_errno(
	    PROGRAM, EXIT_TEMPORARY, "unable to read sendfrom or ownaddresses in %s", c->path);
}

static void
open_secure(struct sender *s, const struct control *c, struct str *text)
{
	str_clear(text);
	if (secure_open(&s->secure, c, text) == 0)
		return;
	if (errno == EINVAL)
		die(PROGRAM, EXIT_PERMANENT, "%s/%s", c->path, text->data);
	die_errno(PROGRAM, EXIT_TEMPORARY, "unable to read %s/tlsclient", c->path);
}

/*
 * A user who is not to know them may yet send from the command line, where he needs none; for a
 * worker it is an error (worker_run).
 */
static void
read_credentials(struct sender *s, const struct control *c, struct str *text)
{
	str_clear(text);
	if (credentials_read(&s->credentials, c, text) == 0)
		return;
	if (errno == EPERM)
		die(PROGRAM, EXIT_PERMANENT, "%s/credentials: others may read it; chmod 600",
		    c->path);
	if (errno == EINVAL)
		die(PROGRAM, EXIT_PERMANENT, "%s/%s", c->path, text->data);
	s->has_no_credentials = errno == EACCES;
	if (!s->has_no_credentials)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to read %s/credentials", c->path);
}

void
sender_open(struct sender *s)
{
	struct control c;
	struct str text;

	*s = (struct sender){.turned_fd = -1, .outcomes_fd = -1};
	str_init(&text, 65536);
	str_init(&s->me, NAME_MAX_OCTETS);
	str_init(&s->helo, NAME_MAX_OCTETS);
	str_init(&s->destination, 1000);
	str_init(&s->relay, 400);
	str_init(&s->hello, NAME_MAX_OCTETS);
	if (control_open(&c) == -1)
		die(PROGRAM, EXIT_TEMPORARY, CONTROL_UNOPENED, c.path, strerror(errno),
		    control_advice(errno));
	limits_default(&s->limits);
	if (limits_read(&s->limits, &c, &text) == -1) {
		if (errno == EINVAL)
			die(PROGRAM, EXIT_PERMANENT, "%s/limits: %s", c.path, text.data);
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to read %s/limits", c.path);
	}
	read_names(s, &c);
	read_port(s, &c, &text);
	read_addresses(s, &c, &text);
	open_dns(s, &c, &text);
	open_tls_policy(s, &c, &text);
	open_secure(s, &c, &text);
	read_credentials(s, &c, &text);
	s->counts_tls = c.fd != -1 && faccessat(c.fd, TLS_COUNTS_FOLDER, F_OK, 0) == 0;
	if (client_init(&s->client) == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to begin");
	control_close(&c);
	str_free(&text);
}

void
sender_close(struct sender *s)
{
	io_close(s->turned_fd);
	client_quit(&s->client);
	client_free(&s->client);
	secure_close(&s->secure);
	credentials_free(&s->credentials);
	tls_policy_close(s->tls_policy);
	dns_close(s->dns);
	str_free(&s->me);
	str_free(&s->helo);
	str_free(&s->destination);
	str_free(&s->relay);
	str_free(&s->hello);
	sources_free(&s->sources);
	cidr_list_free(&s->own);
}
