/* SPDX-License-Identifier: ISC */
/* Settings of one list under several names, of which one counts. */
#include "check.h"
#include "conf/route.h"

static void
check_list(struct checks *k, const struct routes *routes, const struct table_entry *e)
{
	const struct check_table *lists = &k->tables.lists;
	size_t at = slice_find_last(e->key, '@');
	struct slice name = slice_make(e->key.data, at), key, settings;

	if ((at < e->key.len && !check_is_local(&k->tables, slice_skip(e->key, at + 1))) ||
	    routes_find_list(routes, name, &key, &settings) != 1 ||
	    slice_equal_nocase(key, e->key) || slice_equal(settings, e->value))
		return;
	finding_entry(k, FINDING_WARNING, lists, e,
	    "%.*s is the list %.*s, which says otherwise and counts; remove one of them",
	    (int)e->key.len, e->key.data, (int)key.len, key.data);
}

void
check_lists(struct checks *k)
{
	const struct table *lists = &k->tables.lists.table;
	struct routes *routes;
	struct str problem;

	if (lists->count == 0)
		return;
	str_init(&problem, 4096);
	routes = routes_open(k->control, &problem);
	/* without them, check_files has said why */
	for (size_t i = 0; routes != NULL && i < lists->count; i++)
		check_list(k, routes, &lists->entries[i]);
	routes_free(routes);
	str_free(&problem);
}
