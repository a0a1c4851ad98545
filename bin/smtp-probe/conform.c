/* SPDX-License-Identifier: ISC */
#include "conform.h"

#include <string.h>

#include "base/about.h"
#include "conform_parts.h"
#include "mail/address.h"

/* Over one connection; some servers stop listening, or slow down, at three wrong commands. */
#define ERRORS_MAX 2
#define CHECKS_MAX 8
#define FAILURES_MAX 2

#define TEXT_MAX ((size_t)8192)

enum { OPTION_TO = CONFORM_OPTIONS, OPTION_FROM, OPTION_SEND_MESSAGES };

const struct option_row conform_rows[] = {
    {OPTION_TO, "to", "ADDRESS", "a recipient that the server takes (default postmaster)",
	TAKES_ADDRESS, NULL},
    {OPTION_FROM, "from", "ADDRESS", "the sender (default <>, as of bounces)", TAKES_ADDRESS, NULL},
    {OPTION_SEND_MESSAGES, "send-messages", NULL,
	"ask what takes a message to find out, too: ADDRESS gets some twenty", TAKES_TEXT, NULL},
    {0},
};

/* As it goes between angle brackets. */
static bool
is_path(const char *text, bool may_be_empty)
{
	struct slice path = slice_of(text);
	struct address parts;

	if (path.len == 0)
		return may_be_empty;
	return address_parse(path, ADDRESS_BARE, &parts) == ADDRESS_OK;
}

void
conform_take(struct probe *p, const struct option_scan *scan, int code)
{
	if (code == OPTION_SEND_MESSAGES)
		p->conform.may_send = true;
	else if (!is_path(scan->value, code == OPTION_FROM))
		about_wrong(scan, "not an address: '%s'", scan->value);
	else if (code == OPTION_TO)
		p->conform.to = scan->value;
	else
		p->conform.from = scan->value;
}

struct result *
conform_add(struct conform *c, const struct check *check, enum verdict verdict)
{
	enum weight weight = verdict == NO ? check->weight : verdict == UNKNOWN ? WARNING : PLAIN;
	struct result *res = report_add(&c->probe->report, check->id, verdict, weight);

	if (check->about != NULL)
		result_about(res, "%s", check->about);
	result_text(res, verdict == NO ? "Not so: %s" : "%s", check->text);
	result_source(res, check->source);
	res->is_of_series = true;
	return res;
}

void
conform_add_unasked(struct conform *c, const struct check *check, const char *why)
{
	struct result *res = conform_add(c, check, FACT);

	result_value(res, "%s", why);
	result_text(res, "Not asked, %s: %s", why, check->text);
}

static void
keep_ehlo(struct conform *c, struct str *out)
{
	const struct reply *reply = &c->link.client.reply;

	str_clear(out);
	if (str_add_slice(out, str_slice(&reply->text)) == -1)
		probe_no_memory();
	c->ehlo_lines = reply->lines;
}

static bool
is_positive(const struct link *l)
{
	return l->answer == ANSWERED && reply_class(&l->client.reply) == 2;
}

/* STARTTLS where it is offered; where it fails, once more without, if that will do. */
static bool
secure(struct conform *c, bool *again)
{
	struct link *l = &c->link;
	bool is_wanted = c->probe->tls == PROBE_TLS_STARTTLS;

	if (l->tls != NULL || c->probe->tls == PROBE_TLS_OFF || c->no_tls ||
	    (!is_wanted && (l->client.extensions & CLIENT_STARTTLS) == 0))
		return true;
	if (link_starttls(l, NULL) == ANSWERED && l->tls != NULL) {
		(void)link_hello(l);
		if (is_positive(l))
			keep_ehlo(c, &c->ehlo_tls);
		return is_positive(l);
	}
	*again = !is_wanted;
	c->no_tls = *again;
	return false;
}

static bool
begin(struct conform *c, bool *again)
{
	struct link *l = &c->link;

	c->errors = c->checks = 0;
	if (link_open(l, c->server) != ANSWERED || link_greet(l) != ANSWERED || !is_positive(l))
		return false;
	if (l->client.reply.has_bare)
		conform_watch(c, true);
	if (c->greeting.len == 0)
		(void)str_add_slice(&c->greeting, str_slice(&l->client.reply.text));
	(void)link_hello(l);
	if (!is_positive(l))
		return false;
	keep_ehlo(c, &c->ehlo);
	return secure(c, again);
}

bool
conform_begin(struct conform *c)
{
	bool again = false;

	if (link_is_open(&c->link) && c->errors < ERRORS_MAX && c->checks < CHECKS_MAX)
		return true;
	link_close(&c->link);
	if (c->failures >= FAILURES_MAX)
		return false;
	if (begin(c, &again) || (again && begin(c, &again))) {
		c->failures = 0;
		return true;
	}
	link_close(&c->link);
	c->failures++;
	return false;
}

/* Why CHECK does not come into question here; null if it does. */
static const char *
not_asked(const struct conform *c, const struct check *check)
{
	if (check->needs != NULL && !conform_is_offered(c, check->needs))
		return "not offered";
	if ((check->flags & CHECK_NO_LMTP) != 0 && c->server->is_lmtp)
		return "not of LMTP";
	if ((check->flags & CHECK_NEEDS_DOMAIN) != 0 && slice_find(c->to, '@') == c->to.len)
		return "needs --to with a domain";
	if ((check->flags & CHECK_NEEDS_LIMIT) != 0 && c->link.client.size_limit == 0)
		return "no limit";
	if ((check->flags & CHECK_SENDS) != 0 && !c->may_send)
		return "needs --send-messages";
	return NULL;
}

static void
add_finding(struct conform *c, const struct check *check, const struct finding *f)
{
	struct result *res = conform_add(c, check, f->verdict);

	result_reply(res, str_slice(&f->reply));
	if (f->code != 0)
		result_value(res, "%d", f->code);
	if (f->verdict == UNKNOWN &&
	    (f->cause == CAUSE_NO_SUCH_USER || f->cause == CAUSE_RELAY_DENIED))
		result_advice(res, "Name a recipient whom it takes mail for by --to.");
	if (f->verdict == UNKNOWN && f->cause == CAUSE_AUTH)
		result_advice(res, "Ask at a port, or from an address, where it wants no login.");
}

/* For commands before CHECK, it may be: some servers count those that bring no mail. */
static bool
was_hung_up_on(const struct conform *c, const struct check *check, const struct finding *f)
{
	return f->verdict == UNKNOWN && (check->flags & CHECK_SENDS) == 0 &&
	       (c->link.answer == LOST || f->code == 421 || f->cause == CAUSE_RATE_LIMITED);
}

/* What was asked behind others, and cost the connection, is asked once more over a new one. */
static void
ask(struct conform *c, const struct check *check, struct finding *f)
{
	bool is_behind = c->checks > 0;

	conform_ask(c, check, f);
	if (!is_behind || !was_hung_up_on(c, check, f))
		return;
	link_close(&c->link);
	if (conform_begin(c))
		conform_ask(c, check, f);
}

static void
run_check(struct conform *c, const struct check *check)
{
	struct finding f = {.verdict = UNKNOWN};
	const char *why = not_asked(c, check);

	if (why != NULL) {
		conform_add_unasked(c, check, why);
		return;
	}
	report_progress(&c->probe->report, "asking %s: %s", c->server->where, check->id);
	str_init(&f.reply, TEXT_MAX);
	if (conform_begin(c))
		ask(c, check, &f);
	else
		(void)str_add_slice(&f.reply, str_slice(&c->link.words));
	if (check == conform_commands && f.verdict != YES)
		c->no_reset = true;
	add_finding(c, check, &f);
	str_free(&f.reply);
}

static void
run_checks(struct conform *c)
{
	for (const struct check *check = conform_commands; check->id != NULL; check++)
		run_check(c, check);
	for (const struct check *check = conform_messages; check->id != NULL; check++)
		run_check(c, check);
	conform_quit(c);
	conform_inject(c);
	conform_forms(c);
}

static void
run_server(struct probe *p, const struct server *server)
{
	struct conform c = {.probe = p, .server = server};

	c.to = slice_of(p->conform.to != NULL ? p->conform.to : "postmaster");
	c.from = slice_of(p->conform.from);
	c.may_send = p->conform.may_send || p->is_own;
	str_init(&c.greeting, TEXT_MAX);
	str_init(&c.ehlo, TEXT_MAX);
	str_init(&c.ehlo_tls, TEXT_MAX);
	str_init(&c.bare, TEXT_MAX);
	str_init(&c.without_status, TEXT_MAX);
	link_init(&c.link, p);
	report_begin_server(&p->report, server->name, server->where);
	if (conform_begin(&c))
		run_checks(&c);
	else
		result_reply(
		    report_add(&p->report, "connect", UNKNOWN, PROBLEM), str_slice(&c.link.words));
	report_reached(&p->report, c.greeting.len > 0 ? REACHED : link_reached(&c.link));
	link_close(&c.link);
	link_free(&c.link);
	str_free(&c.greeting);
	str_free(&c.ehlo);
	str_free(&c.ehlo_tls);
	str_free(&c.bare);
	str_free(&c.without_status);
}

void
conform_run(struct probe *p, const struct target *target, char **operands, int count)
{
	(void)operands;
	(void)count;
	servers_each(p, target, run_server);
}
