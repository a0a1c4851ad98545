/* SPDX-License-Identifier: ISC */
#include "act.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/die.h"
#include "base/io.h"
#include "init.h"
#include "say.h"
#include "spool/cell.h"
#include "spool/id.h"

#define LINE_MAX_OCTETS ((size_t)1 << 20)
#define BUSY_MAX ((size_t)4096) /* that are tried again */
#define PAUSE_MS 50

void
act_fail(struct act *a, int code, const char *id, const char *why)
{
	a->code = say_failure(a->code, code, id, why);
}

/* Makes what was done durable, then says so. PLACE is where it was done. */
static void
settle(struct act *a, const struct place *place)
{
	bool good = true;

	if (a->count == 0)
		return;
	if (a->target != -1 && fsync(a->target) == -1)
		good = false;
	/* what is gone here must not come back: it is in the target, or removed */
	if (good && (fsync(place->fd) == -1 || (a->cell_count > 0 && cell_sync(&a->spool) == -1)))
		good = false;
	if (good) {
		cell_offer(&a->spool, a->cells, a->cell_count);
		fputs(a->said.data, stdout);
		a->done += a->count;
	} else
		act_fail(a, EXIT_TEMPORARY, place->name, strerror(errno));
	str_clear(&a->said);
	a->count = a->cell_count = 0;
}

static void
say(struct act *a, const struct place *place, const char *id)
{
	if (str_format(&a->said, "%s %s%s\n", id, a->verb->done, a->note.data) == -1)
		act_fail(a, EXIT_TEMPORARY, id, strerror(errno));
	if (++a->count == ACT_TOGETHER)
		settle(a, place);
}

static void
try_later(struct act *a, const char *id)
{
	if (a->busy_count < BUSY_MAX && a->wish->wait_seconds > 0)
		memcpy(a->busy[a->busy_count++], id, ID_SIZE);
	else
		act_fail(a, EXIT_TEMPORARY, id, "is being delivered; try again");
}

static void
do_it(struct act *a, const struct place *place, struct claim *claim)
{
	char id[ID_SIZE];
	int saved;

	memcpy(id, claim->header.id, sizeof id);
	str_clear(&a->note);
	str_clear(&a->why);
	switch (a->verb->act(a, place, claim)) {
	case DEED_DONE:
		claim_release(claim);
		say(a, place, id);
		return;
	case DEED_FAILED:
		saved = errno;
		act_fail(a, EXIT_TEMPORARY, id, strerror(saved));
		break;
	case DEED_REFUSED:
		act_fail(a, EXIT_PERMANENT, id, a->why.data);
		break;
	case DEED_PUT_OFF:
		act_fail(a, EXIT_TEMPORARY, id, a->why.data);
		break;
	}
	claim_release(claim);
}

/* Nothing else works on a damaged file, but qrun might while it is in new/. */
static void
see_to_damage(struct act *a, const struct place *place, const struct place_entry *entry)
{
	if (a->verb->act != deed_delete || a->wish->only || place->kind != PLACE_CORRUPT)
		act_fail(a, EXIT_PERMANENT, entry->id,
		    "is not a complete message: see 'qctl check --repair'");
	else if (unlinkat(place->fd, entry->id, 0) == -1)
		act_fail(a, EXIT_TEMPORARY, entry->id, strerror(errno));
	else
		say(a, place, entry->id);
}

static enum claim_result
take(struct act *a, struct claim *claim, const struct place *place, const struct place_entry *entry)
{
	enum claim_result result;

	if (entry->cell == -1)
		return claim_take(claim, place->fd, entry->id, false);
	result = claim_take_cell(claim, &a->spool, entry->cell, true);
	if (result != CLAIM_TAKEN || strcmp(claim->header.id, entry->id) == 0)
		return result;
	claim_release(claim); /* another message, meanwhile */
	return CLAIM_GONE;
}

static void
act_on_entry(struct act *a, const struct place *place, const struct place_entry *entry)
{
	struct claim claim = {.fd = -1};

	str_clear(&a->note);
	switch (take(a, &claim, place, entry)) {
	case CLAIM_TAKEN:
		do_it(a, place, &claim);
		break;
	case CLAIM_BUSY:
		try_later(a, entry->id);
		break;
	case CLAIM_INCOMPLETE:
		if (entry->cell == -1) {
			see_to_damage(a, place, entry);
			break;
		}
		/* FALLTHROUGH */
	case CLAIM_GONE:
	case CLAIM_FINISHED:
		/* moved, or it is over with it: who named it is told which */
		if (a->wish->id_count > 0)
			try_later(a, entry->id);
		break;
	case CLAIM_CORRUPT:
		claim_release(&claim);
		see_to_damage(a, place, entry);
		break;
	case CLAIM_ERROR:
		act_fail(a, EXIT_TEMPORARY, entry->id, strerror(errno));
	}
}

static bool
visit(void *context, const struct survey_message *m)
{
	struct act *a = context;

	/* nobody was asked about what came since */
	if (a->asked_at != 0 && a->wish->id_count == 0 &&
	    id_time(slice_of(m->entry->id)) >= a->asked_at)
		return true;
	/* what is just being written is nobody's business but its writer's */
	if (a->wish->id_count == 0 && m->result == VIEW_INCOMPLETE)
		return true;
	act_on_entry(a, m->place, m->entry);
	return ferror(stdout) == 0;
}

static void
leave(void *context, const struct place *place)
{
	settle(context, place);
}

static void
complain(void *context, enum survey_trouble trouble, const char *name)
{
	struct act *a = context;

	if (trouble == SURVEY_NO_ID)
		act_fail(a, EXIT_PERMANENT, name,
		    "is no queue id; for a domain say -d, see 'qctl --help'");
	else if (trouble == SURVEY_UNREADABLE)
		act_fail(a, EXIT_TEMPORARY, name, strerror(errno));
	else if (a->wish->id_count > 0)
		act_fail(a, EXIT_PERMANENT, name, a->verb->elsewhere);
}

static void
run(struct act *a)
{
	if (survey_run(&a->survey) == -1)
		die(PROGRAM, EXIT_TEMPORARY, "%s", a->spool.problem.data);
}

/* Those that were in somebody's hands, once. */
static void
run_busy(struct act *a)
{
	size_t count = a->busy_count;
	char(*list)[ID_SIZE] = calloc(count, sizeof *list);
	char **ids = calloc(count, sizeof *ids);

	if (list == NULL || ids == NULL)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to try again");
	memcpy(list, a->busy, count * sizeof *list);
	for (size_t i = 0; i < count; i++)
		ids[i] = list[i];
	a->busy_count = 0;
	a->survey.ids = ids;
	a->survey.id_count = (int)count;
	run(a);
	free(ids);
	free(list);
}

static void
wait_for_busy(struct act *a)
{
	deadline until = deadline_in_seconds(a->wish->wait_seconds);

	while (a->busy_count > 0 && deadline_poll_ms(until) > 0) {
		(void)fflush(stdout);
		(void)poll(NULL, 0, PAUSE_MS);
		run_busy(a);
	}
	for (size_t i = 0; i < a->busy_count; i++)
		act_fail(a, EXIT_TEMPORARY, a->busy[i], "is being delivered; try again");
}

static void
begin(struct act *a)
{
	str_init(&a->note, LINE_MAX_OCTETS);
	str_init(&a->why, LINE_MAX_OCTETS);
	str_init(&a->said, ACT_TOGETHER * LINE_MAX_OCTETS);
	submit_init(&a->submit);
	a->busy = calloc(BUSY_MAX, sizeof *a->busy);
	if (a->busy == NULL)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to begin");
	if (spool_become_owner(&a->spool) == -1 || spool_open(&a->spool) == -1)
		die(PROGRAM, EXIT_PERMANENT, "%s", a->spool.problem.data);
	if (a->verb->to != NULL) {
		a->target = spool_open_directory(&a->spool, a->verb->to);
		if (a->target == -1)
			die(PROGRAM, EXIT_PERMANENT, "%s", a->spool.problem.data);
	}
	a->survey = (struct survey){.spool = &a->spool,
	    .selection = &a->wish->selection,
	    .ids = a->wish->ids,
	    .id_count = a->wish->id_count,
	    .kinds = a->verb->from,
	    .order = PLACE_BY_DISK,
	    .now = clock_wall_seconds(),
	    .visit = visit,
	    .leave = leave,
	    .complain = complain,
	    .context = a};
}

/* For people; scripts count lines. */
static void
say_total(const struct act *a)
{
	(void)fflush(stdout);
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "%s: %" PRIu64 " message%s %s\n", PROGRAM, a->done,
		    a->done == 1 ? "" : "s", a->verb->done);
}

static void
end(struct act *a)
{
	if (a->verb->to != NULL && strcmp(a->verb->to, "new") == 0)
		spool_wake(&a->spool, "", -1);
	submit_free(&a->submit);
	io_close(a->target);
	spool_close(&a->spool);
	free(a->busy);
	str_free(&a->said);
	str_free(&a->why);
	str_free(&a->note);
	if ((fflush(stdout) == EOF || ferror(stdout)) && a->code == EXIT_DONE)
		a->code = EXIT_TEMPORARY;
}

int
act_on(const struct wish *wish)
{
	struct act *a = calloc(1, sizeof *a);
	int code;

	if (a == NULL)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to begin");
	*a = (struct act){.wish = wish, .verb = wish->verb, .target = -1, .code = EXIT_DONE};
	begin(a);
	if (wish->shows_only)
		ask_show(a);
	else if (ask_first(a)) {
		run(a);
		wait_for_busy(a);
		say_total(a);
	}
	end(a);
	code = a->code;
	free(a);
	return code;
}
