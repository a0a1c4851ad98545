/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <string.h>

#include "accept_parts.h"
#include "base/clock.h"
#include "base/crc32c.h"
#include "base/fields.h"
#include "spool/envelope.h"
#include "spool/key.h"

#define KEY_PATIENCE_MS 20000 /* while another commits under the same key */

/* Whom it is from and to: the times that it is for change from one call to the next. */
static uint32_t
sum_of_addresses(struct slice fields)
{
	struct field field;
	uint32_t sum = 0;

	while (fields_next(&fields, '\0', &field) == FIELDS_ONE)
		if (field.letter == 'F' || field.letter == 'T') {
			sum = crc32c(sum, &field.letter, 1);
			sum = crc32c(sum, field.value.data, field.value.len);
		}
	return sum;
}

/* The key is its submitter's alone: that of another user never meets it. */
void
accept_take_key(struct accept *a, struct slice fields, uid_t uid)
{
	struct slice key = envelope_find_key(fields);

	a->record[0] = a->known[0] = '\0';
	a->is_other = false;
	if (key.len == 0)
		return;
	key_record_name(a->record, uid, key, clock_wall_seconds());
	a->content = sum_of_addresses(fields);
}

/* The one that came before is the one. */
static bool
take_known(struct accept *a, const struct key *k)
{
	memcpy(a->known, k->id, sizeof a->known);
	a->is_other = k->content != a->content;
	commit_abort(&a->commit);
	return true;
}

static bool
finish_held(struct accept *a, struct key *k)
{
	switch (key_ask(k, (int64_t)a->limits.key_lifetime)) {
	case KEY_TAKEN:
		return take_known(a, k);
	case KEY_FREE:
		if (!accept_count_quota(a)) {
			accept_drop(a);
			return false;
		}
		if (key_promise(k, accept_id(a), a->content) == 0)
			return accept_finish(a);
		break;
	case KEY_ERROR:
		break;
	}
	(void)accept_fail(
	    a, ACCEPT_CANNOT_WRITE, "unable to look at its key in the spool: %s", strerror(errno));
	accept_drop(a);
	return false;
}

bool
accept_finish_by_key(struct accept *a)
{
	bool good = false;
	struct key k;

	if (key_hold(&k, &a->spool, slice_of(a->record), deadline_in_ms(KEY_PATIENCE_MS)) == 0)
		good = finish_held(a, &k);
	else if (errno == ETIMEDOUT)
		(void)accept_fail(a, ACCEPT_LATER,
		    "another message with the same key is just being queued: try again");
	else
		(void)accept_fail(a, ACCEPT_CANNOT_WRITE, "unable to hold its key in the spool: %s",
		    strerror(errno));
	key_let_go(&k);
	if (!good)
		accept_drop(a);
	return good;
}
