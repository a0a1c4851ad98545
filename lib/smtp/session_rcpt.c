/* SPDX-License-Identifier: ISC */
/* RCPT (RFC 5321, 4.1.1.3): who may be written to by whom. */
#include "base/fields.h"
#include "smtp/parameter.h"
#include "smtp/respond.h"
#include "smtp/session_command.h"

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
has_room(struct session *s, const struct command_path *path)
{
	(void)path;
	if (s->transaction.recipients >= s->settings->limits.message_recipients)
		return (struct verdict){452, "4.5.3", "Too many recipients"};
	return (struct verdict){0};
}

static struct verdict
whole_domain(struct session *s, const struct command_path *path)
{
	if (!session_is_qualified(s, path))
		return (struct verdict){554, "5.1.2", "That domain is not a whole one"};
	return (struct verdict){0};
}

/* Finds the route, which those behind look at. */
static struct verdict
is_known(struct session *s, const struct command_path *path)
{
	if (route_find_from(s->settings->routes, str_slice(&s->transaction.reverse_path),
		path->mailbox, &s->route) == -1 ||
	    s->route.kind == ROUTE_TEMPORARY ||
	    (s->route.kind == ROUTE_UNKNOWN && s->settings->routes_are_late))
		return (struct verdict){451, "4.3.0", "This recipient cannot be looked up now"};
	if (s->route.kind == ROUTE_UNKNOWN
		? !command_is_postmaster(path->mailbox)
		: s->route.is_ours && route_is_past_aliases(path->address.local))
		return session_rate_unknown(
		    s, (struct verdict){550, "5.1.1", "No such recipient here"});
	return (struct verdict){0};
}

static struct verdict
may_be_written_to(struct session *s, const struct command_path *path)
{
	if (session_is_trusted(s) || s->route.is_ours || command_is_postmaster(path->mailbox) ||
	    (s->route.is_relay && !is_address_within(path->address.local)))
		return (struct verdict){0};
	return (struct verdict){550, "5.7.1", "Relaying denied"};
}

/* The administrator's words are for those who could send mail there. */
static struct verdict
is_open(struct session *s, const struct command_path *path)
{
	const struct route *route = &s->route;

	(void)path;
	if (route->kind != ROUTE_ERROR)
		return (struct verdict){0};
	return (struct verdict){
	    route->code.data[0] == '4' ? 450 : 550, route->code.data, route->reason.data};
}

/* What may be against a recipient, in this order. */
static struct verdict (*const checks[])(struct session *s, const struct command_path *path) = {
    has_room,
    whole_domain,
    is_known,
    may_be_written_to,
    is_open,
    session_rate_recipient,
    session_policy_recipient,
};

static struct verdict
judge_recipient(struct session *s, const struct command_path *path)
{
	struct verdict verdict = {0};

	for (size_t i = 0; verdict.code == 0 && i < sizeof checks / sizeof checks[0]; i++)
		verdict = checks[i](s, path);
	return verdict;
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
	struct verdict verdict = judge_recipient(s, path);

	if (verdict.code != 0)
		session_refuse(s, verdict.code, verdict.status, verdict.text, path->mailbox);
	else if (add_recipient(s, path->mailbox, parameters) == -1)
		session_refuse(s, 451, "4.3.0", "No memory; try again later", path->mailbox);
	else
		(void)respond(&s->writer, 250, "2.1.5", "Ok");
}

void
session_rcpt(struct session *s, struct slice argument)
{
	struct command_path path;
	struct parameters parameters;
	enum command_result result;
	struct str full;
	unsigned offered = s->extended ? s->offered : 0;
	unsigned flags = s->transaction.is_utf8 ? ADDRESS_UTF8 : 0;

	if (!s->transaction.active || s->transaction.incoming.is_begun) {
		session_wrong(s, 503, "5.5.1",
		    s->transaction.active ? "The message has begun" : "Say MAIL first");
		return;
	}
	if (!s->transaction.is_utf8)
		offered &= ~(unsigned)EXTENSION_SMTPUTF8;
	if (s->settings->mode == SESSION_SUBMISSION)
		flags |= ADDRESS_BARE;
	str_init(&full, ADDRESS_PATH_MAX);
	result = command_forward_path(&argument, flags, &path);
	if (result == COMMAND_OK && session_qualify(s, &path, &full) == -1)
		result = COMMAND_ADDRESS;
	if (result == COMMAND_OK)
		result = parameter_parse_rcpt(argument, offered, &parameters);
	if (result != COMMAND_OK)
		session_wrong_syntax(s, result, "5.1.3");
	else
		take_recipient(s, &path, &parameters);
	str_wipe(&full);
}
