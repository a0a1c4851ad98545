/* SPDX-License-Identifier: ISC */
/*
 * STARTTLS (RFC 3207): is it offered, and does it work? That it is not offered is said only where
 * two connections agree, as who has us slowed down, or sits between, may leave it away once.
 */
#include <string.h>

#include "look_parts.h"
#include "tls.h"

static enum weight
weigh_absence(const struct look *k)
{
	if (look_is_exposed(k))
		return PROBLEM;
	return k->server->is_lmtp || k->server->len == 0 || k->server->address.ss_family == AF_UNIX
		   ? PLAIN
		   : WARNING;
}

static struct result *
add_absence(struct look *k, enum verdict verdict)
{
	struct result *res = look_add(k, "starttls", verdict, weigh_absence(k));

	result_source(res, "RFC 3207, 4");
	return res;
}

/* NO where all that was said is read, and STARTTLS is not among it. */
static enum verdict
offer_of(const struct look_hello *h)
{
	struct slice value;

	if (look_hello_find(h, "STARTTLS", &value))
		return YES;
	return look_hello_is_whole(h) ? NO : UNKNOWN;
}

/* What another connection says; with leave for one alone, that one counts. */
static enum verdict
ask_another(struct look *k, struct str *words)
{
	enum verdict verdict = UNKNOWN;
	struct look_hello hello;
	struct link other;

	look_hello_init(&hello);
	link_init(&other, k->probe);
	if (look_begin(&other, k->server)) {
		look_hello_take(&hello, &other);
		hello.is_none = k->hello->is_none && !hello.is_esmtp;
		verdict = offer_of(&hello);
	} else if (other.answer == SPARED) {
		verdict = NO;
	}
	if (str_add_slice(words, str_slice(&other.words)) == -1)
		probe_no_memory();
	link_close(&other);
	link_free(&other);
	look_hello_free(&hello);
	return verdict;
}

static void
add_not_offered(struct look *k)
{
	struct result *res;
	struct str words;
	enum verdict other;

	if (!look_hello_is_whole(k->hello)) {
		res = add_absence(k, UNKNOWN);
		result_text(res, "It shows no STARTTLS, but not all that it said could be read.");
		result_advice(res,
		    "Where keywords are overwritten (XXXX), a firewall does that: turn "
		    "its SMTP inspection off.");
		return;
	}
	str_init(&words, k->link.words.cap);
	other = ask_another(k, &words);
	res = add_absence(k, other == NO ? NO : UNKNOWN);
	if (other == NO) {
		result_text(res, "It offers no STARTTLS: mail to it can be read on its way.");
		result_advice(res, "Give that server a certificate, and turn STARTTLS on.");
	} else {
		result_text(res, other == YES
				     ? "It offers STARTTLS over one connection, and not over "
				       "another."
				     : "It offered no STARTTLS, and another connection, to be "
				       "sure, was turned away.");
		result_reply(res, str_slice(&words));
		result_advice(res, "Ask again later. It may be several servers, or one that has us "
				   "slowed down.");
	}
	str_free(&words);
}

/* It was offered, and did not come to be: never "no", whatever is said. */
static void
add_failure(struct look *k)
{
	struct judgement j = look_judge(k, ASK_STARTTLS);
	struct result *res;

	j.verdict = UNKNOWN;
	res = look_add_judged(k, "starttls", j, PROBLEM);
	result_value(res, "offered");
	result_source(res, "RFC 3207, 4.1");
	if (k->link.answer == ANSWERED) {
		result_text(res, "It offers STARTTLS, and refuses it.");
		result_advice(res,
		    "Look at that server's log: often it cannot read its certificate or "
		    "key.");
	} else if (strcmp(k->link.step, "TLS") == 0) {
		result_text(res,
		    "It offers STARTTLS, but the handshake fails: senders turn back to "
		    "plaintext, or give up.");
		result_advice(res,
		    "Look at that server's log, its certificate and key, and the TLS "
		    "versions it allows.");
	}
}

/* EHLO once more, as all that was said before is void (RFC 3207, 4.2). */
static bool
greet_secure(struct look *k)
{
	struct judgement j;

	(void)link_hello(&k->link);
	(void)look_note(k);
	j = look_judge(k, ASK_HELLO);
	if (j.verdict == YES && k->link.client.is_esmtp) {
		look_hello_take(&k->secure, &k->link);
		k->hello = &k->secure;
		return true;
	}
	j.verdict = UNKNOWN;
	(void)look_add_judged(k, "ehlo.tls-differs", j, PROBLEM);
	return look_leave(k);
}

/* TLS did not come to be, and the session may have ended with that. */
static bool
go_on_without(struct look *k)
{
	tls_report_without(k->probe, k->report, &k->link, k->servers);
	if (k->probe->tls == PROBE_TLS_STARTTLS)
		return look_leave(k);
	if (link_is_open(&k->link) && k->link.answer != TIMED_OUT)
		return true;
	(void)look_leave(k);
	return look_again(k);
}

static bool
begin_tls(struct look *k)
{
	report_progress(k->report, "beginning TLS with %s", k->server->where);
	(void)link_starttls(&k->link, NULL);
	(void)look_note(k);
	if (k->link.tls == NULL || k->link.answer != ANSWERED) {
		add_failure(k);
		return go_on_without(k);
	}
	k->is_secure = true;
	result_text(
	    look_add(k, "starttls", YES, PLAIN), "It offers STARTTLS, and TLS comes to be.");
	tls_report_session(k->probe, k->report, &k->link, k->servers);
	return greet_secure(k);
}

bool
look_starttls(struct look *k)
{
	struct slice value;

	if (k->is_secure) {
		tls_report_session(k->probe, k->report, &k->link, k->servers);
		return true;
	}
	if (!look_hello_find(k->hello, "STARTTLS", &value)) {
		add_not_offered(k);
		return go_on_without(k);
	}
	if (k->probe->tls != PROBE_TLS_OFF)
		return begin_tls(k);
	result_text(look_add(k, "starttls", YES, PLAIN),
	    "It offers STARTTLS, which was not tried (--tls off).");
	return true;
}
