/* SPDX-License-Identifier: ISC */
/* What a transaction asks for: MAIL, RCPT and DATA with what they say of the message. */
#include "mail/encode.h"
#include "smtp/client.h"
#include "smtp/client_session.h"

/* A parameter of RFC 3461; what could be two is left out. */
static int
add_parameter(struct client_transaction *t, const char *name, struct slice value)
{
	if (!client_offers(t, CLIENT_DSN) || value.len == 0 || slice_find(value, ' ') < value.len ||
	    slice_has_control(value) || (!slice_is_ascii(value) && !t->declares_utf8))
		return 0;
	return str_format(&t->client->output, " %s=%.*s", name, (int)value.len, value.data);
}

/* RFC 2852, 4.1.4: what is left of the time. */
static int
add_by(const struct client_transaction *t)
{
	const struct envelope_deliver_by *by = &t->message.by;

	if (by->time == 0 || !client_offers(t, CLIENT_DELIVERBY))
		return 0;
	return str_format(&t->client->output, " BY=%lld;%c%s",
	    (long long)(by->time - clock_wall_seconds()), by->returns ? 'R' : 'N',
	    by->trace ? "T" : "");
}

static int
add_priority(const struct client_transaction *t)
{
	if (t->message.priority == 0 || !client_offers(t, CLIENT_PRIORITY))
		return 0;
	return str_format(&t->client->output, " MT-PRIORITY=%d", t->message.priority);
}

/* RFC 8689, 2: only in a session that meets what it asks for. */
static int
add_requirement(const struct client_transaction *t)
{
	if (!t->message.requires_tls || !t->client->is_protected ||
	    !client_offers(t, CLIENT_REQUIRETLS))
		return 0;
	return str_add_text(&t->client->output, " REQUIRETLS");
}

/*
 * RFC 4954, 5: whom this host has logged in to may believe it about who submitted the message;
 * nobody else is told. It is xtext already.
 */
static int
add_submitter(struct client_transaction *t)
{
	struct slice submitter = t->message.submitter;

	if (!t->client->is_authenticated || !client_offers(t, CLIENT_AUTH))
		return 0;
	if (submitter.len == 0 || slice_find(submitter, ' ') < submitter.len ||
	    slice_has_control(submitter) || !slice_is_ascii(submitter))
		submitter = slice_of("<>");
	return str_format(&t->client->output, " AUTH=%.*s", (int)submitter.len, submitter.data);
}

int
client_add_mail(struct client_transaction *t)
{
	const struct client_message *m = &t->message;
	struct str *out = &t->client->output;
	struct slice path = m->reverse_path;

	if (str_format(out, "MAIL FROM:<%.*s>", (int)path.len, path.data) == -1 ||
	    (client_offers(t, CLIENT_SIZE) &&
		str_format(out, " SIZE=%llu", (unsigned long long)m->length) == -1) ||
	    (t->declares_binary && str_add_text(out, " BODY=BINARYMIME") == -1) ||
	    (t->declares_8bit && str_add_text(out, " BODY=8BITMIME") == -1) ||
	    (t->declares_utf8 && str_add_text(out, " SMTPUTF8") == -1) ||
	    add_parameter(t, "RET", m->return_part) == -1 ||
	    add_parameter(t, "ENVID", m->envelope_id) == -1 || add_by(t) == -1 ||
	    add_priority(t) == -1 || add_requirement(t) == -1 || add_submitter(t) == -1)
		return -1;
	return str_add_text(out, "\r\n");
}

/*
 * RFC 2852, 4.1.4.2: a server that does not know BY is asked for reports of delays at least, which
 * overrules RFC 3461, 6.2.1.
 */
static int
add_notify(struct client_transaction *t, struct slice notify)
{
	const struct envelope_deliver_by *by = &t->message.by;
	struct slice rest = notify, one;
	bool has_delay = false;

	if (by->time == 0 || by->returns || client_offers(t, CLIENT_DELIVERBY) ||
	    !client_offers(t, CLIENT_DSN) || slice_is_nocase(notify, "NEVER"))
		return add_parameter(t, "NOTIFY", notify);
	if (notify.len == 0)
		return add_parameter(t, "NOTIFY", slice_of("FAILURE,DELAY"));
	while (slice_take(&rest, ',', &one))
		has_delay = has_delay || slice_is_nocase(one, "DELAY");
	return add_parameter(t, "NOTIFY", notify) == -1 ||
		       (!has_delay && str_add_text(&t->client->output, ",DELAY") == -1)
		   ? -1
		   : 0;
}

/* RFC 6533, 3: octets that are not ASCII go where SMTPUTF8 was said alone. */
static int
add_original(struct client_transaction *t, struct slice original)
{
	struct str *out = &t->client->output;

	if (slice_is_ascii(original) || slice_find(original, ' ') < original.len ||
	    slice_has_control(original) || !client_offers(t, CLIENT_DSN))
		return add_parameter(t, "ORCPT", original);
	if (str_add_text(out, " ORCPT=") == -1)
		return -1;
	return t->declares_utf8 ? str_add_slice(out, original)
				: encode_unitext(out, original, false);
}

int
client_add_rcpt(struct client_transaction *t, size_t recipient)
{
	const struct client_recipient *r = &t->recipients[recipient];
	struct str *out = &t->client->output;

	if (str_format(out, "RCPT TO:<%.*s>", (int)r->address.len, r->address.data) == -1 ||
	    add_notify(t, r->notify) == -1 || add_original(t, r->original) == -1)
		return -1;
	return str_add_text(out, "\r\n");
}

int
client_add_group(struct client_transaction *t)
{
	if (client_add_mail(t) == -1)
		return -1;
	for (size_t i = 0; i < t->count; i++) {
		if (t->stage[i] != CLIENT_CHOSEN)
			continue;
		t->stage[i] = CLIENT_ASKED;
		if (client_add_rcpt(t, i) == -1)
			return -1;
	}
	return t->uses_bdat ? 0 : str_add_text(&t->client->output, "DATA\r\n");
}

/* Somebody who was put off may be taken by another server, which comes before the next message. */
static bool
has_put_off(const struct client_transaction *t)
{
	for (size_t i = 0; i < t->count; i++)
		if (t->recipients[i].outcome->is_set &&
		    t->recipients[i].outcome->status == CLIENT_TEMPORARY)
			return true;
	return false;
}

/* All that NEXT is for can be asked at once, behind T. */
static bool
may_go_ahead(const struct client_transaction *t, struct client_transaction *next)
{
	const struct client *c = t->client;

	return t->is_grouped && !c->is_lmtp && !c->no_overlap && !client_is_full(c) &&
	       !has_put_off(t) && !client_has_stage(t, CLIENT_LEFT) &&
	       client_check_message(next) == 0 && client_choose(next) > 0 &&
	       !client_has_stage(next, CLIENT_LEFT);
}

/*
 * RFC 3030, 2: a BDAT that fails leaves who knows what, which RSET ends; whether it will fail is
 * not known yet.
 */
void
client_put_ahead(const struct client_transaction *t, struct client_transaction *next)
{
	struct client *c = t->client;

	next->client = c;
	client_start_over(next);
	if (!may_go_ahead(t, next))
		return;
	if ((t->uses_bdat && str_add_text(&c->output, "RSET\r\n") == -1) ||
	    client_add_group(next) == -1) {
		str_clear(&c->output); /* it will have its turn without it */
		return;
	}
	next->is_behind_bdat = t->uses_bdat;
	next->is_ahead = true;
	c->mails++;
	c->ahead = next;
}
