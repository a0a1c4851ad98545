/* SPDX-License-Identifier: ISC */
/* TLS: whether, when, and with whom. */
#include <stdio.h>
#include <string.h>

#include "base/die.h"
#include "send_parts.h"

/* The name that a certificate is to be for. */
static const char *
name_of(const struct sending *s)
{
	const char *name = s->settings->tls_name;

	return name != NULL ? name : s->link.server->name;
}

static void
require(const struct sending *s, struct tls_requirement *r)
{
	const char *name = name_of(s);

	tls_requirement_init(r);
	if (*name != '\0' && tls_requirement_add_name(r, slice_of(name)) == 0)
		(void)snprintf(r->sni, sizeof r->sni, "%s",
		    s->settings->tls_name != NULL ? name : s->link.server->sni);
	else if (s->settings->tls_name != NULL)
		die(PROGRAM, PROBE_USAGE, "--tls-name takes a host name, not '%s'", name);
	if (!s->settings->must_verify)
		return;
	if (r->name_count == 0)
		die(PROGRAM, PROBE_USAGE,
		    "--verify: by which name is %s known? Give it with --tls-name",
		    s->link.server->where);
	r->level = TLS_LEVEL_VERIFY;
}

/* "TLSv1.3", and what the certificate is worth, which no result of this command depends on. */
static void
add_finding(struct sending *s)
{
	const struct tls_finding *finding = &s->link.finding;
	struct result *res = report_add(&s->probe->report, "tls", FACT, PLAIN);

	result_value(res, "%s", finding->protocol);
	if (finding->proof == TLS_PROOF_NONE)
		result_text(res, "%s %s; it is not sure who the server is%s%s", finding->protocol,
		    finding->cipher, finding->problem.len > 0 ? ": " : "", finding->problem.data);
	else
		result_text(res, "%s %s, with a certificate for %s", finding->protocol,
		    finding->cipher, name_of(s));
}

static void
use_certificate(struct sending *s)
{
	const struct send_settings *o = s->settings;
	struct tls_client *client = probe_tls_client(s->probe);
	struct str problem;

	if (o->certificate == NULL)
		return;
	str_init(&problem, 1000);
	if (tls_client_use_certificate(client, o->certificate, o->key, &problem) == -1)
		die(PROGRAM, PROBE_USAGE, "--cert: %s", problem.data);
	str_free(&problem);
}

bool
send_shake_hands(struct sending *s, const char *id)
{
	struct link *l = &s->link;
	bool is_starttls = strcmp(id, "starttls") == 0;
	struct tls_requirement r;

	use_certificate(s);
	require(s, &r);
	if (is_starttls)
		(void)link_starttls(l, &r);
	else
		(void)link_secure(l, &r);
	tls_requirement_free(&r);
	if (l->answer == UNSECURED) /* as it is wanted: no other answer can be hoped for */
		result_text(send_add_no(s, id, PROBLEM), "%s", l->words.data);
	if (l->answer == UNSECURED)
		return false;
	if (l->tls == NULL)
		return send_add(s, id, NULL, ASK_STARTTLS);
	if (is_starttls)
		result_took(report_add(&s->probe->report, id, YES, PLAIN), l->ms);
	add_finding(s);
	return true;
}

bool
send_secure(struct sending *s)
{
	struct link *l = &s->link;
	enum probe_tls mode = s->probe->tls;
	bool is_offered = (l->client.extensions & CLIENT_STARTTLS) != 0;
	bool is_wanted = mode == PROBE_TLS_STARTTLS || s->settings->must_verify;

	if (l->tls != NULL || mode == PROBE_TLS_OFF || (!is_offered && !is_wanted))
		return true;
	if (!is_offered && !s->settings->is_forced) {
		struct result *res = send_add_no(s, "starttls", PROBLEM);

		result_text(res, "It does not offer STARTTLS, and --tls or --verify wants it.");
		result_source(res, "RFC 3207, 4");
		return false;
	}
	if (!send_shake_hands(s, "starttls"))
		return false;
	(void)link_hello(l);
	return send_add(s, "ehlo", NULL, ASK_HELLO);
}
