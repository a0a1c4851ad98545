/* SPDX-License-Identifier: ISC */
/*
 * What is kept of a transaction, and which recipients it is about: all, or as many at once as the
 * server takes (RFC 9422; 452 of RFC 5321, 4.5.3.1.10).
 */
#include <stdlib.h>

#include "smtp/client.h"
#include "smtp/client_session.h"

void
client_transaction_init(struct client_transaction *t)
{
	*t = (struct client_transaction){.count = 0};
	client_outcome_init(&t->outcome);
	convert_file_init(&t->copy);
}

void
client_transaction_free(struct client_transaction *t)
{
	client_outcome_free(&t->outcome);
	convert_file_close(&t->copy);
	free(t->block);
	t->block = NULL;
}

void
client_transaction_reset(struct client_transaction *t)
{
	t->message = (struct client_message){.fd = -1};
	t->count = 0;
	t->block_len = 0;
	t->is_looked_at = false;
	convert_file_close(&t->copy);
}

void
client_start_round(struct client_transaction *t)
{
	const struct client *c = t->client;

	t->is_grouped = (c->extensions & CLIENT_PIPELINING) != 0 && !c->no_pipelining;
	t->uses_bdat = (c->extensions & CLIENT_CHUNKING) != 0 && !c->no_chunking;
	t->is_ahead = t->is_behind_bdat = t->is_together = t->is_sent = false;
	t->is_refused = t->has_stumbled = false;
	t->accepted = t->first_later = 0;
}

void
client_start_over(struct client_transaction *t)
{
	client_start_round(t);
	t->left = 0;
	for (size_t i = 0; i < t->count; i++) {
		t->stage[i] = CLIENT_LEFT;
		t->recipients[i].outcome->is_set = false;
	}
}

bool
client_has_stage(const struct client_transaction *t, enum client_stage stage)
{
	for (size_t i = 0; i < t->count; i++)
		if (t->stage[i] == stage)
			return true;
	return false;
}

void
client_decide(
    struct client_transaction *t, enum client_stage stage, const struct client_outcome *outcome)
{
	for (size_t i = 0; i < t->count; i++)
		if (t->stage[i] == stage) {
			client_outcome_copy(t->recipients[i].outcome, outcome);
			t->stage[i] = CLIENT_DECIDED;
		}
}

bool
client_is_full(const struct client *c)
{
	return c->limits.mails > 0 && c->mails >= c->limits.mails;
}

static bool
has_domain(const struct client *c, struct slice domain)
{
	struct slice rest = str_slice(&c->domains), one;

	while (slice_take(&rest, '\n', &one))
		if (slice_equal_nocase(one, domain))
			return true;
	return false;
}

/* RCPTDOMAINMAX counts the domains of a session. */
static bool
may_ask(struct client *c, struct slice address)
{
	size_t at = 0, next;
	struct slice domain;

	if (c->limits.domains == 0)
		return true;
	while ((next = at + slice_find(slice_skip(address, at), '@')) < address.len)
		at = next + 1;
	domain = slice_skip(address, at);
	if (has_domain(c, domain))
		return true;
	if (c->domain_count >= c->limits.domains ||
	    str_format(&c->domains, "%.*s\n", (int)domain.len, domain.data) == -1)
		return false;
	c->domain_count++;
	return true;
}

size_t
client_choose(struct client_transaction *t)
{
	struct client *c = t->client;
	size_t chosen = 0, max = CLIENT_RECIPIENTS_MAX;

	if (c->limits.recipients > 0 && c->limits.recipients < max)
		max = (size_t)c->limits.recipients;
	for (size_t i = 0; i < t->count && chosen < max; i++) {
		struct slice address = t->recipients[i].address;

		if (t->stage[i] != CLIENT_LEFT)
			continue;
		if (!client_address_is_fit(t, address)) {
			client_outcome_copy(t->recipients[i].outcome, &t->outcome);
			t->stage[i] = CLIENT_DECIDED;
		} else if (may_ask(c, address)) {
			t->stage[i] = CLIENT_CHOSEN;
			chosen++;
		}
	}
	return chosen;
}
