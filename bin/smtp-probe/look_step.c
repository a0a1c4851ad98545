/* SPDX-License-Identifier: ISC */
/* What every step of the look goes through: notes, results, and the end of a session. */
#include <stdio.h>
#include <string.h>

#include "look_parts.h"
#include "net/endpoint.h"

#define SEEN_MAX ((size_t)600)

static void
keep_first(struct str *first, struct slice words)
{
	if (first->len > 0)
		return;
	if (words.len > SEEN_MAX)
		words.len = SEEN_MAX;
	if (str_add_slice(first, words) == -1)
		probe_no_memory();
}

/* RFC 2034, 4: all 2yz, 4yz and 5yz replies but the greeting, and those to HELO and EHLO. */
static void
note_codes(struct look *k)
{
	const struct reply *reply = &k->link.client.reply;
	const char *step = k->link.step;
	struct slice value;

	if (k->hello == NULL || !look_hello_find(k->hello, "ENHANCEDSTATUSCODES", &value) ||
	    reply_class(reply) == 3 || strcmp(step, "greeting") == 0 || strcmp(step, "EHLO") == 0 ||
	    strcmp(step, "LHLO") == 0 || strcmp(step, "HELO") == 0)
		return;
	k->has_codes = true;
	if (reply->status[0] == '\0')
		keep_first(&k->codeless, str_slice(&k->link.words));
}

bool
look_note(struct look *k)
{
	const struct link *l = &k->link;

	k->all_ms += l->ms;
	if (l->ms > k->slowest_ms) {
		k->slowest_ms = l->ms;
		(void)snprintf(k->slowest, sizeof k->slowest, "%s", l->step);
	}
	if (l->answer != ANSWERED)
		return false;
	/* connecting and TLS have no reply */
	if (strcmp(l->step, "connect") == 0 || strcmp(l->step, "TLS") == 0)
		return true;
	if (l->client.reply.has_bare)
		keep_first(&k->bare, str_slice(&l->words));
	note_codes(k);
	return true;
}

struct judgement
look_judge(const struct look *k, enum question asked)
{
	return judge_reply(k->link.answer, &k->link.client.reply, asked);
}

struct result *
look_add(struct look *k, const char *id, enum verdict verdict, enum weight weight)
{
	struct result *res = report_add(k->report, id, verdict, weight);

	result_reply(res, str_slice(&k->link.words));
	result_took(res, k->link.ms);
	return res;
}

struct result *
look_add_judged(struct look *k, const char *id, struct judgement j, enum weight weight)
{
	struct result *res = look_add(k, id, j.verdict, weight);

	if (j.verdict == YES)
		return res;
	result_value(res, "%s", judge_word(j.cause));
	if (k->link.answer == ANSWERED)
		result_text(res, "%s", judge_sentence(j.cause));
	else
		result_text(res, "There is no answer to %s: %s.", k->link.step,
		    judge_no_answer(k->link.answer));
	if (judge_advice(j.cause) != NULL)
		result_advice(res, "%s", judge_advice(j.cause));
	return res;
}

bool
look_leave(struct look *k)
{
	if (!k->is_left) {
		str_clear(&k->why);
		if (str_add_slice(&k->why, str_slice(&k->link.words)) == -1)
			probe_no_memory();
	}
	k->is_left = true;
	return false;
}

void
look_add_rest(struct look *k)
{
	static const char *const ids[] = {"greeting", "ehlo", "starttls", "auth", "size"};

	for (size_t i = 0; i < sizeof ids / sizeof *ids; i++)
		if (report_find(k->report, ids[i]) == NULL &&
		    (!k->server->is_implicit || strcmp(ids[i], "starttls") != 0)) {
			/* what ended it is told already, with its weight */
			struct result *res = report_add(k->report, ids[i], UNKNOWN, PLAIN);

			result_text(res, "It was not asked: the session had ended.");
			result_reply(res, str_slice(&k->why));
		}
}

bool
look_is_exposed(const struct look *k)
{
	return k->server->len > 0 && k->server->address.ss_family != AF_UNIX &&
	       !k->server->is_lmtp && !endpoint_is_own(&k->server->address);
}

bool
look_begin(struct link *l, const struct server *server)
{
	return link_open(l, server) == ANSWERED && link_greet(l) == ANSWERED &&
	       l->client.reply.code == 220 && link_hello(l) == ANSWERED &&
	       reply_class(&l->client.reply) == 2;
}

bool
look_again(struct look *k)
{
	link_drop(&k->link);
	if (!look_begin(&k->link, k->server))
		return false;
	k->is_secure = k->link.tls != NULL;
	k->is_left = false;
	return true;
}
