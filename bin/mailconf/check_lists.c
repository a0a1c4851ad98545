/* SPDX-License-Identifier: ISC */
/* Settings of one list under several names, of which one counts. */
#include "check.h"
#include "conf/route.h"

/* Of the names of one list, which stand together, one counts. */
struct counting {
	const struct routes *routes;
	struct slice name;	    /* of the alias that was asked for last */
	int found;		    /* by routes_find_list */
	struct slice key, settings; /* what counts for it */
};

static void
find_counting(struct counting *c, struct slice name)
{
	if (c->name.data != NULL && slice_equal_nocase(name, c->name))
		return;
	c->name = name;
	c->found = routes_find_list(c->routes, name, &c->key, &c->settings);
}

static void
check_list(struct checks *k, struct counting *c, const struct table_entry *e)
{
	size_t at = slice_find_last(e->key, '@');

	if (at < e->key.len && !check_is_local(&k->tables, slice_skip(e->key, at + 1)))
		return;
	find_counting(c, slice_make(e->key.data, at));
	if (c->found != 1 || slice_equal_nocase(c->key, e->key) ||
	    slice_equal(c->settings, e->value))
		return;
	finding_entry(k, FINDING_WARNING, &k->tables.lists, e,
	    "%.*s is the list %.*s, which says otherwise and counts; remove one of them",
	    (int)e->key.len, e->key.data, (int)c->key.len, c->key.data);
}

void
check_lists(struct checks *k)
{
	const struct table *lists = &k->tables.lists.table;
	struct counting c = {.found = 0};
	struct routes *routes;

	if (lists->count == 0)
		return;
	c.routes = routes = check_open_routes(k);
	for (size_t i = 0; routes != NULL && i < lists->count; i++)
		check_list(k, &c, &lists->entries[i]);
	routes_free(routes);
}
