/* SPDX-License-Identifier: ISC */
#include "conf/circles.h"

#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "conf/alias.h"
#include "conf/include.h"
#include "conf/routes.h"

#define DEPTH_MAX 500 /* of one way; what lies deeper is found from where it begins */
#define TEXT_MAX ((size_t)4000)

/* An address or a file that was come to. */
struct stop {
	const struct stop *from; /* while it is open */
	bool is_open;		 /* on the way that is being followed */
	char name[];
};

struct walk {
	const struct routes *routes;
	circles_note *note;
	void *context;
	void *stops; /* of tsearch */
	const struct stop *last;
	unsigned depth;
};

static int follow_address(struct walk *w, struct slice address);

static int
compare(const void *a, const void *b)
{
	const struct stop *left = a, *right = b;

	return strcmp(left->name, right->name);
}

/* Files as they are; of addresses, letters of either case are taken as equal. */
static struct stop *
make_stop(struct slice name)
{
	struct stop *stop = calloc(1, sizeof *stop + name.len + 1);

	for (size_t i = 0; stop != NULL && i < name.len; i++)
		stop->name[i] = name.data[0] == '/' ? name.data[i] : ascii_lower(name.data[i]);
	return stop;
}

static void
tell_loop(struct walk *w, const struct stop *again)
{
	struct str way;

	str_init(&way, TEXT_MAX);
	(void)str_add_text(&way, again->name);
	for (const struct stop *s = w->last; s != NULL && s != again; s = s->from)
		(void)str_format(&way, " in %s", s->name);
	(void)str_format(&way, " in %s", again->name);
	w->note(w->context, CIRCLES_LOOP, str_slice(&way));
	str_free(&way);
}

/* 1 with *STOP, for leave; 0 where it is known, or too far; -1 with ENOMEM. */
static int
enter(struct walk *w, struct slice name, struct stop **stop)
{
	struct stop **found;

	if (w->depth == DEPTH_MAX)
		return 0;
	*stop = make_stop(name);
	found = *stop == NULL ? NULL : tsearch(*stop, &w->stops, compare);
	if (found == NULL || *found != *stop) {
		free(*stop);
		if (found != NULL && (*found)->is_open)
			tell_loop(w, *found);
		return found == NULL ? -1 : 0;
	}
	(*stop)->is_open = true;
	(*stop)->from = w->last;
	w->last = *stop;
	w->depth++;
	return 1;
}

static void
leave(struct walk *w, struct stop *stop)
{
	w->last = stop->from;
	w->depth--;
	stop->is_open = false;
	stop->from = NULL;
}

static void
tell_line(const struct walk *w, struct slice path, size_t line)
{
	struct str text;

	str_init(&text, TEXT_MAX);
	(void)str_format(&text, "%.*s, line %zu", (int)path.len, path.data, line);
	w->note(w->context, CIRCLES_LINE, str_slice(&text));
	str_free(&text);
}

static int follow_file(struct walk *w, struct slice path);

static int
follow_members(struct walk *w, struct include *i, struct slice path)
{
	enum include_kind kind;
	struct slice text;
	int result = 0;

	while (result == 0 && (kind = include_next(i, &text)) != INCLUDE_END)
		switch (kind) {
		case INCLUDE_ADDRESS:
			result = follow_address(w, text);
			break;
		case INCLUDE_FILE:
			result = follow_file(w, text);
			break;
		case INCLUDE_FAILED:
			return -1;
		default:
			tell_line(w, path, i->line);
		}
	return result;
}

static int
follow_file(struct walk *w, struct slice path)
{
	struct include i;
	struct stop *stop;
	struct str problem;
	int result = enter(w, path, &stop);

	if (result != 1)
		return result;
	str_init(&problem, TEXT_MAX);
	if (include_open(&i, path, &problem) == -1) {
		w->note(w->context, CIRCLES_UNREAD, str_slice(&problem));
		result = 0;
	} else
		result = follow_members(w, &i, path);
	include_close(&i);
	str_free(&problem);
	leave(w, stop);
	return result;
}

static int
follow_target(struct walk *w, struct slice target)
{
	struct slice path;

	if (include_path(target, &path))
		return follow_file(w, path);
	/* a colon ends the name of what is no address: "list:", "user:" and the like */
	if (slice_find(target, '@') == target.len || target.data[0] == '/' ||
	    target.data[0] == '|' || slice_starts(target, ROUTE_LIST))
		return 0;
	return follow_address(w, target);
}

/* FULL has a domain. */
static int
follow_full(struct walk *w, struct slice full)
{
	struct slice rest, one;
	struct route route;
	struct stop *stop;
	int result;

	if (!routes_is_ours(w->routes, slice_skip(full, slice_find_last(full, '@') + 1)))
		return 0;
	result = enter(w, full, &stop);
	if (result != 1)
		return result;
	route_init(&route);
	result = route_targets(w->routes, full, &route);
	rest = str_slice(&route.targets);
	while (result == 0 && route.kind == ROUTE_TARGETS && slice_take(&rest, '\n', &one))
		result = follow_target(w, one);
	route_free(&route);
	leave(w, stop);
	return result;
}

static int
follow_address(struct walk *w, struct slice address)
{
	struct slice own = w->routes->own_domain;
	struct str full;
	int result;

	if (slice_find_last(address, '@') < address.len)
		return follow_full(w, address);
	str_init(&full, TEXT_MAX);
	result =
	    str_format(&full, "%.*s@%.*s", (int)address.len, address.data, (int)own.len, own.data);
	if (result == 0)
		result = follow_full(w, str_slice(&full));
	else if (errno == EMSGSIZE)
		result = 0; /* no address is so long */
	str_free(&full);
	return result;
}

/* An entry for all others of a domain has no address: its targets begin ways. */
static int
follow_others(struct walk *w, struct slice targets)
{
	struct alias_target target;
	int result = 0;

	while (result == 0 && alias_next_target(&targets, &target))
		if (target.kind == ALIAS_ADDRESS || target.kind == ALIAS_LOCAL)
			result = follow_address(w, target.text);
	return result;
}

static int
follow_table(struct walk *w, const struct table *t)
{
	int result = 0;

	for (size_t i = 0; result == 0 && i < t->count; i++) {
		const struct table_entry *e = &t->entries[i];

		result = slice_starts(e->key, "@") ? follow_others(w, e->value)
						   : follow_address(w, e->key);
	}
	return result;
}

int
circles_find(const struct control *c, const struct routes *r, circles_note *note, void *context,
    struct str *problem)
{
	struct walk w = {.routes = r, .note = note, .context = context};
	struct table aliases = {.text = NULL}, virtual = {.text = NULL};
	struct str text;
	const char *name;
	int result;

	str_init(&text, CONTROL_FILE_MAX);
	result = routes_aliases_text(c, &text, &name);
	if (result == 1)
		result = table_make(&aliases, name, &text, TABLE_ALIASES, problem);
	if (result != -1)
		result = table_read(&virtual, c, "virtual", TABLE_PAIRS, problem);
	if (result != -1)
		result = follow_table(&w, &aliases);
	if (result != -1)
		result = follow_table(&w, &virtual);
	tdestroy(w.stops, free);
	table_free(&aliases);
	table_free(&virtual);
	str_free(&text);
	return result == -1 ? -1 : 0;
}
