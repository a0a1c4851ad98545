/* SPDX-License-Identifier: ISC */
/* AUTH: whether this server may be told the secret, and what it says to it. */
#include "judge.h"
#include "net/endpoint.h"
#include "net/sasl_client.h"
#include "send_parts.h"
#include "smtp/client_auth.h"

/* What works by a password; the others are for a token or a certificate, and are named. */
#define BY_PASSWORD \
	"SCRAM-SHA-256-PLUS SCRAM-SHA-256 SCRAM-SHA-1-PLUS SCRAM-SHA-1 CRAM-MD5 PLAIN LOGIN"

static bool
is_local(const struct server *server)
{
	return server->target->kind == TARGET_PIPE || server->address.ss_family == AF_UNIX;
}

/* A secret is told only to who has shown who it is, as smtp-send has it. */
static bool
may_tell(struct sending *s)
{
	const struct link *l = &s->link;
	struct result *res;

	if (s->settings->is_insecure || is_local(l->server) || s->secret.len == 0 ||
	    (l->tls != NULL && l->finding.proof != TLS_PROOF_NONE))
		return true;
	res = report_add(&s->probe->report, "login", UNKNOWN, PROBLEM);
	result_text(res, "Not tried: %s.",
	    l->tls == NULL ? "there is no TLS, and anybody could read the password"
			   : "it is not sure who the server is");
	result_advice(res, "%s",
	    l->tls == NULL
		? "Use TLS; or tell it the password all the same with --insecure."
		: "Give the name in its certificate with --tls-name; or tell it the password all "
		  "the same with --insecure.");
	return false;
}

static void
look_at_channel(const struct link *l, struct sasl_conditions *conditions, struct tls_bindings *b)
{
	*conditions = (struct sasl_conditions){.is_encrypted = l->tls != NULL};
	if (l->tls == NULL)
		return;
	tls_client_bindings(l->tls, b);
	conditions->exporter = slice_make((char *)b->exporter, b->exporter_length);
	conditions->end_point = slice_make((char *)b->end_point, b->end_point_length);
}

/* The server's words; where they quote the secret, the outcome does not. */
static void
add_refusal(struct sending *s, enum client_auth_result result, const struct client_outcome *outcome)
{
	struct link *l = &s->link;
	enum answer answer = !link_is_open(l) ? LOST : ANSWERED;
	struct judgement j = judge_reply(answer, &l->client.reply, ASK_AUTH);
	struct result *res;

	if (result == CLIENT_AUTH_NONE)
		j = (struct judgement){NO, CAUSE_AUTH};
	else if (j.verdict == YES) /* it said so, but not that it knows the password */
		j = (struct judgement){NO, CAUSE_BAD_AUTH};
	res = report_add(&s->probe->report, "login", j.verdict, PROBLEM);
	result_text(res, "%s", outcome->reply.data);
	result_took(res, l->ms);
	if (result == CLIENT_AUTH_NONE && l->tls == NULL) {
		result_value(res, "none");
		result_advice(res, "Many servers offer it under TLS alone: leave --tls off away.");
		return;
	}
	result_value(res, "%s", result == CLIENT_AUTH_NONE ? "none" : judge_word(j.cause));
	if (result != CLIENT_AUTH_NONE && judge_advice(j.cause) != NULL)
		result_advice(res, "%s", judge_advice(j.cause));
}

/* The user's name in it is nothing to hide. */
static void
hide(void *context, struct slice response)
{
	struct sending *s = context;

	if (s->secret.len > 0 &&
	    hidden_add_said(&s->probe->report.hidden, response, slice_of(s->settings->login)) == -1)
		probe_no_memory();
}

static enum client_auth_result
log_in(struct sending *s, const char **tried, struct client_outcome *outcome)
{
	struct link *l = &s->link;
	const struct send_settings *o = s->settings;
	struct tls_bindings bindings;
	enum client_auth_result result;
	struct client_login login = {.tried = tried,
	    .mechanisms =
		o->mechanisms != 0 ? o->mechanisms : sasl_client_bits(slice_of(BY_PASSWORD)),
	    .watch = hide,
	    .context = s,
	    .account = {.login = slice_of(o->login),
		.secret = str_slice(&s->secret),
		.host = slice_of(l->server->name),
		.port = l->server->port}};

	look_at_channel(l, &login.conditions, &bindings);
	if (hidden_add(&s->probe->report.hidden, str_slice(&s->secret)) == -1)
		probe_no_memory();
	link_step(l, "AUTH");
	result = client_auth(&l->client, &login, outcome);
	(void)link_end_step(l, link_is_open(l) ? ANSWERED : LOST, NULL);
	return result;
}

bool
send_log_in(struct sending *s)
{
	const struct send_settings *o = s->settings;
	enum client_auth_result result;
	struct client_outcome outcome;
	const char *tried = "";

	if (o->login == NULL && o->mechanisms == 0)
		return true;
	if (!may_tell(s))
		return false;
	client_outcome_init(&outcome);
	result = log_in(s, &tried, &outcome);
	if (result == CLIENT_AUTH_DONE) {
		struct result *res = report_add(&s->probe->report, "login", YES, PLAIN);

		result_value(res, "%s", tried);
		result_reply(res, str_slice(&s->link.words));
		result_took(res, s->link.ms);
	} else {
		add_refusal(s, result, &outcome);
	}
	client_outcome_free(&outcome);
	return result == CLIENT_AUTH_DONE;
}
