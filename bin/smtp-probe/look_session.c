/* SPDX-License-Identifier: ISC */
/* The beginning of a session: connection, greeting, EHLO (RFC 5321, 3.1 and 3.2). */
#include <stdio.h>
#include <string.h>

#include "look_parts.h"

bool
look_connect(struct look *k)
{
	struct result *res;

	report_progress(k->report, "connecting to %s", k->server->where);
	(void)link_open(&k->link, k->server);
	if (look_note(k)) {
		res = look_add(k, "connect", YES, PLAIN);
		result_reply(res, slice_of(""));
		result_text(res, "It takes connections.");
		return true;
	}
	res = look_add(k, "connect", UNKNOWN, k->link.answer == SPARED ? PLAIN : PROBLEM);
	if (k->link.answer == REFUSED && k->server->target->kind == TARGET_UNIX) {
		result_text(res, "No connection: nobody serves this socket.");
		result_advice(res, "Look at its path and rights, and whether the server runs.");
		return look_leave(k);
	}
	result_text(res, "No connection: %s.", judge_no_answer(k->link.answer));
	if (k->link.answer == REFUSED)
		result_advice(res,
		    "Nobody listens there, or a firewall turns us away: start the "
		    "server, look at the address it listens on, and at the firewall.");
	else if (k->link.answer != SPARED)
		result_advice(res, "Look whether this host has a way there (many networks close "
				   "port 25), whether the address is right and its host is up.");
	return look_leave(k);
}

/* Where the first connection was turned away for the moment, was that about it, or about us? */
static bool
greet_again(struct look *k, struct judgement first)
{
	enum answer answer = k->link.answer;
	struct str words;
	bool is_better;

	str_init(&words, k->link.words.cap);
	if (str_add_slice(&words, str_slice(&k->link.words)) == -1)
		probe_no_memory();
	link_drop(&k->link);
	is_better = link_open(&k->link, k->server) == ANSWERED &&
		    link_greet(&k->link) == ANSWERED && k->link.client.reply.code == 220;
	if (is_better) {
		struct result *res = report_add(k->report, "steady", UNKNOWN, WARNING);

		result_value(res, "%s", judge_word(first.cause));
		result_text(res, "It turned away one connection and took the next.");
		result_reply(res, str_slice(&words));
		result_advice(res, "Senders come again, and get in at times: look at its limits of "
				   "connections, and at its log.");
	} else {
		/* the first words are what counts: the second may be about haste */
		k->link.answer = answer;
		str_clear(&k->link.words);
		if (str_add_slice(&k->link.words, str_slice(&words)) == -1)
			probe_no_memory();
	}
	str_free(&words);
	return is_better;
}

static bool
is_worth_another(const struct look *k, struct judgement j)
{
	return j.verdict == UNKNOWN &&
	       (k->link.answer == LOST ||
		   (k->link.answer == ANSWERED && reply_class(&k->link.client.reply) == 4));
}

/* The first word, where it looks like one. */
static void
take_name(struct look *k)
{
	struct slice text = str_slice(&k->link.client.reply.text), word;

	if (slice_word(&text, &word))
		(void)snprintf(
		    k->greeting_name, sizeof k->greeting_name, "%.*s", (int)word.len, word.data);
}

static void
explain_silence(struct look *k, struct result *res)
{
	if (k->link.answer != TIMED_OUT)
		return;
	result_text(res, "Nothing came within %lld s.", (long long)(k->link.timeout_ms / 1000));
	result_advice(res,
	    "Some servers make strangers wait; senders have 5 minutes' patience. Ask "
	    "again with --timeout 300.");
	result_source(res, "RFC 5321, 4.5.3.2.1");
}

bool
look_greeting(struct look *k)
{
	struct judgement j;
	struct result *res;

	report_progress(k->report, "waiting for the greeting of %s", k->server->where);
	(void)link_greet(&k->link);
	(void)look_note(k);
	j = look_judge(k, ASK_GREETING);
	if (is_worth_another(k, j) && greet_again(k, j))
		j = look_judge(k, ASK_GREETING);
	res = look_add_judged(k, "greeting", j, PROBLEM);
	if (j.verdict != YES) {
		explain_silence(k, res);
		return look_leave(k);
	}
	take_name(k);
	result_value(res, "%s", k->greeting_name);
	result_text(res, k->link.client.reply.lines > 1 ? "It greets, in %zu lines." : "It greets.",
	    k->link.client.reply.lines);
	k->is_secure = k->link.tls != NULL;
	return true;
}

/* EHLO was refused; what was said to it is asked for once more, as HELO's reply is what there is.
 */
static bool
look_helo(struct look *k)
{
	struct judgement j;
	struct result *res;

	look_hello_take(&k->plain, &k->link);
	(void)link_say(&k->link, "EHLO %s", k->probe->helo.data);
	(void)look_note(k);
	j = look_judge(k, ASK_HELLO);
	/* refused, then taken, is no answer */
	if (j.verdict == YES)
		j = (struct judgement){UNKNOWN, CAUSE_UNKNOWN};
	k->plain.is_none = j.verdict == NO;
	res = look_add_judged(k, "ehlo", j, WARNING);
	result_text(res, "It refuses EHLO, and takes HELO: mail goes, but without any extension.");
	result_advice(
	    res, "Look whether something stands before it that knows SMTP of 1982 alone.");
	result_source(res, "RFC 5321, 3.2");
	return link_is_open(&k->link) ? true : look_leave(k);
}

bool
look_ehlo(struct look *k)
{
	struct judgement j;
	struct result *res;

	(void)link_hello(&k->link);
	(void)look_note(k);
	j = look_judge(k, ASK_HELLO);
	k->hello = &k->plain;
	if (j.verdict == YES && !k->link.client.is_esmtp)
		return look_helo(k);
	if (j.verdict == YES) {
		look_hello_take(&k->plain, &k->link);
		res = look_add(k, "ehlo", YES, PLAIN);
		result_value(res, "%s", k->plain.name);
		result_text(res, "It knows extensions.");
		return true;
	}
	/* neither EHLO nor HELO */
	res = look_add_judged(k, "ehlo", (struct judgement){UNKNOWN, j.cause}, PROBLEM);
	if (strcmp(k->link.step, "XCLIENT") == 0)
		result_text(
		    res, "It takes no XCLIENT of this host, so that nothing more is asked.");
	return look_leave(k);
}
