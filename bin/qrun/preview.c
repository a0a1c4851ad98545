/* SPDX-License-Identifier: ISC */
#include "preview.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/die.h"
#include "base/escape.h"
#include "child.h"
#include "complain.h"
#include "destination.h"
#include "hosts.h"
#include "mail/verp.h"
#include "spool/view.h"

#define LINE_MAX_OCTETS ((size_t)65536)

/* What would be done about one recipient. */
struct plan {
	const char *what;
	int64_t until;	  /* seconds since 1970; 0 for none */
	struct slice why; /* empty where that is plain */
};

struct preview {
	struct qrun *q;
	int64_t now;
	struct view view;
	const struct place *place;
	const struct place_entry *entry;
	struct route route;
	struct destination *destination; /* of the recipient at hand, or of one before; or null */
	bool is_going;			 /* it is where the recipient at hand goes */
	struct str sender, line;
	int code;
};

/*
 * What is done with a message whoever it is for; what is null then says that each recipient
 * decides.
 */
static struct plan
plan_message(const struct preview *p)
{
	const struct envelope *e = &p->view.envelope;
	bool is_due =
	    p->place->kind != PLACE_DEFERRED || p->place->when <= p->now || p->q->takes_all;

	if (p->view.is_locked)
		return (struct plan){.what = "busy", .why = slice_of("another process has it")};
	if (p->place->kind == PLACE_HOLD && strchr(p->place->name, '/') != NULL)
		return (struct plan){
		    .what = "keep", .why = slice_of("until its domain asks for it")};
	if (p->place->kind == PLACE_HOLD)
		return (struct plan){.what = "keep", .why = slice_of("until it is released")};
	if (e->hold.until > p->now && p->place->when > p->now)
		return (struct plan){.what = "wait",
		    .until = p->place->when,
		    .why = slice_of("its sender has it held")};
	if (!is_due)
		return (struct plan){.what = "wait", .until = p->place->when};
	if (e->by.returns && e->by.time > 0 && e->by.time <= p->now)
		return (struct plan){
		    .what = "return", .why = slice_of("not delivered by its sender's time")};
	return (struct plan){.what = NULL};
}

/* Looks the destination up, and keeps it for the next recipient. */
static bool
find_destination(struct preview *p)
{
	struct destination *d = destination_make(p->q, &p->route);

	if (d == NULL)
		return false;
	if (p->destination != NULL && strcmp(p->destination->key, d->key) == 0) {
		destination_free(d);
		return true;
	}
	if (p->destination != NULL)
		destination_free(p->destination);
	p->destination = d;
	if (d->kind == WORKER_SEND)
		hosts_read(p->q, d);
	return true;
}

static struct plan
plan_route(struct preview *p)
{
	const struct destination *d;

	switch (p->route.kind) {
	case ROUTE_UNKNOWN:
		return (struct plan){.what = "return", .why = str_slice(&p->route.reason)};
	case ROUTE_TEMPORARY:
		return (struct plan){.what = "defer", .why = str_slice(&p->route.reason)};
	case ROUTE_ERROR:
		return (struct plan){.what = p->route.code.data[0] == '4' ? "defer" : "return",
		    .why = str_slice(&p->route.reason)};
	case ROUTE_DISCARD:
		return (struct plan){.what = "discard", .why = str_slice(&p->route.reason)};
	default:
		break;
	}
	if (p->route.is_held)
		return (struct plan){.what = "keep", .why = slice_of("its domain asks for mail")};
	if (!find_destination(p))
		return (struct plan){.what = "defer", .why = slice_of("out of memory")};
	p->is_going = true;
	d = p->destination;
	if (destination_is_dead(p->q, d) && !p->q->takes_all)
		return (struct plan){
		    .what = "wait", .until = d->dead_until, .why = str_slice(&d->dead_reply)};
	return (struct plan){.what = "try"};
}

static struct plan
plan_recipient(struct preview *p, const struct plan *all, const struct envelope_recipient *r,
    const struct recipient_state *state)
{
	struct plan plan;
	struct slice sender = verp_base(str_slice(&p->sender));
	int found = route_find_from(p->q->routes, sender, r->address, &p->route);

	plan = found == 0 ? plan_route(p)
			  : (struct plan){.what = "defer", .why = slice_of("out of memory")};
	if (all->what != NULL) {
		plan = *all;
		if (plan.why.len == 0)
			plan.why = state->reply;
	}
	if (state->status != RECIPIENT_WAITING)
		return (struct plan){.what = "report", .why = slice_of("its sender is to be told")};
	return plan;
}

static void
add(struct preview *p, const char *key, struct slice value)
{
	size_t before = p->line.len;

	if (str_format(&p->line, " %s=", key) == -1 || escape_value(&p->line, value) == -1)
		str_truncate(&p->line, before);
}

static void
print(struct preview *p, const struct envelope_recipient *r, const struct plan *plan)
{
	const struct destination *d = p->is_going ? p->destination : NULL;

	str_clear(&p->line);
	(void)str_format(&p->line, "%s id=%s", plan->what, p->entry->id);
	add(p, "in", slice_of(p->place->name));
	add(p, "from", str_slice(&p->sender));
	add(p, "to", r->address);
	if (d != NULL) {
		add(p, "destination", slice_of(d->address));
		add(p, "by", slice_of(child_program(d->kind)));
	}
	if (d != NULL && *d->user != '\0')
		add(p, "as", slice_of(d->user));
	if (plan->until > 0)
		(void)str_format(&p->line, " until=%" PRId64, plan->until);
	if (plan->why.len > 0)
		add(p, "why", plan->why);
	puts(p->line.data);
}

static bool
is_selected(const struct preview *p)
{
	const struct view *v = &p->view;
	struct selection_message about = {.id = slice_of(p->entry->id),
	    .reverse_path = v->envelope.reverse_path,
	    .source = v->envelope.source,
	    .age = p->now - id_time(slice_of(p->entry->id)) / 1000000,
	    .size = v->header.length,
	    .has_envelope = true};

	return selection_has_message(&p->q->selection, &about);
}

static void
show_message(struct preview *p)
{
	struct plan all = plan_message(p), plan;
	struct envelope_recipient r;
	struct recipient_state state;

	if (!is_selected(p))
		return;
	str_clear(&p->sender); /* the view's own lasts until the next recipient */
	if (str_add_slice(&p->sender, p->view.envelope.reverse_path) == -1)
		return;
	while (view_next(&p->view, &r, &state)) {
		if (selection_is_done(&state) ||
		    !selection_has_recipient(&p->q->selection, r.address, state.reply))
			continue;
		p->is_going = false;
		plan = plan_recipient(p, &all, &r, &state);
		print(p, &r, &plan);
	}
}

static bool
visit_entry(void *context, const struct place *place, const struct place_entry *entry)
{
	struct preview *p = context;

	if (!selection_has_id(&p->q->selection, slice_of(entry->id)))
		return true;
	p->place = place;
	p->entry = entry;
	switch (view_open(&p->view, view_prepare(place, entry), entry)) {
	case VIEW_GOOD:
		show_message(p);
		break;
	case VIEW_DAMAGED:
		printf("corrupt id=%s in=%s\n", entry->id, place->name);
		break;
	case VIEW_ERROR:
		complain("unable to read %s/%s: %s", place->name, entry->name, strerror(errno));
		p->code = EXIT_TEMPORARY;
		break;
	default:
		break; /* it has gone, or is not there yet */
	}
	view_close(&p->view);
	return ferror(stdout) == 0;
}

static bool
visit_place(void *context, const struct place *place)
{
	struct preview *p = context;

	if (place_entries(place, PLACE_BY_AGE, visit_entry, p) == -1) {
		complain("unable to read %s: %s", place->name, strerror(errno));
		p->code = EXIT_TEMPORARY;
	}
	return ferror(stdout) == 0;
}

int
preview_run(struct qrun *q)
{
	struct preview *p = calloc(1, sizeof *p);
	int code;

	if (p == NULL)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to begin");
	*p = (struct preview){.q = q, .now = clock_wall_seconds(), .code = EXIT_DONE};
	str_init(&p->line, LINE_MAX_OCTETS);
	str_init(&p->sender, LINE_MAX_OCTETS);
	route_init(&p->route);
	if (place_each(&q->spool, PLACE_NEW | PLACE_DEFERRED | PLACE_HOLD, visit_place, p) == -1)
		die(PROGRAM, EXIT_TEMPORARY, "%s", q->spool.problem.data);
	if ((fflush(stdout) == EOF || ferror(stdout)) && p->code == EXIT_DONE)
		p->code = EXIT_TEMPORARY;
	if (p->destination != NULL)
		destination_free(p->destination);
	route_free(&p->route);
	str_free(&p->line);
	str_free(&p->sender);
	code = p->code;
	free(p);
	return code;
}
