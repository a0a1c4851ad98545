/* SPDX-License-Identifier: ISC */
/* Questions over a connection that may have to be begun again. */
#include "vrfy_parts.h"

#define FAILURES_MAX 3 /* names in a row */

bool
vrfy_connect(struct vrfy *v)
{
	v->answered = 0;
	return link_begin(&v->link, v->server);
}

/* A server that closes, for whatever reason, may have counted what it was asked. */
static bool
has_ended(const struct vrfy *v)
{
	return v->link.answer != ANSWERED || v->link.client.reply.code == 421;
}

static void
ask_here(struct vrfy *v, const char *command, const char *name, const char *end)
{
	if (v->answered > 0)
		pace_wait(v->pace_ms);
	(void)link_say(&v->link, "%s%s%s", command, name, end);
	if (!has_ended(v))
		v->answered++;
}

enum answer
vrfy_ask(struct vrfy *v, const char *command, const char *name, const char *end)
{
	bool is_again = false;

	if (v->failures >= FAILURES_MAX) {
		link_step(&v->link, command);
		return link_end_step(
		    &v->link, LOST, "not asked, as the server has stopped answering");
	}
	for (;;) {
		size_t before = v->answered;

		if (link_is_open(&v->link) || vrfy_connect(v))
			ask_here(v, command, name, end);
		if (!has_ended(v)) {
			/* it puts us off, whatever it says that is for */
			v->failures = reply_class(&v->link.client.reply) == 4 ? v->failures + 1 : 0;
			return v->link.answer;
		}
		link_drop(&v->link);
		if (is_again || before == 0)
			break;
		is_again = true;
	}
	v->failures++;
	return v->link.answer;
}
