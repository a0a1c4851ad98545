/* SPDX-License-Identifier: ISC */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "smtp/client_session.h"

void
client_outcome_init(struct client_outcome *o)
{
	*o = (struct client_outcome){.status = CLIENT_TEMPORARY, .code = "4.0.0"};
	str_init(&o->reply, CLIENT_REPLY_MAX);
}

void
client_outcome_free(struct client_outcome *o)
{
	str_free(&o->reply);
}

static void
start(struct client_outcome *o, enum client_status status, const char *code)
{
	o->status = status;
	o->is_set = true;
	o->is_unknown = o->is_unmet = false;
	snprintf(o->code, sizeof o->code, "%s", code);
	str_clear(&o->reply);
}

void
client_outcome_set(
    struct client_outcome *o, enum client_status status, const char *code, const char *format, ...)
{
	va_list args;

	start(o, status, code);
	va_start(args, format);
	(void)str_vformat(&o->reply, format, args);
	va_end(args);
}

void
client_outcome_copy(struct client_outcome *to, const struct client_outcome *from)
{
	if (to == from)
		return;
	start(to, from->status, from->code);
	to->is_set = from->is_set;
	to->is_unknown = from->is_unknown;
	to->is_unmet = from->is_unmet;
	(void)str_add_slice(&to->reply, str_slice(&from->reply));
}

void
client_outcome_of_reply(struct client *c, struct client_outcome *outcome)
{
	static const char *const made_up[] = {"4.5.0", "4.5.0", "2.0.0", "4.5.0", "4.0.0", "5.0.0"};
	static const enum client_status status[] = {CLIENT_TEMPORARY, CLIENT_TEMPORARY, CLIENT_OK,
	    CLIENT_TEMPORARY, CLIENT_TEMPORARY, CLIENT_PERMANENT};
	int class = reply_class(&c->reply);
	struct str line;

	start(
	    outcome, status[class], c->reply.status[0] != '\0' ? c->reply.status : made_up[class]);
	if (class == 3) /* an enhanced status code has no such class */
		snprintf(outcome->code, sizeof outcome->code, "%s", made_up[class]);
	str_init(&line, 2 * REPLY_TEXT_MAX);
	if (reply_add_line(&line, &c->reply) == 0)
		(void)str_add(&outcome->reply, line.data,
		    line.len < CLIENT_REPLY_MAX ? line.len : CLIENT_REPLY_MAX);
	str_free(&line);
}
