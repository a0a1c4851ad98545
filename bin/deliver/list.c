/* SPDX-License-Identifier: ISC */
#include "list.h"

#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "conf/include.h"
#include "conf/lists.h"
#include "mail/address.h"
#include "mail/verp.h"

#define PROGRAM "deliver"
#define TEXT_MAX ((size_t)2000)
#define LINES_LOGGED 10 /* bad ones of a file, each time it is read */

/* A file or an alias: on the way from the recipient to the member at hand, or behind us. */
struct list_name {
	const struct list_name *parent;
	bool is_open;
	char text[];
};

static int
compare(const void *a, const void *b)
{
	const struct list_name *left = a, *right = b;

	return strcmp(left->text, right->text);
}

/* Files as they are; of addresses, letters of either case are taken as equal. */
static struct list_name *
make_name(struct slice text)
{
	struct list_name *name = calloc(1, sizeof *name + text.len + 1);

	for (size_t i = 0; name != NULL && i < text.len; i++)
		name->text[i] = text.data[0] == '/' ? text.data[i] : ascii_lower(text.data[i]);
	return name;
}

/* Says how the list comes to include itself: its members get the message once nevertheless. */
static void
log_loop(const struct expansion *e, const struct list_name *again)
{
	const struct list_name *name = e->list;
	struct str way;
	struct event event;

	str_init(&way, TEXT_MAX);
	(void)str_add_text(&way, again->text);
	for (; name != NULL && name != again; name = name->parent)
		(void)str_format(&way, " in %s", name->text);
	(void)str_format(&way, " in %s", again->text);
	event_start(&event, PROGRAM, "list-loop");
	event_slice(&event, "id", e->job->id);
	event_slice(&event, "list", e->recipient->address);
	event_slice(&event, "way", str_slice(&way));
	event_send(&event);
	str_free(&way);
}

/* 1 with *NAME, to be closed by leave; 0 where it was expanded already; -1 and the outcome. */
static int
enter(struct expansion *e, struct slice text, struct list_name **name)
{
	struct list_name **found;

	if (e->depth >= e->courier->limits.list_depth)
		return outcome_fail(e->outcome, JOB_TEMPORARY, "4.3.5",
		    "the list is nested more than %u deep at %.*s", e->depth, (int)text.len,
		    text.data);
	*name = make_name(text);
	found = *name == NULL ? NULL : tsearch(*name, &e->names, compare);
	if (found == NULL) {
		free(*name);
		return outcome_errno(e->outcome, "unable to expand the list");
	}
	if (*found != *name) {
		free(*name);
		if ((*found)->is_open)
			log_loop(e, *found);
		return 0;
	}
	(*name)->parent = e->list;
	(*name)->is_open = true;
	e->list = *name;
	e->depth++;
	return 1;
}

static void
leave(struct expansion *e, struct list_name *name)
{
	name->is_open = false;
	e->list = name->parent;
	e->depth--;
}

static void
log_line(const struct expansion *e, struct slice path, size_t line)
{
	struct event event;

	event_start(&event, PROGRAM, "list-line");
	event_slice(&event, "id", e->job->id);
	event_slice(&event, "list", e->recipient->address);
	event_slice(&event, "file", path);
	event_number(&event, "line", (int64_t)line);
	event_text(&event, "reason", "no address");
	event_send(&event);
}

static int
add_members(struct expansion *e, struct include *i, struct slice path)
{
	enum include_kind kind;
	struct slice text;
	size_t bad = 0;
	int result = 0;

	while (result == 0 && (kind = include_next(i, &text)) != INCLUDE_END)
		switch (kind) {
		case INCLUDE_ADDRESS:
			result = list_add_member(e, text);
			break;
		case INCLUDE_FILE:
			result = list_add_file(e, text);
			break;
		case INCLUDE_FAILED:
			return outcome_errno(e->outcome, "unable to read the list");
		default:
			/* what it says is nobody's business who reads the log or a bounce */
			if (bad++ < LINES_LOGGED)
				log_line(e, path, i->line);
		}
	return result;
}

int
list_add_file(struct expansion *e, struct slice path)
{
	struct list_name *name;
	struct include i;
	struct str problem;
	int result = enter(e, path, &name);

	if (result != 1)
		return result;
	str_init(&problem, TEXT_MAX);
	if (include_open(&i, path, &problem) == -1)
		result = outcome_fail(
		    e->outcome, JOB_TEMPORARY, "4.3.5", "unable to read %s", problem.data);
	else
		result = add_members(e, &i, path);
	include_close(&i);
	str_free(&problem);
	leave(e, name);
	return result;
}

/* Nothing but addresses and files of them: no owner of its own, no mailbox, no program. */
static bool
is_part_of_list(struct slice targets)
{
	struct slice one, path;

	while (slice_take(&targets, '\n', &one))
		if (!include_path(one, &path) && target_parse(one, false).kind != TARGET_FORWARD)
			return false;
	return true;
}

static int
add_targets(struct expansion *e, struct slice targets)
{
	struct slice one, path;

	while (slice_take(&targets, '\n', &one))
		if ((include_path(one, &path) ? list_add_file(e, path) : list_add_member(e, one)) ==
		    -1)
			return -1;
	return 0;
}

/* The tables, read at the first list; null where they cannot be had, and then nothing is nested. */
static const struct routes *
routes_of(struct courier *c)
{
	struct control control;
	struct str problem;

	if (c->routes != NULL || c->has_no_routes)
		return c->routes;
	str_init(&problem, TEXT_MAX);
	if (control_open(&control) == 0)
		c->routes = routes_open(&control, &problem);
	c->has_no_routes = c->routes == NULL;
	if (c->has_no_routes)
		log_note(PROGRAM, "warning", "no alias in a list is looked up: %s",
		    problem.len > 0 ? problem.data : strerror(errno));
	control_close(&control);
	str_free(&problem);
	return c->routes;
}

static bool
is_ours(const struct routes *routes, struct slice address)
{
	return routes != NULL &&
	       routes_is_ours(routes, slice_skip(address, slice_find_last(address, '@') + 1));
}

static int
add_plain(struct expansion *e, struct slice address)
{
	uint64_t max = e->members_max > 0 ? e->members_max : e->courier->limits.list_members;

	if (expand_add_address(e, address) == -1)
		return -1;
	if (e->plan->of_kind[PLAN_FORWARD] <= max)
		return 0;
	return outcome_fail(e->outcome, JOB_TEMPORARY, "4.3.5",
	    "the list has more than %llu members", (unsigned long long)max);
}

/* One of ours may be an alias or a list; ADDRESS has a domain. */
static int
add_ours(struct expansion *e, const struct routes *routes, struct slice address)
{
	struct list_name *name;
	struct route route;
	int result = 0;

	route_init(&route);
	if (route_targets(routes, address, &route) == -1)
		result = outcome_errno(e->outcome, "unable to look up a member");
	else if (route.kind != ROUTE_TARGETS || !is_part_of_list(str_slice(&route.targets)))
		result = add_plain(e, address);
	else {
		result = enter(e, address, &name);
		if (result == 1) {
			result = add_targets(e, str_slice(&route.targets));
			leave(e, name);
		}
	}
	route_free(&route);
	return result;
}

/* The list itself, as a member. */
static bool
is_open(const struct expansion *e, struct slice address)
{
	for (const struct list_name *name = e->list; name != NULL; name = name->parent)
		if (slice_is_nocase(address, name->text)) {
			log_loop(e, name);
			return true;
		}
	return false;
}

int
list_add_member(struct expansion *e, struct slice text)
{
	const struct routes *routes = routes_of(e->courier);
	struct str full;
	int result;

	str_init(&full, TEXT_MAX);
	result = str_add_slice(&full, text);
	if (result == 0 && slice_find_last(text, '@') == text.len)
		result = str_format(&full, "@%s", e->courier->me.data);
	if (result == -1)
		result = outcome_errno(e->outcome, "unable to make an address");
	else if (!is_ours(routes, str_slice(&full)))
		result = add_plain(e, str_slice(&full));
	else if (!is_open(e, str_slice(&full)))
		result = add_ours(e, routes, str_slice(&full));
	str_free(&full);
	return result;
}

/* The owner as the reverse-path: for VERP with the separator at the end of its local part. */
static int
set_sender(struct plan *p, const struct list *list)
{
	size_t at = slice_find_last(list->owner, '@');
	struct slice local = slice_make(list->owner.data, at);
	bool is_quoted = local.data[0] == '"';

	str_clear(&p->sender);
	if (!list->has_verp)
		return str_add_slice(&p->sender, list->owner);
	if (is_quoted)
		local.len--;
	return str_format(&p->sender, "%.*s%c%s%.*s-@[]", (int)local.len, local.data,
	    list->separator, is_quoted ? "\"" : "", (int)(list->owner.len - at),
	    list->owner.data + at);
}

int
list_begin(struct expansion *e, struct slice words)
{
	struct plan *p = e->plan;
	struct list_name *name;
	struct list list;
	const char *wrong;

	str_clear(&p->list);
	if (str_add_slice(&p->list, words) == -1)
		return outcome_errno(e->outcome, "unable to keep the settings of the list");
	wrong = list_parse(str_slice(&p->list), &list);
	if (wrong != NULL)
		return outcome_fail(
		    e->outcome, JOB_TEMPORARY, "4.3.5", "the settings of the list: %s", wrong);
	e->members_max = list.max;
	/* RFC 5321, 3.9.2; but what comes from nobody must not come back to a list */
	if (list.owner.len > 0 && e->job->reverse_path.len > 0 && set_sender(p, &list) == -1)
		return outcome_errno(e->outcome, "unable to make the sender");
	return enter(e, e->recipient->address, &name) == -1 ? -1 : 0;
}

void
list_end(struct expansion *e)
{
	tdestroy(e->names, free);
	e->names = NULL;
	e->list = NULL;
}
