/* SPDX-License-Identifier: ISC */
#include "conf/listed.h"

#include <errno.h>
#include <string.h>

#include "conf/control.h"
#include "conf/hop.h"

void
listed_init(struct listed *l)
{
	*l = (struct listed){.is_read = false};
}

void
listed_free(struct listed *l)
{
	table_free(&l->routes);
	table_free(&l->senders);
	l->is_read = false;
}

int
listed_read(struct listed *l, struct str *problem)
{
	struct control control;

	if (l->is_read)
		return 0;
	if (control_open(&control) == -1) {
		(void)str_format(problem, "%s: %s", control.path, strerror(errno));
		return -1;
	}
	l->is_read = table_open(&l->routes, &control, "routes", TABLE_PAIRS, problem) != -1 &&
		     table_open(&l->senders, &control, "senderroutes", TABLE_PAIRS, problem) != -1;
	if (!l->is_read) {
		if (problem->len == 0)
			(void)str_add_text(problem, strerror(errno));
		listed_free(l);
	}
	control_close(&control);
	return l->is_read ? 0 : -1;
}

static bool
has(const struct table *t, struct slice destination, struct str *told)
{
	struct table_cursor cursor = {.line = 0};
	struct table_entry entry;
	struct hop hop;

	/* what is damaged lists nothing behind that */
	while (table_next(t, &cursor, &entry) == 1) {
		if (hop_parse(entry.value, &hop) != NULL ||
		    (hop.kind != HOP_PIPE && hop.kind != HOP_BSMTP))
			continue;
		str_clear(told);
		if (hop_add(told, &hop, slice_of("")) == 0 &&
		    slice_equal(str_slice(told), destination))
			return true;
	}
	return false;
}

bool
listed_has(const struct listed *l, struct slice destination)
{
	struct str told;
	bool found;

	str_init(&told, SIZE_MAX / 4);
	found = has(&l->routes, destination, &told) || has(&l->senders, destination, &told);
	str_free(&told);
	return found;
}
