/* SPDX-License-Identifier: ISC */
/* One form: what is said, and whether it was refused. */
#include "judge.h"
#include "mail/address.h"
#include "net/endpoint.h"
#include "relay_parts.h"

/* Over one connection; Postfix makes each wait a second behind the tenth error. */
#define FORMS_MAX 8
#define FAILURES_MAX 2

static void
add(struct str *out, struct slice text)
{
	if (str_add_slice(out, text) == -1)
		probe_no_memory();
}

static void
add_named(struct relay *r, struct slice name)
{
	if (slice_is(name, "user"))
		add(&r->command, r->user);
	else if (slice_is(name, "elsewhere"))
		add(&r->command, r->elsewhere);
	else if (slice_is(name, "domain"))
		add(&r->command, str_slice(&r->domain));
	else if (slice_is(name, "ip"))
		add(&r->command, str_slice(&r->ip));
	else if (slice_is(name, "helo"))
		add(&r->command, str_slice(&r->probe->helo));
	else if (slice_is(name, "random"))
		add(&r->command, str_slice(&r->random));
}

static enum answer
say(struct relay *r, const char *verb, const char *path)
{
	struct slice rest = slice_of(path), piece;

	str_clear(&r->command);
	add(&r->command, slice_of(verb));
	while (rest.len > 0) {
		size_t brace = slice_find(rest, '{');

		add(&r->command, slice_make(rest.data, brace));
		rest = slice_skip(rest, brace + 1);
		if (rest.len > 0 && slice_take(&rest, '}', &piece))
			add_named(r, piece);
	}
	return link_say(&r->link, "%s", r->command.data);
}

static bool
is_positive(const struct link *l)
{
	return l->answer == ANSWERED && reply_class(&l->client.reply) == 2;
}

/* A domain of the server's: what was said, or the domain asked about, or the name it greets with.
 */
static void
find_domain(struct relay *r, const struct target *target)
{
	struct slice text = str_slice(&r->link.client.reply.text), line = {0}, word = {0};

	if (r->domain.len > 0)
		return;
	if (r->probe->relay.domain != NULL)
		add(&r->domain, slice_of(r->probe->relay.domain));
	else if (target->kind == TARGET_DOMAIN)
		add(&r->domain, slice_of(target->name));
	else if (slice_take(&text, '\n', &line) && slice_word(&line, &word) &&
		 address_is_domain(word, 0))
		add(&r->domain, word);
	else
		add(&r->domain, slice_of("localhost"));
}

void
relay_find_address(struct relay *r)
{
	const char *begin = r->server->address.ss_family == AF_INET6 ? "[IPv6:" : "[";
	struct str text;

	str_init(&text, 200);
	if (r->server->len == 0 || r->server->address.ss_family == AF_UNIX)
		add(&r->ip, slice_of("[127.0.0.1]"));
	else if (endpoint_add_text(&text, &r->server->address) == -1 ||
		 str_format(&r->ip, "%s%s]", begin, text.data) == -1)
		probe_no_memory();
	str_free(&text);
}

bool
relay_begin(struct relay *r)
{
	struct link *l = &r->link;

	if (link_is_open(l) && r->forms < FORMS_MAX)
		return true;
	link_close(l);
	r->forms = 0;
	if (r->failures >= FAILURES_MAX)
		return false;
	if (link_begin(l, r->server)) {
		find_domain(r, r->server->target);
		r->is_reached = true;
		r->failures = 0;
		return true;
	}
	link_close(l);
	r->failures++;
	return false;
}

/* Refused for being what it is; nothing about us, or the hour. */
static bool
is_refusal(const struct link *l, enum question asked)
{
	const struct reply *reply = &l->client.reply;
	enum cause cause = l->answer == ANSWERED ? judge_cause(reply, asked) : CAUSE_NO_ANSWER;

	if (l->answer != ANSWERED || reply_class(reply) != 5)
		return false;
	if (asked == ASK_RELAY && judge_reply(l->answer, reply, asked).verdict == NO)
		return true;
	return cause == CAUSE_SYNTAX || cause == CAUSE_SENDER || cause == CAUSE_UNKNOWN ||
	       cause == CAUSE_RELAY_DENIED || cause == CAUSE_NO_SUCH_USER || cause == CAUSE_AUTH;
}

enum verdict
relay_ask(struct relay *r, const char *from, const char *to)
{
	struct link *l = &r->link;
	enum verdict verdict = UNKNOWN;

	if (!relay_begin(r))
		return UNKNOWN;
	r->forms++;
	(void)say(r, "MAIL FROM:", from);
	if (is_positive(l)) {
		(void)say(r, "RCPT TO:", to);
		if (is_positive(l))
			verdict = NO;
		else if (is_refusal(l, ASK_RELAY))
			verdict = YES;
	} else if (is_refusal(l, ASK_MAIL))
		verdict = YES;
	return verdict;
}

void
relay_reset(struct relay *r)
{
	if (link_is_open(&r->link) && link_say(&r->link, "RSET") != ANSWERED)
		link_close(&r->link);
}
