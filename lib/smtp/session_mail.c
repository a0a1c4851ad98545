/* SPDX-License-Identifier: ISC */
#include "base/fields.h"
#include "smtp/parameter.h"
#include "smtp/respond.h"
#include "smtp/session_command.h"

void
session_wrong(struct session *s, int code, const char *status, const char *text)
{
	s->errors++;
	(void)respond(&s->writer, code, status, "%s", text);
}

void
session_wrong_syntax(struct session *s, enum command_result result, const char *address_status)
{
	switch (result) {
	case COMMAND_ADDRESS:
		session_wrong(s, 501, address_status, "This is no address");
		break;
	case COMMAND_8BIT:
		session_wrong(s, 553, "5.6.7", "An address must be ASCII here");
		break;
	case COMMAND_UNKNOWN_PARAMETER:
		session_wrong(s, 555, "5.5.4", "There is a parameter that is not offered");
		break;
	case COMMAND_SYNTAX:
	case COMMAND_OK:
		session_wrong(s, 501, "5.5.4", "Wrong syntax; HELP shows the right one");
		break;
	}
}

void
session_refuse(struct session *s, int code, const char *status, const char *text, struct slice to)
{
	struct str reply;

	str_init(&reply, 512);
	(void)str_format(&reply, "%d %s %s", code, status, text);
	(void)respond(&s->writer, code, status, "%s", text);
	session_log_refused(s, reply.data, to);
	str_free(&reply);
}

static int
begin_transaction(struct session *s, struct slice reverse_path, const struct parameters *parameters)
{
	struct session_transaction *t = &s->transaction;

	session_reset(s);
	if (str_add_slice(&t->reverse_path, reverse_path) == -1 ||
	    fields_add(&t->envelope, 'F', reverse_path, '\0') == -1 ||
	    parameter_add_mail_fields(parameters, &t->envelope) == -1)
		return -1;
	t->active = true;
	return 0;
}

void
session_mail(struct session *s, struct slice argument)
{
	uint64_t size_max = s->settings->limits.message_size;
	struct command_path path;
	struct parameters parameters;
	enum command_result result;

	if (s->helo.len == 0 || s->transaction.active) {
		session_wrong(s, 503, "5.5.1",
		    s->helo.len == 0 ? "Say EHLO or HELO first" : "There is a sender already");
		return;
	}
	result = command_reverse_path(&argument, &path);
	if (result == COMMAND_OK)
		result = parameter_parse_mail(argument, s->extended ? s->offered : 0, &parameters);
	if (result != COMMAND_OK)
		session_wrong_syntax(s, result, "5.1.7");
	else if (size_max > 0 && parameters.size > size_max)
		session_refuse(s, 552, "5.3.4", "Message too large", slice_of(NULL));
	else if (begin_transaction(s, path.mailbox, &parameters) == -1)
		session_refuse(s, 451, "4.3.0", "No memory; try again later", slice_of(NULL));
	else
		(void)respond(&s->writer, 250, "2.1.0", "Ok");
}

struct verdict {
	int code;
	const char *status, *text;
};

static const struct verdict accepted = {250, "2.1.5", "Ok"};
static const struct verdict not_now = {451, "4.3.0", "This recipient cannot be looked up now"};
static const struct verdict unknown = {550, "5.1.1", "No such recipient here"};
static const struct verdict denied = {550, "5.7.1", "Relaying denied"};

/*
 * A stranger's recipient in relaydomains may not be an address within an address: we take "%" and
 * "!" for plain letters, but the host behind may not, and would relay what comes from us.
 */
static bool
is_address_within(struct slice local)
{
	return slice_find(local, '%') < local.len || slice_find(local, '!') < local.len ||
	       slice_find(local, '@') < local.len;
}

static struct verdict
judge_recipient(struct session *s, const struct command_path *path)
{
	const struct route *route = &s->route;

	if (route_find(s->settings->routes, path->mailbox, &s->route) == -1 ||
	    route->kind == ROUTE_TEMPORARY)
		return not_now;
	if (route->kind == ROUTE_UNKNOWN)
		return command_is_postmaster(path->mailbox) ? accepted : unknown;
	if (s->client.may_relay || route->is_ours || command_is_postmaster(path->mailbox))
		return accepted;
	if (!route->is_relay || is_address_within(path->address.local))
		return denied;
	return accepted;
}

static int
add_recipient(struct session *s, struct slice address, const struct parameters *parameters)
{
	struct session_transaction *t = &s->transaction;
	size_t before = t->envelope.len;

	if (fields_add(&t->envelope, 'T', address, '\0') == -1 ||
	    parameter_add_rcpt_fields(parameters, &t->envelope) == -1 ||
	    (t->recipients == 0 && str_add_slice(&t->first, address) == -1)) {
		str_truncate(&t->envelope, before);
		str_clear(&t->first);
		return -1;
	}
	t->recipients++;
	return 0;
}

static void
take_recipient(
    struct session *s, const struct command_path *path, const struct parameters *parameters)
{
	struct verdict verdict;

	if (s->transaction.recipients >= s->settings->limits.message_recipients) {
		session_refuse(s, 452, "4.5.3", "Too many recipients", path->mailbox);
		return;
	}
	verdict = judge_recipient(s, path);
	if (verdict.code != accepted.code)
		session_refuse(s, verdict.code, verdict.status, verdict.text, path->mailbox);
	else if (add_recipient(s, path->mailbox, parameters) == -1)
		session_refuse(s, 451, "4.3.0", "No memory; try again later", path->mailbox);
	else
		(void)respond(&s->writer, accepted.code, accepted.status, "%s", accepted.text);
}

void
session_rcpt(struct session *s, struct slice argument)
{
	struct command_path path;
	struct parameters parameters;
	enum command_result result;

	if (!s->transaction.active) {
		session_wrong(s, 503, "5.5.1", "Say MAIL first");
		return;
	}
	result = command_forward_path(&argument, &path);
	if (result == COMMAND_OK)
		result = parameter_parse_rcpt(argument, s->extended ? s->offered : 0, &parameters);
	if (result != COMMAND_OK)
		session_wrong_syntax(s, result, "5.1.3");
	else
		take_recipient(s, &path, &parameters);
}
