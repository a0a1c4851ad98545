/* SPDX-License-Identifier: ISC */
#include "send.h"

#include <string.h>

#include "base/die.h"
#include "net/sasl_client.h"
#include "send_parts.h"
#include "send_secret.h"

bool
send_goes_on(const struct sending *s, enum send_step next)
{
	return !s->settings->stops || next <= s->settings->last;
}

bool
send_add(struct sending *s, const char *id, const char *about, enum question asked)
{
	const struct link *l = &s->link;
	struct judgement j = judge_reply(l->answer, &l->client.reply, asked);
	struct result *res =
	    report_add(&s->probe->report, id, j.verdict, j.verdict == YES ? PLAIN : PROBLEM);

	if (about != NULL)
		result_about(res, "%s", about);
	result_took(res, l->ms);
	if (l->answer == ANSWERED)
		result_reply(res, str_slice(&l->words));
	else
		result_text(res, "%s", l->words.data);
	if (j.verdict == YES) {
		result_value(res, "%d", l->client.reply.code);
		return true;
	}
	result_value(res, "%s", judge_word(j.cause));
	if (l->answer == ANSWERED)
		result_text(res, "%s", judge_sentence(j.cause));
	if (judge_advice(j.cause) != NULL)
		result_advice(res, "%s", judge_advice(j.cause));
	return false;
}

struct result *
send_add_no(struct sending *s, const char *id, enum weight weight)
{
	return report_add(&s->probe->report, id, NO, weight);
}

enum reaching {
	REACH_NEXT, /* the server takes no session now: another may */
	REACH_STOP, /* that was all that was wanted */
	REACH_GO,
};

/* Connection, TLS where it comes first, and the greeting. */
static enum reaching
reach(struct sending *s, const struct server *server)
{
	struct link *l = &s->link;

	if (link_open(l, server) != ANSWERED) {
		(void)send_add(s, "connect", NULL, ASK_GREETING);
		return REACH_NEXT;
	}
	result_took(report_add(&s->probe->report, "connect", YES, PLAIN), l->ms);
	if (!send_goes_on(s, SEND_GREETING))
		return REACH_STOP;
	if (server->is_implicit && !send_shake_hands(s, "tls"))
		return REACH_NEXT;
	(void)link_greet(l);
	return send_add(s, "greeting", NULL, ASK_GREETING) ? REACH_GO : REACH_NEXT;
}

static bool
introduce(struct sending *s)
{
	struct result *res;

	(void)link_hello(&s->link);
	if (strcmp(s->link.step, "XCLIENT") != 0)
		return send_add(s, "ehlo", NULL, ASK_HELLO);
	res = report_add(&s->probe->report, "ehlo", UNKNOWN, PROBLEM);
	result_reply(res, str_slice(&s->link.words));
	result_text(res, "It takes no XCLIENT of this host, so that nothing more is asked.");
	return false;
}

/* As far as it is to go. */
static void
converse(struct sending *s)
{
	if (!send_goes_on(s, SEND_EHLO) || !introduce(s))
		return;
	if (!send_goes_on(s, SEND_STARTTLS) || !send_secure(s))
		return;
	if (!send_goes_on(s, SEND_AUTH) || !send_log_in(s))
		return;
	if (!send_goes_on(s, SEND_MAIL) || !send_is_possible(s) || !send_ask(s))
		return;
	if (send_goes_on(s, SEND_DATA))
		send_deliver(s);
}

/* Politely where that is possible: QUIT, and the reply to it. */
static void
leave(struct sending *s)
{
	struct link *l = &s->link;

	if (link_is_open(l) && l->answer != TIMED_OUT)
		(void)link_say(l, "QUIT");
	link_drop(l);
}

/* True if this server was reached: no other is tried. */
static bool
try_server(struct sending *s, const struct server *server)
{
	struct report *r = &s->probe->report;
	enum reaching reaching;

	report_begin_server(r, server->name, server->where);
	report_progress(r, "sending to %s", server->where);
	reaching = reach(s, server);
	if (reaching == REACH_GO)
		converse(s);
	report_reached(r, reaching == REACH_STOP ? REACHED : link_reached(&s->link));
	leave(s);
	return reaching != REACH_NEXT;
}

/* A server that could not be reached does not matter once another took its place (RFC 5321, 5.1).
 */
static void
forgive(struct sending *s, const struct servers *servers, size_t reached)
{
	struct report *r = &s->probe->report;

	for (size_t i = 0; i < reached; i++) {
		struct result *res;

		report_begin_server(r, servers->list[i].name, servers->list[i].where);
		res = report_find(r, "greeting");
		if (res == NULL)
			res = report_find(r, "connect");
		if (res != NULL)
			result_judge(res, res->verdict, PLAIN);
	}
}

static void
try_servers(struct sending *s, const struct servers *servers)
{
	for (size_t i = 0; i < servers->count; i++)
		if (try_server(s, &servers->list[i])) {
			forgive(s, servers, i);
			return;
		}
}

static void
check(const struct send_settings *o)
{
	const char *wrong = NULL;

	if (o->to_count == 0 && !(o->stops && o->last < SEND_RCPT))
		wrong = "--to is missing";
	else if (o->raw != NULL && o->template != NULL)
		wrong = "--raw and --template are two messages";
	else if ((o->raw != NULL || o->template != NULL) &&
		 (o->field_count > 0 || o->attachment_count > 0 || o->encoding != SEND_AS_NEEDED))
		wrong = "--header, --attach and --encoding are for a message that is composed here";
	else if (o->raw != NULL && (o->body != NULL || o->subject != NULL))
		wrong = "--raw is a whole message: --body and --subject have no place in it";
	else if (o->declared != NULL && strcasecmp(o->declared, "binarymime") == 0 && !o->uses_bdat)
		wrong = "BINARYMIME is sent by --bdat alone";
	else if (o->encoding == SEND_BINARY && !o->uses_bdat)
		wrong = "--encoding binary is sent by --bdat alone";
	else if (o->has_secret && o->login == NULL)
		wrong = "--login is missing: whose password is it?";
	else if (o->key != NULL && o->certificate == NULL)
		wrong = "--cert is missing: whose key is it?";
	if (wrong != NULL)
		die(PROGRAM, PROBE_USAGE, "%s. Try '%s send --help'.", wrong, PROGRAM);
}

/* One that is given is taken from where it lies in any case; EXTERNAL has none. */
static bool
wants_secret(const struct sending *s)
{
	const struct send_settings *o = s->settings;

	return o->has_secret || (o->login != NULL && send_goes_on(s, SEND_AUTH) &&
				    o->mechanisms != sasl_client_bit(slice_of("EXTERNAL")));
}

void
send_run(struct probe *p, const struct target *target, char **operands, int count)
{
	struct sending s = {.probe = p, .settings = &p->send};
	struct servers servers;

	(void)operands;
	(void)count;
	check(&p->send);
	str_init(&s.from, 2000);
	str_init(&s.message, SEND_MESSAGE_MAX);
	send_compose(&s, target);
	if (wants_secret(&s))
		send_secret_read(p, &s.secret);
	else
		str_init(&s.secret, 1);
	servers_find(p, target, &servers);
	link_init(&s.link, p);
	try_servers(&s, &servers);
	if (servers.count == 0)
		report_reached(&p->report, servers.result == DNS_TEMPORARY ? NOT_TOLD : NO_HOST);
	link_free(&s.link);
	servers_free(&servers);
	str_wipe(&s.secret);
	hidden_free(&p->report.hidden); /* each result is without it already */
	str_free(&s.message);
	str_free(&s.from);
}
