/* SPDX-License-Identifier: ISC */
/* A connection that is kept may serve another domain than it was opened for: many share servers. */
#include <string.h>

#include "send.h"

bool
kept_may_be_taken_over(const struct sender *s, const struct attempt *a)
{
	struct slice kept = str_slice(&s->destination);

	/* who is logged in speaks for one of his own */
	return s->credential == NULL && client_is_open(&s->client) &&
	       slice_starts(a->destination, "mx:") && slice_starts(kept, "mx:") &&
	       !slice_equal(kept, a->destination);
}

static bool
is_same_server(const struct hop *a, const struct hop *b)
{
	return a->len == b->len && memcmp(&a->address, &b->address, a->len) == 0 &&
	       slice_equal_nocase(slice_of(a->name), slice_of(b->name));
}

static struct hop *
find(const struct sender *s, struct hops *h)
{
	for (size_t i = 0; i < h->count; i++)
		if (!h->list[i].is_done && is_same_server(&h->list[i], &s->connected))
			return &h->list[i];
	return NULL;
}

struct hop *
kept_take_over(struct sender *s, struct attempt *a, struct hops *h)
{
	struct client_outcome outcome;
	struct hop *hop = kept_may_be_taken_over(s, a) ? find(s, h) : NULL;
	bool may;

	if (hop == NULL || s->client.messages >= a->per_connection || client_is_full(&s->client) ||
	    client_is_stale(&s->client, NULL) || !race_is_from_same(s, h))
		return NULL;
	client_outcome_init(&outcome);
	may = login_find(s, a, hop) == NULL && hops_decide(s, a, h, hop, &outcome) &&
	      secure_takes_on(&s->secure, a, &s->client, &h->tls);
	client_outcome_free(&outcome);
	if (!may)
		return NULL;
	connection_note_destination(s, a);
	return hop;
}
