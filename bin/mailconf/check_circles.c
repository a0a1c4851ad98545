/* SPDX-License-Identifier: ISC */
/* Aliases, hosted addresses and lists that lead back to themselves, and files of members. */
#include <errno.h>
#include <unistd.h>

#include "check.h"
#include "conf/circles.h"

/* Where TEXT, which begins with a name, is written: FILE is a place for the name of a file. */
static const char *
place_of(const struct checks *k, struct slice text, struct str *file)
{
	struct slice name;

	if (!slice_word(&text, &name))
		return "";
	if (name.data[0] == '/')
		return str_add_slice(file, name) == 0 ? file->data : "";
	return check_is_local(&k->tables, check_domain_of(name)) ? k->tables.aliases.name
								 : k->tables.virtual.name;
}

static void
note(void *context, enum circles_finding kind, struct slice text)
{
	struct checks *k = context;
	bool is_kept_from_us = kind == CIRCLES_UNREAD && errno == EACCES && geteuid() != 0;
	struct str file;

	str_init(&file, 4096);
	if (kind == CIRCLES_LOOP)
		finding(k, FINDING_ERROR, place_of(k, text, &file), 0,
		    "%.*s: a circle, so that mail waits or goes round; take one of them out",
		    (int)text.len, text.data);
	else if (kind == CIRCLES_LINE)
		finding(k, FINDING_WARNING, NULL, 0, "%.*s: no address, and nobody gets mail by it",
		    (int)text.len, text.data);
	else if (is_kept_from_us)
		finding(k, FINDING_UNKNOWN, NULL, 0, "%.*s; run mailconf check as root",
		    (int)text.len, text.data);
	else
		finding(k, FINDING_ERROR, NULL, 0, "%.*s, so mail for that list waits",
		    (int)text.len, text.data);
	str_free(&file);
}

void
check_circles(struct checks *k)
{
	struct str problem;
	struct routes *routes = check_open_routes(k);

	if (routes == NULL)
		return;
	str_init(&problem, 4096);
	if (circles_find(k->control, routes, note, k, &problem) == -1 && errno == ENOMEM)
		k->has_failed = true;
	routes_free(routes);
	str_free(&problem);
}
