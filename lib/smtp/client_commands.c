/* SPDX-License-Identifier: ISC */
/* What a transaction asks for: MAIL, RCPT and DATA with what they say of the message. */
#include "mail/address.h"
#include "smtp/client.h"
#include "smtp/client_session.h"

static bool
offers(const struct client_transaction *t, enum client_extension extension)
{
	return (t->client->extensions & extension) != 0;
}

/* A parameter of RFC 3461; what could be two is left out. */
static int
add_parameter(struct client_transaction *t, const char *name, struct slice value)
{
	if (!offers(t, CLIENT_DSN) || value.len == 0 || slice_find(value, ' ') < value.len ||
	    slice_has_control(value) || !slice_is_ascii(value))
		return 0;
	return str_format(&t->client->output, " %s=%.*s", name, (int)value.len, value.data);
}

int
client_add_mail(struct client_transaction *t)
{
	const struct client_message *m = &t->message;
	struct str *out = &t->client->output;
	struct slice path = m->reverse_path;

	if (str_format(out, "MAIL FROM:<%.*s>", (int)path.len, path.data) == -1 ||
	    (offers(t, CLIENT_SIZE) &&
		str_format(out, " SIZE=%llu", (unsigned long long)m->length) == -1) ||
	    (t->declares_8bit && str_add_text(out, " BODY=8BITMIME") == -1) ||
	    add_parameter(t, "RET", m->return_part) == -1 ||
	    add_parameter(t, "ENVID", m->envelope_id) == -1)
		return -1;
	return str_add_text(out, "\r\n");
}

int
client_add_rcpt(struct client_transaction *t, size_t recipient)
{
	const struct client_recipient *r = &t->recipients[recipient];
	struct str *out = &t->client->output;

	if (str_format(out, "RCPT TO:<%.*s>", (int)r->address.len, r->address.data) == -1 ||
	    add_parameter(t, "NOTIFY", r->notify) == -1 ||
	    add_parameter(t, "ORCPT", r->original) == -1)
		return -1;
	return str_add_text(out, "\r\n");
}

int
client_add_group(struct client_transaction *t)
{
	if (client_add_mail(t) == -1)
		return -1;
	for (size_t i = 0; i < t->count; i++) {
		if (!client_address_is_fit(t, t->recipients[i].address)) {
			client_outcome_copy(t->recipients[i].outcome, &t->outcome);
			continue;
		}
		t->asked[i] = true;
		if (client_add_rcpt(t, i) == -1)
			return -1;
	}
	t->is_grouped = true;
	return str_add_text(&t->client->output, "DATA\r\n");
}

/* An address that would not stay within its brackets, or is not for this server, is not sent. */
bool
client_address_is_fit(struct client_transaction *t, struct slice text)
{
	struct address parts;

	switch (address_parse(text, ADDRESS_BARE, &parts)) {
	case ADDRESS_OK:
		return true;
	case ADDRESS_8BIT:
		client_outcome_set(&t->outcome, CLIENT_PERMANENT, "5.6.7",
		    "address needs SMTPUTF8, which is not supported yet");
		return false;
	case ADDRESS_SYNTAX:
	case ADDRESS_TOO_LONG:
		break;
	}
	client_outcome_set(&t->outcome, CLIENT_PERMANENT, "5.1.3", "not a valid address");
	return false;
}

/* A conversion of 8-bit text (RFC 6152, 3) is not there yet. */
static int
check_8bit(struct client_transaction *t)
{
	bool said_8bit = slice_is_nocase(t->message.body, "8BITMIME");
	/* 7BIT is the word of whoever sent it; no server shall get it wrong */
	int found = said_8bit && offers(t, CLIENT_8BITMIME) ? 1 : client_has_8bit(t);

	if (found == -1) {
		client_outcome_set(
		    &t->outcome, CLIENT_TEMPORARY, "4.3.0", "unable to read the message");
		return -1;
	}
	t->declares_8bit = found == 1 && offers(t, CLIENT_8BITMIME);
	if (found == 1 && !t->declares_8bit) {
		client_outcome_set(&t->outcome, CLIENT_PERMANENT, "5.6.3",
		    "message is 8-bit, and the server takes 7-bit only (no 8BITMIME)");
		return -1;
	}
	return 0;
}

int
client_check_message(struct client_transaction *t)
{
	uint64_t length = t->message.length, limit = t->client->size_limit;

	if (t->message.reverse_path.len > 0 && !client_address_is_fit(t, t->message.reverse_path))
		return -1;
	if (limit > 0 && length > limit) {
		client_outcome_set(&t->outcome, CLIENT_PERMANENT, "5.3.4",
		    "message of %llu octets is larger than the %llu that the server takes",
		    (unsigned long long)length, (unsigned long long)limit);
		return -1;
	}
	return check_8bit(t);
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

void
client_put_ahead(const struct client_transaction *t, struct client_transaction *next)
{
	struct client *c = t->client;

	next->client = c;
	client_start_over(next);
	if (!t->is_grouped || c->no_overlap || has_put_off(t) || client_check_message(next) == -1)
		return;
	if (client_add_group(next) == -1) {
		str_clear(&c->output); /* it will have its turn without it */
		return;
	}
	next->is_ahead = true;
	c->ahead = next;
}
