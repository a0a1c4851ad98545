/* SPDX-License-Identifier: ISC */
#include "list.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/die.h"
#include "base/escape.h"
#include "base/str.h"
#include "spool/id.h"
#include "spool/place.h"
#include "spool/spool.h"
#include "spool/view.h"

#define TEXT_MAX 4096
#define TIME_SIZE 32

#define AHEAD ((size_t)64) /* messages that are asked for before they are looked at */

/* One that is asked for. */
struct asked {
	int prepared; /* view_prepare's word */
	struct place_entry entry;
};

struct list {
	const struct wish *wish;
	const char *wanted; /* the one id that is looked for, or null */
	bool found;
	int64_t now;
	struct view view;
	int64_t hold_until;	   /* of the message at hand; 0 if it is not held any more */
	struct asked asked[AHEAD]; /* a ring, of those of the place being visited */
	size_t first, count;
	struct str text; /* scratch */
	uint64_t active, fresh, deferred, held, damaged, arriving;
	uint64_t recipients, octets;
	int code;
};

/* What comes from outside may hold anything, and is shown on a terminal. */
static const char *
safe(struct list *l, struct slice text)
{
	str_clear(&l->text);
	if (escape_text(&l->text, text) == -1)
		return "(too long)";
	return l->text.data;
}

static const char *
show_time(char text[TIME_SIZE], int64_t seconds)
{
	time_t when = (time_t)seconds;
	struct tm tm;

	if (localtime_r(&when, &tm) == NULL || strftime(text, TIME_SIZE, "%F %T", &tm) == 0)
		return "?";
	return text;
}

/* One unit is enough to see how long it is. */
static const char *
show_age(char text[TIME_SIZE], int64_t seconds)
{
	if (seconds < 0)
		seconds = 0;
	if (seconds < 120)
		snprintf(text, TIME_SIZE, "%" PRId64 "s", seconds);
	else if (seconds < 7200)
		snprintf(text, TIME_SIZE, "%" PRId64 "m", seconds / 60);
	else if (seconds < 172800)
		snprintf(text, TIME_SIZE, "%" PRId64 "h", seconds / 3600);
	else
		snprintf(text, TIME_SIZE, "%" PRId64 "d", seconds / 86400);
	return text;
}

/* Counts the message, and says in a word what is happening to it. */
static const char *
judge(struct list *l, const struct place *place, enum view_result result)
{
	bool is_good = result == VIEW_GOOD;

	if (place->kind == PLACE_CORRUPT || result == VIEW_DAMAGED) {
		l->damaged++;
		return place->kind == PLACE_CORRUPT ? "corrupt" : "damaged";
	}
	if (!is_good) {
		l->arriving++;
		return l->view.is_locked ? "arriving" : "incomplete";
	}
	if (l->view.is_locked) {
		l->active++;
		return "active";
	}
	if (place->kind == PLACE_HOLD) {
		l->held++;
		return "held";
	}
	if (place->kind == PLACE_DEFERRED) {
		l->deferred++;
		return "deferred";
	}
	l->fresh++;
	return "new";
}

/* What its sender wants to be done with it, a line each. */
static void
print_terms(const struct envelope *e)
{
	char when[TIME_SIZE];

	if (e->hold.until > 0)
		printf("\theld until %s\n", show_time(when, e->hold.until));
	if (e->by.time > 0)
		printf("\tto be delivered by %s, or %s\n", show_time(when, e->by.time),
		    e->by.returns ? "returned" : "its sender told");
	if (e->priority != 0)
		printf("\tpriority %d\n", e->priority);
	if (e->is_utf8)
		puts("\tinternationalized (SMTPUTF8)");
	if (e->requires_tls)
		puts("\tnot without TLS (REQUIRETLS)");
}

static void
print_message(struct list *l, const struct place *place, const struct place_entry *entry,
    const char *state, enum view_result result)
{
	const char *id = entry->id;
	int64_t arrival = id_time(slice_make(id, ID_LENGTH)) / 1000000;
	char age[TIME_SIZE], when[TIME_SIZE];

	printf("%s %9" PRIu64 " %5s %-10s", id,
	    result == VIEW_GOOD ? l->view.header.length : l->view.size,
	    show_age(age, l->now - arrival), state);
	if (result == VIEW_GOOD)
		printf(" <%s>", safe(l, l->view.envelope.reverse_path));
	putchar('\n');
	if (l->wanted == NULL)
		return;
	printf("\tarrived %s, from %s\n", show_time(when, arrival),
	    result == VIEW_GOOD ? safe(l, l->view.envelope.source) : "?");
	printf("\tin %s/%s\n", place->name, entry->name);
	if (result == VIEW_GOOD)
		print_terms(&l->view.envelope);
}

static void
print_recipient(struct list *l, const struct place *place, const struct envelope_recipient *r,
    const struct recipient_state *state)
{
	static const char *const words[] = {[RECIPIENT_WAITING] = "",
	    [RECIPIENT_DELIVERED] = " delivered",
	    [RECIPIENT_SUCCEEDED] = " delivered (the sender is to be told)",
	    [RECIPIENT_RELAYED] = " relayed (the sender is to be told)",
	    [RECIPIENT_EXPANDED] = " forwarded (the sender is to be told)",
	    [RECIPIENT_FAILED] = " failed",
	    [RECIPIENT_BOUNCED] = " returned"};
	char when[TIME_SIZE];

	printf("\t<%s>%s", safe(l, r->address), words[state->status]);
	if (state->attempts > 0)
		printf(", %u attempt%s", state->attempts, state->attempts == 1 ? "" : "s");
	if (l->wanted != NULL && state->last_attempt > 0)
		printf(", the last %s", show_time(when, state->last_attempt));
	if (place->kind == PLACE_DEFERRED && state->status == RECIPIENT_WAITING)
		printf(", %s %s", l->hold_until > 0 ? "held by its sender until" : "next",
		    show_time(when, place->when));
	putchar('\n');
	if (state->reply.len > 0)
		printf("\t\t%s\n", safe(l, state->reply));
}

static void
go_through_recipients(struct list *l, const struct place *place)
{
	struct envelope_recipient r;
	struct recipient_state state;

	while (view_next(&l->view, &r, &state)) {
		bool is_done =
		    state.status == RECIPIENT_DELIVERED || state.status == RECIPIENT_BOUNCED;

		l->recipients += !is_done;
		if (!l->wish->counts_only && (!is_done || l->wish->everything || l->wanted != NULL))
			print_recipient(l, place, &r, &state);
	}
}

static void
show_message(struct list *l, const struct place *place, const struct asked *asked)
{
	const struct place_entry *entry = &asked->entry;
	enum view_result result = view_open(&l->view, asked->prepared, entry);
	const char *state;

	if (result == VIEW_ERROR) {
		fprintf(stderr, "%s: warning: unable to read %s/%s: %s\n", PROGRAM, place->name,
		    entry->name, strerror(errno));
		l->code = EXIT_TEMPORARY;
	} else if (result != VIEW_GONE) {
		l->found = true;
		l->octets += l->view.size;
		state = judge(l, place, result);
		l->hold_until = result == VIEW_GOOD && l->view.envelope.hold.until > l->now
				    ? l->view.envelope.hold.until
				    : 0;
		if (!l->wish->counts_only)
			print_message(l, place, entry, state, result);
		if (result == VIEW_GOOD)
			go_through_recipients(l, place);
	}
	view_close(&l->view);
}

/* Looks at what was asked for, until no more than LEFT remain. */
static void
catch_up(struct list *l, const struct place *place, size_t left)
{
	while (l->count > left) {
		show_message(l, place, &l->asked[l->first]);
		l->first = (l->first + 1) % AHEAD;
		l->count--;
	}
}

static bool
visit_entry(void *context, const struct place *place, const struct place_entry *entry)
{
	struct list *l = context;
	int prepared;

	catch_up(l, place, AHEAD - 1);
	prepared = view_prepare(place, entry);
	if (prepared == -EMFILE) {
		catch_up(l, place, 0);
		prepared = view_prepare(place, entry);
	}
	l->asked[(l->first + l->count) % AHEAD] =
	    (struct asked){.prepared = prepared, .entry = *entry};
	l->count++;
	return ferror(stdout) == 0;
}

static bool
visit_place(void *context, const struct place *place)
{
	struct list *l = context;
	enum place_order order = l->wish->counts_only ? PLACE_BY_DISK : PLACE_BY_AGE;
	struct place_entry entry;

	if (l->wanted != NULL) {
		if (place_find(place, l->wanted, &entry))
			(void)visit_entry(l, place, &entry);
		catch_up(l, place, 0);
		return !l->found;
	}
	if (place_entries(place, order, visit_entry, l) == -1) {
		fprintf(stderr, "%s: warning: unable to read %s: %s\n", PROGRAM, place->name,
		    strerror(errno));
		l->code = EXIT_TEMPORARY;
	}
	catch_up(l, place, 0);
	return ferror(stdout) == 0;
}

static void
print_total(const struct list *l)
{
	static const struct {
		size_t offset;
		const char *word;
	} parts[] = {{offsetof(struct list, fresh), "new"},
	    {offsetof(struct list, active), "active"},
	    {offsetof(struct list, deferred), "deferred"}, {offsetof(struct list, held), "held"},
	    {offsetof(struct list, damaged), "corrupt"},
	    {offsetof(struct list, arriving), "arriving"}};
	uint64_t all = 0, count;

	for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
		memcpy(&count, (const char *)l + parts[i].offset, sizeof count);
		all += count;
	}
	printf("%" PRIu64 " message%s", all, all == 1 ? "" : "s");
	for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
		memcpy(&count, (const char *)l + parts[i].offset, sizeof count);
		if (count > 0)
			printf(", %" PRIu64 " %s", count, parts[i].word);
	}
	printf("; %" PRIu64 " recipient%s, %" PRIu64 " octets\n", l->recipients,
	    l->recipients == 1 ? "" : "s", l->octets);
}

static void
go_through(struct list *l, struct spool *spool)
{
	if (place_each(spool, PLACE_ANY, visit_place, l) == -1)
		die(PROGRAM, errno == EACCES || errno == EPERM ? EXIT_PERMANENT : EXIT_TEMPORARY,
		    "%s", spool->problem.data);
}

static void
list_one(struct list *l, struct spool *spool, const char *id)
{
	l->wanted = id;
	l->found = false;
	if (id_is_valid(slice_of(id)))
		/* once more for one that moved from one place to another meanwhile */
		for (int i = 0; i < 2 && !l->found; i++)
			go_through(l, spool);
	if (!l->found) {
		fprintf(stderr, "%s: there is no message %s\n", PROGRAM, safe(l, slice_of(id)));
		l->code = EXIT_PERMANENT;
	}
}

static void
open_spool(struct spool *spool)
{
	struct stat st;

	if (spool_become_owner(spool) == 0 && spool_open(spool) == 0)
		return;
	if (stat(spool->path, &st) == 0 && st.st_uid != geteuid())
		die(PROGRAM, EXIT_PERMANENT, "only its owner, and root, may read the spool %s",
		    spool->path);
	die(PROGRAM, EXIT_PERMANENT, "%s", spool->problem.data);
}

int
list_queue(const struct wish *wish)
{
	struct list *l = calloc(1, sizeof *l);
	struct spool spool;
	int code;

	if (l == NULL)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to begin");
	open_spool(&spool);
	*l = (struct list){.wish = wish, .now = clock_wall_seconds(), .code = EXIT_DONE};
	str_init(&l->text, TEXT_MAX);
	for (int i = 0; i < wish->count; i++)
		list_one(l, &spool, wish->ids[i]);
	if (wish->count == 0)
		go_through(l, &spool);
	if (wish->count == 0)
		print_total(l);
	if ((fflush(stdout) == EOF || ferror(stdout)) && l->code == EXIT_DONE)
		l->code = EXIT_TEMPORARY;
	code = l->code;
	spool_close(&spool);
	str_free(&l->text);
	free(l);
	return code;
}
