/* SPDX-License-Identifier: ISC */
/* What policy services are asked, and what becomes of their answers (the control file policy). */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/random.h"
#include "net/endpoint.h"
#include "smtp/session_command.h"

#define RETURN_MS 1000 /* for a service that is being restarted */
#define LOOK_MS 20
#define REQUEST_MAX ((size_t)32768)
#define PREPENDED_MAX ((size_t)65536)

static struct session_policy *
make(void)
{
	struct session_policy *p = calloc(1, sizeof *p);

	if (p == NULL)
		return NULL;
	for (size_t i = 0; i < POLICY_SERVICES_MAX; i++)
		p->links[i].fd = -1;
	str_init(&p->request, REQUEST_MAX);
	str_init(&p->answer, POLICY_ANSWER_MAX);
	str_init(&p->text, POLICY_ANSWER_MAX);
	str_init(&p->prepended, PREPENDED_MAX);
	return p;
}

void
session_policy_reset(struct session *s)
{
	if (s->policy == NULL)
		return;
	s->policy->instance = 0;
	str_clear(&s->policy->prepended);
}

void
session_policy_free(struct session *s)
{
	struct session_policy *p = s->policy;

	if (p == NULL)
		return;
	for (size_t i = 0; i < POLICY_SERVICES_MAX; i++)
		policy_close(&p->links[i]);
	str_wipe(&p->request);
	str_wipe(&p->answer);
	str_wipe(&p->text);
	str_wipe(&p->prepended);
	free(p);
	s->policy = NULL;
}

static int
add_number(struct str *request, const char *name, uint64_t value)
{
	return str_format(request, "%s=%" PRIu64 "\n", name, value);
}

static int
add_text(struct str *request, const char *name, const char *value)
{
	return policy_add(request, name, slice_of(value));
}

/* 0 is what stands for a port that is not known; Postfix leaves it empty. */
static int
add_port(struct str *request, const char *name, uint16_t port)
{
	return port == 0 ? add_text(request, name, "") : add_number(request, name, port);
}

static int
add_client(struct str *r, const struct session *s)
{
	const struct session_client *c = &s->client;
	struct slice name = s->name.len > 0 ? s->name : slice_of("unknown");

	return add_text(r, "client_address", c->peer.address) ||
	       policy_add(r, "client_name", name) || policy_add(r, "reverse_client_name", name) ||
	       add_port(r, "client_port", c->port) ||
	       add_text(r, "server_address", c->server.address) ||
	       add_port(r, "server_port", c->server_port) ||
	       policy_add(r, "helo_name", str_slice(&s->helo)) ||
	       add_text(r, "protocol_name", s->extended ? "ESMTP" : "SMTP");
}

static int
add_rights(struct str *r, const struct session *s)
{
	const struct tls_info *tls = &s->client.tls;

	return add_text(r, "sasl_method", "") || add_text(r, "sasl_username", s->client.login) ||
	       add_text(r, "sasl_sender", "") ||
	       add_text(r, "ccert_subject", tls->client_subject) ||
	       add_text(r, "ccert_issuer", "") ||
	       add_text(r, "ccert_fingerprint", tls->client_fingerprint) ||
	       add_text(r, "encryption_protocol", tls->protocol) ||
	       add_text(r, "encryption_cipher", tls->cipher) ||
	       add_number(r, "encryption_keysize", tls->bits);
}

static int
compose(struct session *s, enum policy_stage stage, struct slice recipient)
{
	static const char *const states[] = {"RCPT", "DATA", "END-OF-MESSAGE"};
	const struct session_transaction *t = &s->transaction;
	struct str *r = &s->policy->request;

	while (s->policy->instance == 0)
		random_bytes(&s->policy->instance, sizeof s->policy->instance);
	str_clear(r);
	return add_text(r, "request", "smtpd_access_policy") ||
	       add_text(r, "protocol_state", states[stage]) || add_client(r, s) ||
	       add_text(r, "queue_id", stage == POLICY_END ? s->submit.id : "") ||
	       str_format(r, "instance=%016" PRIx64 "\n", s->policy->instance) ||
	       policy_add(r, "sender", str_slice(&t->reverse_path)) ||
	       policy_add(r, "recipient", recipient) ||
	       add_number(r, "recipient_count", stage == POLICY_RCPT ? 0 : t->recipients) ||
	       add_number(r, "size", stage == POLICY_END ? t->incoming.size : t->size) ||
	       add_rights(r, s) || add_text(r, "etrn_domain", "") || add_text(r, "stress", "") ||
	       add_text(r, "policy_context", "") || str_add_char(r, '\n');
}

static void
note(const struct policy_service *service, struct session *s, const char *key, struct slice what)
{
	struct str address;
	struct event e;

	str_init(&address, 64);
	event_start(&e, s->settings->program, "policy");
	event_text(&e, "client", s->client.peer.address);
	if (service->path != NULL || service->words != NULL) {
		event_text(
		    &e, "service", service->path != NULL ? service->path : service->words[0]);
	} else if (endpoint_add_text(&address, &service->address) == 0) {
		(void)str_format(&address, ":%u", (unsigned)endpoint_port(&service->address));
		event_text(&e, "service", address.data);
	}
	event_slice(&e, key, what);
	event_send(&e);
	str_free(&address);
}

/* One that is being restarted is given a moment to come back. */
static int
open_link(struct session *s, size_t index, deadline until)
{
	const struct policy_service *service = &s->settings->policy->services[index];
	struct session_policy *p = s->policy;
	deadline back = deadline_in_ms(p->is_gone[index] ? 0 : RETURN_MS);

	if (back > until)
		back = until;
	while (policy_open(&p->links[index], service, s->settings->executor, until) == -1) {
		if ((errno != ECONNREFUSED && errno != ENOENT) || deadline_poll_ms(back) == 0) {
			p->is_gone[index] = true;
			return -1;
		}
		(void)poll(NULL, 0, LOOK_MS);
	}
	p->is_gone[index] = false;
	return 0;
}

/*
 * A link that was idle may have been closed at its other end, and so may a new one whose service is
 * being restarted: a second one is tried. A program that was executed will do no better.
 */
static int
ask(struct session *s, size_t index)
{
	const struct policy_service *service = &s->settings->policy->services[index];
	struct policy_link *link = &s->policy->links[index];
	struct slice request = str_slice(&s->policy->request);
	deadline until = deadline_in_seconds((int64_t)s->settings->limits.smtpd_policy_timeout);
	int tries = link->fd != -1 || service->words == NULL ? 2 : 1;

	if (until > s->until)
		until = s->until;
	while (tries-- > 0) {
		if (link->fd == -1 && open_link(s, index, until) == -1)
			return -1;
		if (policy_ask(link, request, &s->policy->answer, until) == 0)
			return 0;
		policy_close(link);
	}
	return -1;
}

/* What it said outlasts the next answer. */
static struct verdict
keep(struct session *s, const struct policy_verdict *v, int code)
{
	struct session_policy *p = s->policy;

	str_clear(&p->text);
	(void)str_add_slice(&p->text, v->text);
	memcpy(p->status, v->status, sizeof p->status);
	if (code < 500)
		p->status[0] = '4';
	return (struct verdict){code, p->status, p->text.data};
}

static void
prepend(struct session *s, const struct policy_service *service, struct slice field)
{
	if (service->stage == POLICY_END)
		note(service, s, "ignored", slice_of("PREPEND: the message is stored already"));
	else if (str_format(&s->policy->prepended, "%.*s\r\n", (int)field.len, field.data) == -1)
		note(service, s, "ignored", slice_of("PREPEND: too many fields"));
}

/* What the services so far have left open. */
struct course {
	struct verdict found;	  /* code 0: nothing is against it */
	struct verdict if_permit; /* of DEFER_IF_PERMIT */
	bool if_reject;		  /* DEFER_IF_REJECT */
};

/* Takes what one service says; false if the others are not asked any more. */
static bool
take(struct session *s, const struct policy_service *service, struct course *c)
{
	struct policy_verdict v = policy_understand(str_slice(&s->policy->answer));

	switch (v.action) {
	case POLICY_OK:
		return false;
	case POLICY_REPLY:
		c->found = keep(s, &v, v.code >= 500 && c->if_reject ? 450 : v.code);
		return false;
	case POLICY_DEFER_IF_PERMIT:
		c->if_permit = keep(s, &v, v.code);
		break;
	case POLICY_DEFER_IF_REJECT:
		c->if_reject = true;
		break;
	case POLICY_PREPEND:
		prepend(s, service, v.text);
		break;
	case POLICY_NOTE:
		note(service, s, "note", v.text);
		break;
	case POLICY_OTHER:
		note(service, s, "ignored", v.text);
		break;
	case POLICY_DUNNO:
		break;
	}
	return true;
}

static struct verdict
ask_all(struct session *s, enum policy_stage stage, struct slice recipient)
{
	static const struct verdict lost = {
	    451, "4.3.5", "This cannot be decided now; try again later"};
	const struct policy *policy = s->settings->policy;
	bool goes_on = true, open = s->settings->limits.smtpd_policy_open != 0;
	struct course c = {.if_reject = false};

	for (size_t i = 0; goes_on && i < policy->count; i++) {
		const struct policy_service *service = &policy->services[i];

		if (service->stage != stage || (session_is_trusted(s) && !service->is_for_all))
			continue;
		if (s->policy == NULL)
			s->policy = make();
		if (s->policy == NULL || compose(s, stage, recipient) != 0)
			return lost;
		if (ask(s, i) == 0) {
			goes_on = take(s, service, &c);
			continue;
		}
		note(service, s, "reason", slice_of(strerror(errno)));
		if (!open)
			return lost;
	}
	return c.found.code != 0 ? c.found : c.if_permit;
}

struct verdict
session_policy_recipient(struct session *s, const struct command_path *path)
{
	if (s->settings->policy == NULL)
		return (struct verdict){0};
	return ask_all(s, POLICY_RCPT, path->mailbox);
}

struct verdict
session_policy_message(struct session *s, enum policy_stage stage)
{
	const struct session_transaction *t = &s->transaction;

	if (s->settings->policy == NULL)
		return (struct verdict){0};
	return ask_all(s, stage, t->recipients == 1 ? str_slice(&t->first) : slice_of(NULL));
}
