/* SPDX-License-Identifier: ISC */
#include "base/fields.h"
#include "smtp/parameter.h"
#include "smtp/respond.h"
#include "smtp/session_command.h"

void
session_wrong(struct session *s, int code, const char *status, const char *text)
{
	s->errors++;
	session_tarpit(s);
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
		session_wrong(s, 553, "5.6.7", "An address must be ASCII, or UTF-8 with SMTPUTF8");
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
	struct slice me = code == 421 ? routes_me(s->settings->routes) : slice_of(NULL);
	struct str reply;

	str_init(&reply, 512);
	(void)str_format(&reply, "%d %s %s", code, status, text);
	if (code >= 500)
		session_tarpit(s);
	/* 421 has the host's name in front (4.2.3), and ends the session */
	(void)respond(&s->writer, code, status, "%.*s%s%s", (int)me.len, me.data,
	    me.len > 0 ? " " : "", text);
	if (code == 421)
		s->end = SESSION_REFUSED;
	session_log_refused(s, reply.data, to);
	str_free(&reply);
}

static struct verdict
need_login(struct session *s, const struct command_path *path)
{
	(void)path;
	if (s->settings->mode == SESSION_SUBMISSION && !session_is_trusted(s))
		return (struct verdict){530, "5.7.0", "Authentication required"};
	return (struct verdict){0};
}

static struct verdict
whole_domain(struct session *s, const struct command_path *path)
{
	if (!session_is_qualified(s, path))
		return (struct verdict){554, "5.1.8", "That domain is not a whole one"};
	return (struct verdict){0};
}

static struct verdict
own_sender(struct session *s, const struct command_path *path)
{
	if (!session_may_send_as(s, path->mailbox))
		return (struct verdict){553, "5.7.1", "This is no address of yours"};
	return (struct verdict){0};
}

/* What may be against a sender, in this order. */
static struct verdict (*const checks[])(struct session *s, const struct command_path *path) = {
    need_login,
    whole_domain,
    own_sender,
    session_rate_message,
};

static struct verdict
judge_sender(struct session *s, const struct command_path *path)
{
	struct verdict verdict = {0};

	for (size_t i = 0; verdict.code == 0 && i < sizeof checks / sizeof checks[0]; i++)
		verdict = checks[i](s, path);
	return verdict;
}

/* No stranger may have his messages go before those of others (RFC 6710, 4.1). */
static bool
lower_priority(const struct session *s, struct parameters *parameters)
{
	bool is_lowered = parameters->priority > 0 && !session_is_trusted(s);

	if (is_lowered)
		parameters->priority = 0;
	return is_lowered;
}

static int
begin_transaction(struct session *s, struct slice reverse_path, const struct parameters *parameters)
{
	struct session_transaction *t = &s->transaction;

	session_reset(s);
	if (str_add_slice(&t->reverse_path, reverse_path) == -1 ||
	    fields_add(&t->envelope, 'F', reverse_path, '\0') == -1 ||
	    parameter_add_mail_fields(parameters, clock_wall_seconds(), &t->envelope) == -1)
		return -1;
	t->active = true;
	t->is_utf8 = parameters->is_utf8;
	t->priority = parameters->priority;
	t->size = parameters->size;
	t->body = parameters->body.len > 0 ? parameters->body.data : ""; /* a constant's */
	return 0;
}

/* What several parameters, or one and a limit, say together; replies where it will not do. */
static bool
is_possible(struct session *s, const struct parameters *p)
{
	const struct limits *limits = &s->settings->limits;
	int64_t now = clock_wall_seconds(), hold = p->hold_seconds;

	if (p->hold_until > 0)
		hold = p->hold_until > now ? p->hold_until - now : 0;
	if (limits->message_size > 0 && p->size > limits->message_size)
		session_refuse(s, 552, "5.3.4", "Message too large", slice_of(NULL));
	else if (hold > (int64_t)limits->future_release)
		session_wrong(s, 501, "5.5.4", "Messages are not held for so long");
	else if (hold > 0 && p->by_mode != NULL && hold > p->by_seconds) /* RFC 4865, 5.2.2 */
		session_wrong(s, 501, "5.5.4", "It would be late before it is released");
	else if (p->by_mode != NULL && p->by_mode[0] == 'R' &&
		 p->by_seconds < (int64_t)limits->deliver_by_minimum) /* RFC 2852, 3 */
		session_refuse(
		    s, 555, "5.5.4", "That is too soon to be delivered by", slice_of(NULL));
	else
		return true;
	return false;
}

static enum command_result
parse_mail(struct session *s, struct slice argument, struct command_path *path,
    struct parameters *parameters)
{
	bool is_submission = s->settings->mode == SESSION_SUBMISSION;
	enum command_result result = command_reverse_path(
	    &argument, ADDRESS_UTF8 | (is_submission ? ADDRESS_BARE : 0), path);

	*parameters = (struct parameters){.is_utf8 = false};
	if (result == COMMAND_OK)
		result = parameter_parse_mail(argument, s->extended ? s->offered : 0, parameters);
	/* RFC 6531, 3.5 */
	if (!parameters->is_utf8 && !slice_is_ascii(path->mailbox))
		return COMMAND_8BIT;
	return result;
}

/* What was said is right as such. */
static void
take_sender(struct session *s, const struct command_path *path, struct parameters *parameters)
{
	struct verdict verdict;
	bool is_lowered;

	session_judge_submitter(s, parameters);
	verdict = judge_sender(s, path);
	if (verdict.code != 0) {
		session_refuse(s, verdict.code, verdict.status, verdict.text, slice_of(NULL));
		return;
	}
	if (!is_possible(s, parameters))
		return;
	is_lowered = lower_priority(s, parameters);
	if (begin_transaction(s, path->mailbox, parameters) == -1)
		session_refuse(s, 451, "4.3.0", "No memory; try again later", slice_of(NULL));
	else if (is_lowered)
		(void)respond(
		    &s->writer, 250, "2.3.6", "0 is the priority of a stranger's message");
	else
		(void)respond(&s->writer, 250, "2.1.0", "Ok");
}

void
session_mail(struct session *s, struct slice argument)
{
	struct command_path path;
	struct parameters parameters;
	enum command_result result;
	struct str full;

	if (s->helo.len == 0 || s->transaction.active) {
		session_wrong(s, 503, "5.5.1",
		    s->helo.len == 0 ? "Say EHLO or HELO first" : "There is a sender already");
		return;
	}
	str_init(&full, ADDRESS_PATH_MAX);
	result = parse_mail(s, argument, &path, &parameters);
	if (result == COMMAND_OK && session_qualify(s, &path, &full) == -1)
		result = COMMAND_ADDRESS;
	if (result == COMMAND_OK)
		take_sender(s, &path, &parameters);
	else
		session_wrong_syntax(s, result, "5.1.7");
	str_wipe(&full);
}
