/* SPDX-License-Identifier: ISC */
/* What it answers to commands that carry no mail: HELP, VRFY, EXPN (RFC 5321, 3.5), QUIT. */
#include "base/random.h"
#include "look_parts.h"

#define NAME_LETTERS 16

/* Nobody has it. */
static void
make_name(char *name)
{
	for (size_t i = 0; i < NAME_LETTERS; i++)
		name[i] = (char)('a' + random_below(26));
	name[NAME_LETTERS] = '\0';
}

/* True if the next command may be said: a time-out's reply would be taken for the next one's. */
static bool
goes_on(struct look *k)
{
	if (!look_note(k) || k->link.client.reply.code == 421 || !link_is_open(&k->link))
		return look_leave(k);
	return true;
}

static bool
ask_help(struct look *k)
{
	struct judgement j;
	struct result *res;

	(void)link_say(&k->link, "HELP");
	j = look_judge(k, ASK_COMMAND);
	res = look_add(k, "help", j.verdict, PLAIN);
	if (j.verdict == UNKNOWN)
		result_value(res, "%s", judge_word(j.cause));
	result_text(res, j.verdict == YES  ? "It answers HELP."
			 : j.verdict == NO ? "It does not know HELP."
					   : "Whether it answers HELP, it does not say.");
	return goes_on(k);
}

struct policy {
	const char *value, *text;
};

/* What a reply to a name that nobody has says of how the server answers. */
static struct policy
policy_of(const struct reply *reply, struct judgement j)
{
	if (reply->code == 252)
		return (struct policy){"252", "It answers the same for all: it would try."};
	if (j.verdict == YES)
		return (struct policy){"all", "It says yes to a name that nobody has."};
	if (j.verdict == NO)
		return (struct policy){"answers", "It tells who is there, and who is not."};
	if (j.cause == CAUSE_SYNTAX && reply_class(reply) == 5)
		return (struct policy){"disabled", "It does not answer such questions."};
	if (reply_class(reply) == 5 && (j.cause == CAUSE_POLICY || j.cause == CAUSE_UNKNOWN))
		return (struct policy){"refused", "It refuses such questions."};
	return (struct policy){NULL, NULL};
}

/* VERB with a name that nobody has; never a list, as its members would come. */
static bool
ask_policy(struct look *k, const char *verb, const char *id)
{
	char name[NAME_LETTERS + 1];
	struct judgement j;
	struct policy policy = {NULL, NULL};

	make_name(name);
	(void)link_say(&k->link, "%s %s", verb, name);
	j = look_judge(k, ASK_ADDRESS);
	if (k->link.answer == ANSWERED)
		policy = policy_of(&k->link.client.reply, j);
	if (policy.value != NULL) {
		struct result *res = look_add(k, id, FACT, PLAIN);

		result_value(res, "%s", policy.value);
		result_text(res, "%s", policy.text);
		result_source(res, "RFC 5321, 7.3");
	} else {
		j.verdict = UNKNOWN;
		(void)look_add_judged(k, id, j, PLAIN);
	}
	return goes_on(k);
}

/* RFC 5321, 4.1.1.10: the server must say 221, and then close. */
static void
ask_quit(struct look *k)
{
	bool is_answered;
	struct result *res;

	(void)link_say(&k->link, "QUIT");
	is_answered = look_note(k) && k->link.client.reply.code == 221;
	res = look_add(k, "quit", is_answered ? YES : UNKNOWN, PLAIN);
	result_text(
	    res, is_answered ? "It says good-bye." : "It does not answer QUIT as it should.");
	result_source(res, "RFC 5321, 4.1.1.10");
	link_drop(&k->link);
}

void
look_ask(struct look *k)
{
	report_progress(k->report, "asking %s what it knows", k->server->where);
	if (ask_help(k) && ask_policy(k, "VRFY", "vrfy.policy") &&
	    ask_policy(k, "EXPN", "expn.policy"))
		ask_quit(k);
}
