/* SPDX-License-Identifier: ISC */
#include "spool/survey.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/io.h"

#define AHEAD ((size_t)64)    /* messages that are asked for before they are looked at */
#define BATCH ((size_t)16384) /* ids looked for at once */
#define FEW ((size_t)16)      /* ids that are looked for one by one, by their names */
#define ID_LINE_SIZE 256
#define PATH_SIZE (PLACE_NAME_SIZE + ID_SIZE + 1)

/* One that is asked for. */
struct asked {
	int prepared; /* view_prepare's word */
	struct place_entry entry;
};

struct wanted {
	char id[ID_SIZE];
	bool found;
};

struct run {
	struct survey *survey;
	struct view view;
	struct asked asked[AHEAD]; /* a ring, of those of the place being visited */
	size_t first, count;
	struct wanted *wanted; /* null: all */
	size_t wanted_count;
	int next_id;	  /* of the survey's */
	bool reads_input; /* the ids of standard input come now */
	bool is_over;	  /* the caller wants no more */
};

bool
survey_next(const struct survey *s, const struct survey_message *m, bool done_too,
    struct envelope_recipient *r, struct recipient_state *state)
{
	while (view_next(m->view, r, state))
		if ((done_too || !selection_is_done(state)) &&
		    selection_has_recipient(s->selection, r->address, state->reply))
			return true;
	return false;
}

static bool
is_selected(const struct run *run, const struct survey_message *m)
{
	const struct survey *s = run->survey;
	const struct envelope *e = &m->view->envelope;
	bool is_good = m->result == VIEW_GOOD;
	struct selection_message about = {.id = slice_make(m->entry->id, ID_LENGTH),
	    .age = m->age,
	    .state = m->state,
	    .has_envelope = is_good};
	struct envelope_recipient r;
	struct recipient_state state;

	if (is_good) {
		about.reverse_path = e->reverse_path;
		/* a forward was submitted by nobody, though deliver runs as who wanted it */
		about.source = e->forwarder.len > 0 ? slice_make(NULL, 0) : e->source;
		about.size = m->view->header.length;
	}
	if (!selection_has_message(s->selection, &about))
		return false;
	if (!selection_wants_recipient(s->selection))
		return true;
	return survey_next(s, m, false, &r, &state) && view_rewind(m->view);
}

static void
complain_of_file(const struct run *run, const struct place *place, const char *name, int error)
{
	char path[PATH_SIZE];

	snprintf(path, sizeof path, "%s%s%s", place->name, *name == '\0' ? "" : "/", name);
	errno = error;
	run->survey->complain(run->survey->context, SURVEY_UNREADABLE, path);
}

static int
compare(const void *a, const void *b)
{
	return strcmp(((const struct wanted *)a)->id, ((const struct wanted *)b)->id);
}

static struct wanted *
find_wanted(const struct run *run, const char *id)
{
	struct wanted key = {.found = false};

	memcpy(key.id, id, ID_SIZE);
	return bsearch(&key, run->wanted, run->wanted_count, sizeof key, compare);
}

static void
note_found(const struct run *run, const char *id)
{
	struct wanted *wanted = run->wanted == NULL ? NULL : find_wanted(run, id);

	if (wanted != NULL)
		wanted->found = true;
}

static void
look_at(struct run *run, const struct place *place, const struct asked *asked)
{
	const struct survey *s = run->survey;
	struct survey_message m = {.place = place, .entry = &asked->entry, .view = &run->view};

	m.result = view_open(&run->view, asked->prepared, &asked->entry);
	if (m.result == VIEW_ERROR)
		complain_of_file(run, place, asked->entry.name, errno);
	if (m.result != VIEW_GONE)
		note_found(run, asked->entry.id);
	if (m.result != VIEW_GONE && m.result != VIEW_ERROR) {
		m.state = state_of(place, m.result, &run->view);
		m.arrival = id_time(slice_make(asked->entry.id, ID_LENGTH)) / 1000000;
		m.age = s->now > m.arrival ? s->now - m.arrival : 0;
		if (is_selected(run, &m))
			run->is_over = !s->visit(s->context, &m);
	}
	view_close(&run->view);
}

/* Looks at what was asked for, until no more than LEFT remain. */
static void
catch_up(struct run *run, const struct place *place, size_t left)
{
	while (run->count > left) {
		const struct asked *asked = &run->asked[run->first];

		if (run->is_over)
			io_close(asked->prepared < 0 ? -1 : asked->prepared);
		else
			look_at(run, place, asked);
		run->first = (run->first + 1) % AHEAD;
		run->count--;
	}
}

static void
ask_for(struct run *run, const struct place *place, const struct place_entry *entry)
{
	int prepared;

	catch_up(run, place, AHEAD - 1);
	prepared = view_prepare(place, entry);
	if (prepared == -EMFILE) {
		catch_up(run, place, 0);
		prepared = view_prepare(place, entry);
	}
	run->asked[(run->first + run->count) % AHEAD] =
	    (struct asked){.prepared = prepared, .entry = *entry};
	run->count++;
}

/* What has been found may have moved to where we come later: once is enough. */
static bool
visit_entry(void *context, const struct place *place, const struct place_entry *entry)
{
	struct run *run = context;
	const struct wanted *wanted = run->wanted == NULL ? NULL : find_wanted(run, entry->id);
	bool is_named = run->wanted == NULL || (wanted != NULL && !wanted->found);

	if (is_named && selection_has_id(run->survey->selection, slice_of(entry->id)))
		ask_for(run, place, entry);
	return !run->is_over;
}

static bool
visit_place(void *context, const struct place *place)
{
	struct run *run = context;
	const struct survey *s = run->survey;
	struct place_entry entry;

	if (run->wanted != NULL && run->wanted_count == 1) { /* by its name: reads no directory */
		if (place_find(place, run->wanted[0].id, &entry))
			(void)visit_entry(run, place, &entry);
	} else if (place_entries(place, s->order, visit_entry, run) == -1)
		complain_of_file(run, place, "", errno);
	catch_up(run, place, 0);
	if (s->leave != NULL)
		s->leave(s->context, place);
	return !run->is_over &&
	       (run->wanted == NULL || run->wanted_count > 1 || !run->wanted[0].found);
}

static bool
all_found(const struct run *run)
{
	for (size_t i = 0; i < run->wanted_count; i++)
		if (!run->wanted[i].found)
			return false;
	return true;
}

/* The COUNT messages WANTED, which are sorted. */
static int
find(struct run *run, struct wanted *wanted, size_t count)
{
	run->wanted = wanted;
	run->wanted_count = count;
	/* once more for what moved from one place to another meanwhile */
	for (int i = 0; i < 2 && !run->is_over && !all_found(run); i++)
		if (place_each(run->survey->spool, run->survey->kinds, visit_place, run) == -1)
			return -1;
	for (size_t i = 0; i < count && !run->is_over; i++)
		if (!wanted[i].found)
			run->survey->complain(run->survey->context, SURVEY_ABSENT, wanted[i].id);
	return 0;
}

/* The first word of the next line that has one; false at the end. */
static bool
read_id(char line[ID_LINE_SIZE], struct slice *id)
{
	struct slice rest;
	int c;

	while (fgets(line, ID_LINE_SIZE, stdin) != NULL) {
		rest = slice_of(line);
		if (slice_find(rest, '\n') == rest.len) /* a line so long is none of ids */
			while ((c = getchar()) != EOF && c != '\n')
				;
		rest = slice_trim(rest);
		if (slice_word(&rest, id))
			return true;
	}
	return false;
}

/* The next id that was named, whatever it is; false behind the last. */
static bool
next_id(struct run *run, char line[ID_LINE_SIZE], struct slice *id)
{
	const struct survey *s = run->survey;

	for (;;) {
		if (run->reads_input && read_id(line, id))
			return true;
		run->reads_input = false;
		if (run->next_id >= s->id_count)
			return false;
		*id = slice_of(s->ids[run->next_id++]);
		if (!slice_is(*id, "-"))
			return true;
		run->reads_input = true;
	}
}

static void
complain_of_id(const struct run *run, struct slice id)
{
	char text[ID_LINE_SIZE];
	size_t len = id.len < sizeof text ? id.len : sizeof text - 1;

	memcpy(text, id.data, len);
	text[len] = '\0';
	run->survey->complain(run->survey->context, SURVEY_NO_ID, text);
}

/* The next ids, at most BATCH. */
static size_t
gather(struct run *run, struct wanted *batch)
{
	char line[ID_LINE_SIZE];
	struct slice id;
	size_t count = 0;

	while (count < BATCH && next_id(run, line, &id)) {
		if (!id_is_valid(id)) {
			complain_of_id(run, id);
			continue;
		}
		batch[count].found = false;
		memcpy(batch[count].id, id.data, ID_LENGTH);
		batch[count++].id[ID_LENGTH] = '\0';
	}
	return count;
}

/* Sorts them and drops what is there twice. */
static size_t
sort(struct wanted *batch, size_t count)
{
	size_t kept = 0;

	qsort(batch, count, sizeof *batch, compare);
	for (size_t i = 0; i < count; i++)
		if (kept == 0 || compare(&batch[kept - 1], &batch[i]) != 0)
			batch[kept++] = batch[i];
	return kept;
}

static bool
is_repeated(const struct wanted *batch, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (compare(&batch[i], &batch[index]) == 0)
			return true;
	return false;
}

static int
run_ids(struct run *run)
{
	struct wanted *batch = malloc(BATCH * sizeof *batch);
	size_t count;
	int result = batch == NULL ? -1 : 0;

	while (result == 0 && !run->is_over && (count = gather(run, batch)) > 0) {
		if (count > FEW)
			result = find(run, batch, sort(batch, count));
		else
			for (size_t i = 0; i < count && result == 0 && !run->is_over; i++)
				if (!is_repeated(batch, i))
					result = find(run, &batch[i], 1);
	}
	free(batch);
	return result;
}

int
survey_run(struct survey *s)
{
	struct run *run = calloc(1, sizeof *run);
	int result;

	if (run == NULL)
		return spool_problem(s->spool, "out of memory");
	run->survey = s;
	if (s->id_count > 0)
		result = run_ids(run);
	else
		result = place_each(s->spool, s->kinds, visit_place, run);
	free(run);
	return result;
}
