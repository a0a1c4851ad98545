/* SPDX-License-Identifier: ISC */
/*
 * Whether a message and its addresses can go to the server at hand, and making them fit: addresses
 * and header fields that are not ASCII go with SMTPUTF8 (RFC 6531, 3) or not at all; bodies that
 * the server does not take are converted (RFC 6152, 3; RFC 3030, 3).
 */
#include "mail/address.h"
#include "smtp/client.h"
#include "smtp/client_session.h"

bool
client_offers(const struct client_transaction *t, enum client_extension extension)
{
	return (t->client->extensions & extension) != 0;
}

/* RFC 6531, 3.1 (8): with 8BITMIME, or it is not meant. */
static bool
takes_utf8(const struct client_transaction *t)
{
	return client_offers(t, CLIENT_SMTPUTF8) && client_offers(t, CLIENT_8BITMIME);
}

/* An address that would not stay within its brackets, or is not for this server, is not sent. */
bool
client_address_is_fit(struct client_transaction *t, struct slice text)
{
	struct address parts;

	switch (address_parse(text, ADDRESS_BARE | (takes_utf8(t) ? ADDRESS_UTF8 : 0U), &parts)) {
	case ADDRESS_OK:
		return true;
	case ADDRESS_8BIT:
		client_outcome_set(&t->outcome, CLIENT_PERMANENT, "5.6.7",
		    "address is not ASCII, and the server does not offer SMTPUTF8");
		return false;
	case ADDRESS_SYNTAX:
	case ADDRESS_TOO_LONG:
		break;
	}
	client_outcome_set(&t->outcome, CLIENT_PERMANENT, "5.1.3", "not a valid address");
	return false;
}

static int
unable_to_read(struct client_transaction *t)
{
	client_outcome_set(
	    &t->outcome, CLIENT_TEMPORARY, "4.3.0", "unable to read or convert the message");
	return -1;
}

/* 1 if header fields, of parts, too, are not ASCII; -1 with the outcome set. */
static int
has_utf8_header(struct client_transaction *t)
{
	const struct client_message *m = &t->message;
	struct convert_file look;

	if (!m->is_utf8)
		return 0;
	if (!t->is_looked_at) {
		convert_file_init(&look);
		if (convert_file_look(&look, m->fd, m->offset, m->length) == -1)
			return unable_to_read(t);
		t->needs = look.needs;
		t->is_looked_at = true;
	}
	return (t->needs & CONVERT_UTF8) != 0;
}

static bool
has_utf8_address(const struct client_transaction *t)
{
	for (size_t i = 0; i < t->count; i++)
		if (!slice_is_ascii(t->recipients[i].address))
			return true;
	return !slice_is_ascii(t->message.reverse_path);
}

/*
 * SMTPUTF8 is said only where it is needed: what does not need it goes everywhere (RFC 6531, 3.4).
 * An address of a recipient that is not ASCII is that recipient's matter alone.
 */
static int
check_utf8(struct client_transaction *t)
{
	int header = has_utf8_header(t);

	t->declares_utf8 = takes_utf8(t) && (header == 1 || has_utf8_address(t));
	if (header == 1 && !takes_utf8(t)) {
		client_outcome_set(&t->outcome, CLIENT_PERMANENT, "5.6.9",
		    "header fields are not ASCII, and the server does not offer SMTPUTF8");
		return -1;
	}
	return header == -1 ? -1 : 0;
}

static int
refuse(struct client_transaction *t, bool is_binary, enum convert_result result)
{
	const char *what = is_binary
			       ? "message is binary, which is not sent"
			       : "message is 8-bit, and the server takes 7-bit only (no 8BITMIME)";

	client_outcome_set(&t->outcome,
	    result == CONVERT_NO_MEMORY ? CLIENT_TEMPORARY : CLIENT_PERMANENT, convert_code(result),
	    "%s; it cannot be converted: %s", what, convert_reason(result));
	return -1;
}

/* Another message goes in place of the one at hand. */
static int
convert(struct client_transaction *t, bool is_binary)
{
	struct client_message *m = &t->message;
	enum convert_domain domain =
	    client_offers(t, CLIENT_8BITMIME) ? CONVERT_TO_8BIT : CONVERT_TO_7BIT;

	if (t->client->no_conversion) {
		client_outcome_set(&t->outcome, CLIENT_PERMANENT, "5.6.2",
		    "message is %s, which the server does not take; "
		    "this host is set not to convert it",
		    is_binary ? "binary" : "8-bit");
		return -1;
	}
	t->block_len = 0; /* it may be of the other */
	if (convert_file_make(&t->copy, domain, m->fd, m->offset, m->length) == -1)
		return unable_to_read(t);
	if (t->copy.result != CONVERT_POSSIBLE)
		return refuse(t, is_binary, t->copy.result);
	t->declares_8bit = t->copy.is_8bit;
	if (t->copy.is_original)
		return 0;
	t->original = *m;
	m->fd = t->copy.fd;
	m->offset = 0;
	m->length = t->copy.length;
	return 0;
}

static void
undo_conversion(struct client_transaction *t)
{
	if (t->copy.fd == -1)
		return;
	if (t->message.fd == t->copy.fd)
		t->message = t->original;
	t->block_len = 0;
	convert_file_close(&t->copy);
}

/* RFC 3030, 3: by BDAT alone. */
static bool
takes_binary(const struct client_transaction *t)
{
	return client_offers(t, CLIENT_BINARYMIME) && client_offers(t, CLIENT_CHUNKING) &&
	       !t->client->no_chunking;
}

static int
check_body(struct client_transaction *t)
{
	bool is_binary = slice_is_nocase(t->message.body, "BINARYMIME");
	bool said_8bit = slice_is_nocase(t->message.body, "8BITMIME");
	int found;

	t->declares_8bit = false;
	t->declares_binary = is_binary && takes_binary(t);
	if (is_binary)
		return t->declares_binary ? 0 : convert(t, true);
	/* 7BIT is the word of whoever sent it; no server shall get it wrong */
	found = said_8bit && client_offers(t, CLIENT_8BITMIME) ? 1 : client_has_8bit(t);
	if (found == -1)
		return unable_to_read(t);
	if (found == 1 && !client_offers(t, CLIENT_8BITMIME))
		return convert(t, false);
	t->declares_8bit = found == 1;
	return 0;
}

static int
check_size(struct client_transaction *t)
{
	uint64_t length = t->message.length, limit = t->client->size_limit;

	if (limit == 0 || length <= limit)
		return 0;
	client_outcome_set(&t->outcome, CLIENT_PERMANENT, "5.3.4",
	    "message of %llu octets is larger than the %llu that the server takes",
	    (unsigned long long)length, (unsigned long long)limit);
	return -1;
}

/* RFC 2852, 4.1.4.1: mode R goes to servers alone that hold themselves to it, and can. */
static int
check_by(struct client_transaction *t)
{
	const struct envelope_deliver_by *by = &t->message.by;
	int64_t left = by->time - clock_wall_seconds();

	if (by->time == 0 || !by->returns)
		return 0;
	if (left <= 0) {
		client_outcome_set(&t->outcome, CLIENT_PERMANENT, "5.4.7",
		    "not delivered by the time that its sender asked for");
		return -1;
	}
	if (!client_offers(t, CLIENT_DELIVERBY) || (int64_t)t->client->by_minimum > left) {
		client_outcome_set(&t->outcome, CLIENT_PERMANENT, "5.3.3",
		    "the server does not promise to deliver by a time (DELIVERBY)");
		return -1;
	}
	return 0;
}

/*
 * RFC 8689, 4.2.1: every server on the way must promise the same. Reports, which would be lost, go
 * all the same (5).
 */
static int
check_tls(struct client_transaction *t)
{
	if (!t->message.requires_tls || t->message.reverse_path.len == 0 || t->client->is_local)
		return 0;
	if (!t->client->is_protected) {
		client_outcome_set(&t->outcome, CLIENT_PERMANENT, "5.7.10",
		    "message requires TLS (REQUIRETLS), and there is none with a server that was "
		    "verified");
		return -1;
	}
	if (client_offers(t, CLIENT_REQUIRETLS))
		return 0;
	client_outcome_set(&t->outcome, CLIENT_PERMANENT, "5.7.30",
	    "message requires TLS on all its way (REQUIRETLS), which the server does not promise");
	return -1;
}

int
client_check_message(struct client_transaction *t)
{
	undo_conversion(t);
	if (check_tls(t) == -1 || check_by(t) == -1)
		return -1;
	if (t->message.reverse_path.len > 0 && !client_address_is_fit(t, t->message.reverse_path))
		return -1;
	if (check_utf8(t) == -1 || check_body(t) == -1)
		return -1;
	return check_size(t);
}
