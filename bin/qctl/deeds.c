/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "act.h"

#define RETURNED_CODE "5.0.0"

enum deed
deed_refuse(struct act *a, enum deed deed, const char *why)
{
	int saved = errno;

	str_clear(&a->why);
	if (str_add_text(&a->why, why) == 0)
		return deed;
	errno = saved;
	return DEED_FAILED;
}

bool
deed_is_about(
    const struct act *a, const struct envelope_recipient *r, const struct recipient_state *state)
{
	if (state->status != RECIPIENT_WAITING)
		return false;
	return !a->wish->only ||
	       selection_has_recipient(&a->wish->selection, r->address, state->reply);
}

int64_t
deed_mark(struct act *a, struct claim *claim, enum recipient_status status, const char *reply)
{
	struct slice rest = claim->envelope.recipients;
	struct envelope_recipient r;
	int64_t count = 0;
	bool good = true;

	for (size_t i = 0; i < claim->header.recipients && envelope_next(&rest, &r); i++) {
		struct recipient_state state;

		claim_state(claim, i, &state);
		if (!deed_is_about(a, &r, &state))
			continue;
		state.status = status;
		state.reply = slice_of(reply);
		/* in memory each is marked, whatever the disk says */
		good = claim_mark(claim, i, &state) == 0 && good;
		count++;
	}
	return claim_sync(claim) == -1 || !good ? -1 : count;
}

/* What its sender had held until later (RFC 4865) is released, if it is to be tried now. */
static int
release_hold(struct claim *claim)
{
	struct recipient_state state;

	if (claim->envelope.hold.until == 0)
		return 0;
	claim_state(claim, 0, &state);
	state.is_released = true;
	return claim_mark(claim, 0, &state) == -1 ? -1 : claim_sync(claim);
}

/* To the verb's folder, unless it is there; a cell is as good as new/. */
static enum deed
move(struct act *a, const struct place *place, struct claim *claim)
{
	bool is_new = strcmp(a->verb->to, "new") == 0;

	if (is_new ? place->kind == PLACE_NEW : strcmp(place->name, a->verb->to) == 0)
		return DEED_DONE;
	return claim_move(claim, a->target) == -1 ? DEED_FAILED : DEED_DONE;
}

enum deed
deed_hold(struct act *a, const struct place *place, struct claim *claim)
{
	return move(a, place, claim);
}

enum deed
deed_release(struct act *a, const struct place *place, struct claim *claim)
{
	return move(a, place, claim);
}

enum deed
deed_retry(struct act *a, const struct place *place, struct claim *claim)
{
	return release_hold(claim) == -1 ? DEED_FAILED : move(a, place, claim);
}

static bool
has_status(const struct claim *claim, enum recipient_status status)
{
	for (size_t i = 0; i < claim->header.recipients; i++) {
		struct recipient_state state;

		claim_state(claim, i, &state);
		if (state.status == status)
			return true;
	}
	return false;
}

/*
 * What qrun would do with recipients who have failed for good is what it does with these: the next
 * pass sends the report. A message that its sender had held would not be looked at before its time,
 * which is right while somebody waits for that. Killed before the move, it is done when it is asked
 * for again.
 */
enum deed
deed_bounce(struct act *a, const struct place *place, struct claim *claim)
{
	char reply[MESSAGE_REPLY_MAX * 4];
	int64_t count;

	snprintf(reply, sizeof reply, RETURNED_CODE " - %s",
	    a->wish->reason == NULL ? "returned by the postmaster" : a->wish->reason);
	count = deed_mark(a, claim, RECIPIENT_FAILED, reply);
	if (count == -1 || (!has_status(claim, RECIPIENT_WAITING) && release_hold(claim) == -1))
		return DEED_FAILED;
	if (count == 0 && (a->wish->only || !has_status(claim, RECIPIENT_FAILED)))
		return deed_refuse(a, DEED_REFUSED, "has nobody who is waited for");
	return move(a, place, claim);
}

static enum deed
remove_message(struct act *a, struct claim *claim)
{
	int cell = claim->cell;

	if (claim_remove(claim) == -1)
		return DEED_FAILED;
	/* a cell is free once that is durable */
	if (cell != -1)
		a->cells[a->cell_count++] = cell;
	return DEED_DONE;
}

enum deed
deed_leave(struct act *a, struct claim *claim, bool is_marked)
{
	for (size_t i = 0; i < claim->header.recipients; i++) {
		struct recipient_state state;

		claim_state(claim, i, &state);
		if (!selection_is_done(&state))
			return is_marked ? DEED_DONE : DEED_FAILED;
	}
	return remove_message(a, claim);
}

enum deed
deed_delete(struct act *a, const struct place *place, struct claim *claim)
{
	int64_t count;

	(void)place;
	if (!a->wish->only)
		return remove_message(a, claim);
	count =
	    deed_mark(a, claim, RECIPIENT_BOUNCED, RETURNED_CODE " - deleted by the postmaster");
	if (count == -1)
		return DEED_FAILED;
	if (count == 0)
		return deed_refuse(a, DEED_REFUSED, "has nobody of those who is waited for");
	if (str_format(&a->note, ": %lld recipient%s", (long long)count, count == 1 ? "" : "s") ==
	    -1)
		return DEED_FAILED;
	return deed_leave(a, claim, true);
}
