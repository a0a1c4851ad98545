/* SPDX-License-Identifier: ISC */
#include "vrfy.h"

#include <string.h>

#include "vrfy_parts.h"

enum { OPTION_RCPT = VRFY_OPTIONS };

const struct option_row vrfy_rows[] = {
    {OPTION_RCPT, "rcpt", NULL, "ask by RCPT as well, for a second opinion", TAKES_TEXT, NULL},
    {0},
};

void
vrfy_take(struct probe *p, const struct option_scan *scan, int code)
{
	(void)scan;
	if (code == OPTION_RCPT)
		p->vrfy.asks_rcpt = true;
}

/* What kept us from asking: the last step of a link. */
static void
report_unreached(struct vrfy *v, enum weight weight)
{
	struct result *res =
	    report_add(&v->p->report, v->is_list ? "expn" : "vrfy", UNKNOWN, weight);

	result_value(res, "not-asked");
	result_text(
	    res, "It came to no question: %s was not answered as it should be.", v->link.step);
	result_reply(res, str_slice(&v->link.words));
	result_took(res, v->link.ms);
	report_reached(&v->p->report, link_reached(&v->link));
}

/* The first in the order of delivery with whom it comes to questions. */
static void
choose_server(struct vrfy *v, const struct servers *servers)
{
	for (size_t i = 0; i < servers->count && v->server == NULL; i++) {
		v->server = &servers->list[i];
		report_begin_server(&v->p->report, v->server->name, v->server->where);
		report_progress(&v->p->report, "connecting to %s", v->server->where);
		if (vrfy_connect(v))
			continue;
		v->server = NULL;
		report_unreached(v, i + 1 < servers->count ? PLAIN : WARNING);
		link_close(&v->link);
	}
}

/* Where the names say nothing: the target's domain, if it has one. */
static struct slice
own_domain(const struct target *target)
{
	bool is_domain = target->kind == TARGET_DOMAIN || target->kind == TARGET_SUBMISSION;

	return slice_of(is_domain ? target->name : "");
}

static void
ask_all(struct vrfy *v)
{
	for (size_t i = 0; i < v->names.count; i++) {
		const char *name = v->names.list[i];
		const struct vrfy_baseline *base = vrfy_baseline(v, vrfy_domain(name));

		report_progress(
		    &v->p->report, "asking for %zu of %zu names", i + 1, v->names.count);
		(void)vrfy_ask(v, v->verb, name, "");
		vrfy_report_name(v, base, name);
	}
	if (v->p->vrfy.asks_rcpt)
		vrfy_ask_rcpt(v);
}

/* Nobody answers for them. */
static void
report_unasked(struct vrfy *v)
{
	const char *id = v->is_list ? "expn.address" : "vrfy.address";

	for (size_t i = 0; i < v->names.count; i++) {
		struct result *res = report_add(&v->p->report, id, UNKNOWN, WARNING);

		result_about(res, "%s", v->names.list[i]);
		result_text(res, "There is nobody to ask.");
		result_reply(res, str_slice(&v->link.words));
	}
}

static void
ask_servers(struct vrfy *v, const struct target *target)
{
	struct servers servers;

	servers_find(v->p, target, &servers);
	if (servers.count == 0) {
		struct result *res =
		    report_add(&v->p->report, v->is_list ? "expn" : "vrfy", UNKNOWN, WARNING);

		result_value(res, "not-asked");
		result_text(res, "There is no server to ask: %s.", dns_text(servers.result));
		report_reached(&v->p->report, servers.result == DNS_TEMPORARY ? NOT_TOLD : NO_HOST);
	}
	choose_server(v, &servers);
	if (v->server == NULL)
		report_unasked(v);
	else if (v->names.count == 0)
		(void)vrfy_baseline(v, own_domain(target));
	else
		ask_all(v);
	link_close(&v->link);
	servers_free(&servers);
}

static void
run(struct vrfy *v, const struct target *target, char **operands, int count)
{
	vrfy_names_read(&v->names, operands, count, v->p->is_own);
	/* a few questions are answered as they come; who has many, has time */
	v->pace_ms = v->names.count > VRFY_NAMES_MAX ? v->p->pace_ms : 0;
	link_init(&v->link, v->p);
	ask_servers(v, target);
	link_free(&v->link);
	vrfy_baselines_free(v);
	vrfy_names_free(&v->names);
}

void
vrfy_run(struct probe *p, const struct target *target, char **operands, int count)
{
	struct vrfy v = {.p = p, .verb = "VRFY "};

	run(&v, target, operands, count);
}

void
expn_run(struct probe *p, const struct target *target, char **operands, int count)
{
	struct vrfy v = {.p = p, .verb = "EXPN ", .is_list = true};

	run(&v, target, operands, count);
}
