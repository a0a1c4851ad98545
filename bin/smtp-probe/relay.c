/* SPDX-License-Identifier: ISC */
#include "relay.h"

#include <string.h>

#include "base/about.h"
#include "base/random.h"
#include "mail/address.h"
#include "relay_parts.h"

#define TO_DEFAULT "smtp-probe@example.com"
#define COMMAND_MAX ((size_t)4096)

enum { OPTION_TO = RELAY_OPTIONS, OPTION_DOMAIN };

const struct option_row relay_rows[] = {
    {OPTION_TO, "to", "ADDRESS", "one elsewhere (default " TO_DEFAULT ")", TAKES_ADDRESS, NULL},
    {OPTION_DOMAIN, "domain", "DOMAIN", "one that the server has mail for", TAKES_DOMAIN, NULL},
    {0},
};

#define AT_DOMAIN "<{random}@{domain}>"
#define AT_IP "<{random}@{ip}>"
#define BARE "<{random}>"

static const struct relay_form forms[] = {
    {"plain", OUTSIDER, "<{user}@{elsewhere}>", NULL},
    {"null sender", "<>", "<{user}@{elsewhere}>", NULL},
    {"sender of its domain", "<postmaster@{domain}>", "<{user}@{elsewhere}>", NULL},
    {"sender of its address", "<postmaster@{ip}>", "<{user}@{elsewhere}>", NULL},
    {"sender without a domain", "<postmaster>", "<{user}@{elsewhere}>", NULL},
    {"sender at localhost", "<postmaster@localhost>", "<{user}@{elsewhere}>", NULL},
    {"sender is the recipient", "<{user}@{elsewhere}>", "<{user}@{elsewhere}>", NULL},
    {"no brackets", OUTSIDER, "{user}@{elsewhere}", NULL},
    {"quoted local part", OUTSIDER, "<\"{user}\"@{elsewhere}>", NULL},
    {"dot behind", OUTSIDER, "<{user}@{elsewhere}.>", NULL},
    {"source route", OUTSIDER, "<@{domain}:{user}@{elsewhere}>", NULL},
    {"source route by address", OUTSIDER, "<@{ip}:{user}@{elsewhere}>", NULL},
    {"all quoted", OUTSIDER, "<\"{user}@{elsewhere}\">", BARE},
    {"all quoted at its domain", OUTSIDER, "<\"{user}@{elsewhere}\"@{domain}>", AT_DOMAIN},
    {"all quoted at its address", OUTSIDER, "<\"{user}@{elsewhere}\"@{ip}>", AT_IP},
    {"two at its domain", OUTSIDER, "<{user}@{elsewhere}@{domain}>", AT_DOMAIN},
    {"two at its address", OUTSIDER, "<{user}@{elsewhere}@{ip}>", AT_IP},
    {"percent", OUTSIDER, "<{user}%{elsewhere}>", BARE},
    {"percent at its domain", OUTSIDER, "<{user}%{elsewhere}@{domain}>", AT_DOMAIN},
    {"percent at its address", OUTSIDER, "<{user}%{elsewhere}@{ip}>", AT_IP},
    {"percent quoted", OUTSIDER, "<\"{user}%{elsewhere}\">", BARE},
    {"bang", OUTSIDER, "<{elsewhere}!{user}>", BARE},
    {"bang at its domain", OUTSIDER, "<{elsewhere}!{user}@{domain}>", AT_DOMAIN},
    {"bang at its address", OUTSIDER, "<{elsewhere}!{user}@{ip}>", AT_IP},
    {"bang by its domain", OUTSIDER, "<{domain}!{elsewhere}!{user}>", BARE},
};

void
relay_take(struct probe *p, const struct option_scan *scan, int code)
{
	struct slice value = slice_of(scan->value);
	struct address parts;

	if (code == OPTION_DOMAIN && !address_is_domain(value, 0))
		about_wrong(scan, "not a domain: '%s'", scan->value);
	else if (code == OPTION_DOMAIN)
		p->relay.domain = scan->value;
	else if (address_parse(value, 0, &parts) != ADDRESS_OK ||
		 slice_find(value, '"') < value.len)
		about_wrong(scan, "not an address: '%s'", scan->value);
	else
		p->relay.to = scan->value;
}

/* Whether nobody's name is refused, in each place where the forms stand on it: asked once. */
static enum verdict
baseline(struct relay *r, const char *path)
{
	static const char *const paths[] = {AT_DOMAIN, AT_IP, BARE};
	size_t at = 0;

	for (size_t i = 0; !r->has_baselines && i < 3; i++) {
		r->baselines[i] = relay_ask(r, OUTSIDER, paths[i]);
		relay_reset(r);
	}
	r->has_baselines = true;
	while (strcmp(paths[at], path) != 0)
		at++;
	return r->baselines[at];
}

static void
add_form(struct relay *r, const struct relay_form *form, enum verdict verdict)
{
	enum weight weight = verdict == YES ? PLAIN : verdict == NO ? PROBLEM : WARNING;
	struct result *res = report_add(&r->probe->report, "relay.closed", verdict, weight);
	const struct link *l = &r->link;

	result_about(res, "%s", form->name);
	result_source(res, "RFC 5321, 7.8");
	result_reply(res, str_slice(&l->words));
	if (l->answer == ANSWERED)
		result_value(res, "%d", l->client.reply.code);
	if (verdict == NO) {
		result_text(
		    res, "It accepts mail from elsewhere to elsewhere (%s).", r->command.data);
		result_advice(
		    res, "Take mail for your own domains alone, and of those who log in.");
	} else
		result_text(res, "Mail from elsewhere to elsewhere is refused.");
}

/* Accepted, as everything there is: it may be for somebody at home. */
static void
add_unclear(struct relay *r, const struct relay_form *form)
{
	struct result *res = report_add(&r->probe->report, "relay.closed", UNKNOWN, PLAIN);

	result_about(res, "%s", form->name);
	result_source(res, "RFC 5321, 7.8");
	result_reply(res, str_slice(&r->link.words));
	result_text(
	    res, "It takes any name there, so that it took this one says nothing: %s.", form->name);
}

static void
run_form(struct relay *r, const struct relay_form *form)
{
	enum verdict nobody = form->baseline == NULL ? YES : baseline(r, form->baseline);
	enum verdict verdict;

	report_progress(&r->probe->report, "asking %s: %s", r->server->where, form->name);
	verdict = relay_ask(r, form->from, form->to);
	if (verdict == NO && nobody != YES)
		add_unclear(r, form);
	else
		add_form(r, form, verdict);
	relay_reset(r);
}

static void
init(struct relay *r, struct probe *p, const struct server *server)
{
	struct slice to = slice_of(p->relay.to != NULL ? p->relay.to : TO_DEFAULT);
	size_t at = slice_find_last(to, '@');
	uint64_t random[2];

	*r = (struct relay){.probe = p, .server = server};
	r->user = slice_make(to.data, at);
	r->elsewhere = slice_skip(to, at + 1);
	str_init(&r->domain, 300);
	str_init(&r->ip, 300);
	str_init(&r->random, 100);
	str_init(&r->command, COMMAND_MAX);
	random_bytes(random, sizeof random);
	if (str_format(&r->random, "smtp-probe-%016llx", (unsigned long long)random[0]) == -1)
		probe_no_memory();
	relay_find_address(r);
	link_init(&r->link, p);
}

static void
run_server(struct probe *p, const struct server *server)
{
	struct relay r;

	init(&r, p, server);
	report_begin_server(&p->report, server->name, server->where);
	if (relay_begin(&r)) {
		for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
			run_form(&r, &forms[i]);
	} else
		result_reply(
		    report_add(&p->report, "connect", UNKNOWN, PROBLEM), str_slice(&r.link.words));
	report_reached(&p->report, r.is_reached ? REACHED : link_reached(&r.link));
	link_close(&r.link);
	link_free(&r.link);
	str_free(&r.domain);
	str_free(&r.ip);
	str_free(&r.random);
	str_free(&r.command);
}

void
relay_run(struct probe *p, const struct target *target, char **operands, int count)
{
	(void)operands;
	(void)count;
	servers_each(p, target, run_server);
}
