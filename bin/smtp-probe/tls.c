/* SPDX-License-Identifier: ISC */
#include "tls.h"

#include <stdlib.h>
#include <time.h>

#include "tls_state.h"

enum { OPTION_VERSIONS = TLS_OPTIONS, OPTION_AS_SENDER };

const struct option_row tls_rows[] = {
    {OPTION_VERSIONS, "tls-versions", NULL, "try TLS 1.0 to 1.3, over a connection each",
	TAKES_TEXT, NULL},
    {OPTION_AS_SENDER, "as-sender", NULL, "have smtp-send go its way, and tell it; no message",
	TAKES_TEXT, NULL},
    {0},
};

bool
tls_take(struct probe *p, int code)
{
	if (code != OPTION_VERSIONS && code != OPTION_AS_SENDER)
		return false;
	if (code == OPTION_VERSIONS)
		p->tls_wishes.versions = true;
	else
		p->tls_wishes.as_sender = true;
	return true;
}

struct tls_state *
tls_state(struct probe *p)
{
	if (p->tls_state == NULL) {
		p->tls_state = calloc(1, sizeof *p->tls_state);
		if (p->tls_state == NULL)
			probe_no_memory();
		sts_answer_init(&p->tls_state->sts);
	}
	return p->tls_state;
}

void
tls_end(struct probe *p)
{
	if (p->tls_state == NULL)
		return;
	sts_answer_free(&p->tls_state->sts);
	free(p->tls_state);
	p->tls_state = NULL;
}

deadline
tls_until(const struct probe *p)
{
	return deadline_in_seconds(p->timeout);
}

bool
tls_require_name(struct tls_requirement *r, struct slice name)
{
	r->level = TLS_LEVEL_VERIFY;
	return name.len > 0 && tls_requirement_add_name(r, name) == 0;
}

bool
tls_is_for_people(const struct server *server)
{
	return server->is_implicit || server->target->kind == TARGET_SUBMISSION ||
	       server->port == 587;
}

bool
tls_has_policies(const struct server *server)
{
	return server->name[0] != '\0' && server->len > 0 && server->address.ss_family != AF_UNIX;
}

void
tls_add_time(struct str *out, int64_t at)
{
	time_t seconds = (time_t)at;
	struct tm parts;
	char text[32];

	if (gmtime_r(&seconds, &parts) == NULL ||
	    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts) == 0)
		(void)str_add_text(out, "?");
	else
		(void)str_add_text(out, text);
}

struct tls_destination
tls_destination_of(const struct servers *servers, const struct server *server)
{
	return (struct tls_destination){
	    .domain = slice_of(servers->is_mx ? server->target->name : server->name),
	    .expanded = slice_of(servers->is_mx ? servers->expanded : ""),
	    .is_mx = servers->is_mx,
	    .is_secure = servers->is_secure};
}

struct tls_server
tls_server_of(const struct server *server)
{
	return (struct tls_server){.name = slice_of(server->name),
	    .expanded = slice_of(server->expanded),
	    .is_secure = server->is_secure,
	    .port = server->port};
}

static void
look_init(struct tls_look *k, struct probe *p, struct report *r, const struct link *link,
    const struct servers *servers)
{
	*k = (struct tls_look){.probe = p, .report = r, .link = link, .server = link->server};
	k->to = tls_destination_of(servers, link->server);
	k->its_server = tls_server_of(link->server);
}

void
tls_report_session(
    struct probe *p, struct report *r, const struct link *link, const struct servers *servers)
{
	struct tls_chain chain;
	struct tls_look k;

	look_init(&k, p, r, link, servers);
	if (tls_chain_take(&chain, link->tls) == -1)
		probe_no_memory();
	k.chain = &chain;
	tls_add_session(&k);
	tls_add_certificates(&k);
	if (tls_has_policies(k.server)) {
		tls_add_dane(&k);
		tls_add_verdicts(&k);
		tls_add_sts(&k);
	} else {
		tls_add_verdicts(&k);
	}
	tls_chain_free(&chain);
}

/* Only what the server itself says for good is "no": 454 is "later" (RFC 3207, 4). */
static enum verdict
could_have(const struct link *link)
{
	if (link->answer == UNSECURED)
		return NO;
	if (link->answer != ANSWERED)
		return UNKNOWN;
	return link->client.reply.code / 100 == 4 ? UNKNOWN : NO;
}

void
tls_report_without(
    struct probe *p, struct report *r, const struct link *link, const struct servers *servers)
{
	struct tls_look k;

	look_init(&k, p, r, link, servers);
	if (!tls_has_policies(k.server))
		return;
	k.without = could_have(link);
	tls_add_dane(&k);
	tls_add_sts(&k);
}
