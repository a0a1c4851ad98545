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

static void
act_on_claim(struct act *a, const struct place *place, const char *id)
{
	struct claim claim;

	switch (claim_take(&claim, place->fd, id, false)) {
	case CLAIM_TAKEN:
		if (a->rule->to != NULL && strcmp(a->rule->to, place->name) == 0) {
			claim_release(&claim); /* it is there already */
			report(a, id, 0);
		} else
			report(a, id,
			    a->target == -1 ? claim_remove(&claim) : claim_move(&claim, a->target));
		break;
	case CLAIM_BUSY:
		fail(a, EXIT_TEMPORARY, id, "is being delivered; try again");
		break;
	case CLAIM_GONE:
		a->found = false; /* it may turn up in the next place */
		break;
	case CLAIM_INCOMPLETE:
	case CLAIM_CORRUPT:
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
visit_id(void *context, const struct place *place, const char *id)
{
	struct act *a = context;

	a->found = true;
	act_on_claim(a, place, id);
	return true;
}

static bool
visit_place(void *context, const struct place *place)
{
	struct act *a = context;

	a->is_dirty = false;
	if (a->wanted == NULL) {
		if (place_ids(place, visit_id, a) == -1)
			fail(a, EXIT_TEMPORARY, place->name, strerror(errno));
	} else if (faccessat(place->fd, a->wanted, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		(void)visit_id(a, place, a->wanted);
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
		spool_wake(&a.spool, "");
	io_close(a.target);
	spool_close(&a.spool);
	if (fflush(stdout) == EOF && a.code == EXIT_DONE)
		a.code = EXIT_TEMPORARY;
	return a.code;
}
