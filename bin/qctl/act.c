/* SPDX-License-Identifier: ISC */
#include "act.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/die.h"
#include "base/io.h"
#include "init.h"
#include "spool/cell.h"
#include "spool/claim.h"
#include "spool/id.h"
#include "spool/place.h"
#include "spool/spool.h"

/* Where each action finds its messages, where it puts them, and what it then says. */
static const struct rule {
	unsigned from;
	const char *to; /* null: removed */
	const char *done, *elsewhere;
} rules[] = {
    [ACTION_HOLD] = {PLACE_NEW | PLACE_DEFERRED, "hold", "held", "is not waiting"},
    [ACTION_RELEASE] = {PLACE_HOLD, "new", "released", "is not held"},
    [ACTION_RETRY] = {PLACE_NEW | PLACE_DEFERRED, "new", "to be tried now", "is not waiting"},
    [ACTION_DELETE] = {PLACE_ANY, NULL, "deleted", "is not in the spool"},
};

struct act {
	struct spool spool;
	const struct rule *rule;
	int target;	    /* directory, -1 for none */
	const char *wanted; /* the id, or null for all */
	bool found;
	bool is_dirty; /* something was done in the place being visited */
	int code;
};

static void
fail(struct act *a, int code, const char *id, const char *why)
{
	fprintf(stderr, "%s: %s %s\n", PROGRAM, id, why);
	/* that a message is busy passes; what is permanent outweighs it */
	if (a->code != EXIT_PERMANENT)
		a->code = code;
}

static void
report(struct act *a, const char *id, int result)
{
	if (result == 0) {
		printf("%s %s\n", id, a->rule->done);
		a->is_dirty = true;
	} else if (errno != ENOENT)
		fail(a, EXIT_TEMPORARY, id, strerror(errno));
}

/* Where a cell's message is removed, the cell is free when that is durable. */
static int
remove_claimed(struct act *a, struct claim *claim)
{
	int cell = claim->cell, result = claim_remove(claim);

	if (result == -1 || cell == -1)
		return result;
	if (cell_sync(&a->spool) == -1)
		return -1;
	cell_offer(&a->spool, &cell, 1);
	return 0;
}

/* What its sender had held until later (RFC 4865) is released, if it is to be tried now. */
static int
release_claimed(struct claim *claim)
{
	struct recipient_state state;

	if (claim->envelope.hold.until == 0)
		return 0;
	claim_state(claim, 0, &state);
	state.is_released = true;
	return claim_mark(claim, 0, &state) == -1 ? -1 : claim_sync(claim);
}

static int
move_claimed(const struct act *a, struct claim *claim)
{
	int result = a->rule == &rules[ACTION_RETRY] ? release_claimed(claim) : 0;

	if (result == 0)
		result = claim_move(claim, a->target);
	if (result == -1)
		claim_release(claim);
	return result;
}

static void
act_on_claim(struct act *a, const struct place *place, const struct place_entry *entry)
{
	const char *id = entry->id;
	enum claim_result result;
	struct claim claim;

	if (entry->cell == -1)
		result = claim_take(&claim, place->fd, id, false);
	else
		result = claim_take_cell(&claim, &a->spool, entry->cell, true);
	if (result == CLAIM_TAKEN && strcmp(claim.header.id, id) != 0) {
		claim_release(&claim); /* another message, meanwhile */
		result = CLAIM_GONE;
	}
	switch (result) {
	case CLAIM_TAKEN:
		if (a->rule->to != NULL && strcmp(a->rule->to, place->name) == 0) {
			int marked = a->rule == &rules[ACTION_RETRY] ? release_claimed(&claim) : 0;

			claim_release(&claim); /* it is there already */
			report(a, id, marked);
		} else
			report(a, id,
			    a->target == -1 ? remove_claimed(a, &claim) : move_claimed(a, &claim));
		break;
	case CLAIM_BUSY:
		fail(a, EXIT_TEMPORARY, id, "is being delivered; try again");
		break;
	case CLAIM_GONE:
	case CLAIM_FINISHED:
		a->found = false; /* it may turn up in the next place */
		break;
	case CLAIM_INCOMPLETE:
		if (entry->cell != -1) { /* it is finished, meanwhile */
			a->found = false;
			break;
		}
		/* FALLTHROUGH */
	case CLAIM_CORRUPT:
		claim_release(&claim);
		/* nothing else works on a damaged file, but qrun might while it is in new/ */
		if (a->rule->to == NULL && place->kind == PLACE_CORRUPT)
			report(a, id, unlinkat(place->fd, id, 0));
		else
			fail(a, EXIT_PERMANENT, id, "is not a complete message");
		break;
	case CLAIM_ERROR:
		fail(a, EXIT_TEMPORARY, id, strerror(errno));
	}
}

static bool
visit_entry(void *context, const struct place *place, const struct place_entry *entry)
{
	struct act *a = context;

	a->found = true;
	act_on_claim(a, place, entry);
	return true;
}

static bool
visit_place(void *context, const struct place *place)
{
	struct act *a = context;
	struct place_entry entry;

	a->is_dirty = false;
	if (a->wanted == NULL) {
		if (place_entries(place, PLACE_BY_DISK, visit_entry, a) == -1)
			fail(a, EXIT_TEMPORARY, place->name, strerror(errno));
	} else if (place_find(place, a->wanted, &entry))
		(void)visit_entry(a, place, &entry);
	/* what is gone here must not come back: it is in the target, or deleted */
	if (a->is_dirty && ((a->target != -1 && fsync(a->target) == -1) || fsync(place->fd) == -1))
		fail(a, EXIT_TEMPORARY, place->name, strerror(errno));
	return a->wanted == NULL || !a->found;
}

static void
act(struct act *a, const char *wanted)
{
	a->wanted = wanted;
	/* a message that moves while it is looked for may be missed once */
	for (int i = 0; i < 2; i++) {
		a->found = false;
		if (place_each(&a->spool, a->rule->from, visit_place, a) == -1)
			die(PROGRAM, EXIT_TEMPORARY, "%s", a->spool.problem.data);
		if (a->found || wanted == NULL)
			return;
	}
	fail(a, EXIT_PERMANENT, wanted, a->rule->elsewhere);
}

int
act_on(enum action action, char **ids, int count)
{
	struct act a = {.rule = &rules[action], .target = -1, .code = EXIT_DONE};
	bool is_all = count == 1 && strcmp(ids[0], "all") == 0;

	if (spool_become_owner(&a.spool) == -1 || spool_open(&a.spool) == -1)
		die(PROGRAM, EXIT_PERMANENT, "%s", a.spool.problem.data);
	if (a.rule->to != NULL) {
		a.target = spool_open_directory(&a.spool, a.rule->to);
		if (a.target == -1)
			die(PROGRAM, EXIT_PERMANENT, "%s", a.spool.problem.data);
	}
	for (int i = 0; i < count; i++) {
		if (is_all)
			act(&a, NULL);
		else if (!id_is_valid(slice_of(ids[i])))
			fail(&a, EXIT_PERMANENT, ids[i], "is no queue id");
		else
			act(&a, ids[i]);
	}
	if (a.rule->to != NULL && strcmp(a.rule->to, "new") == 0)
		spool_wake(&a.spool, "", -1);
	io_close(a.target);
	spool_close(&a.spool);
	if (fflush(stdout) == EOF && a.code == EXIT_DONE)
		a.code = EXIT_TEMPORARY;
	return a.code;
}
