/* SPDX-License-Identifier: ISC */
#include "life.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "show.h"

static bool
is_about(const struct life *l, const struct record *r)
{
	return slice_is(record_value(r, "id"), l->id) || slice_is(record_value(r, "report"), l->id);
}

static void
print(bool has_time, int64_t time, const char *text, size_t len)
{
	char when[TIME_SIZE];

	if (has_time)
		printf("%s  ", show_time(when, "%F %H:%M:%S", time));
	/* (who reads it strictly knows that there is no control character in it) */
	printf("%.*s\n", (int)len, text);
}

static bool
keep(struct life *l, const struct record *r, const char *text)
{
	if (l->count == l->room) {
		size_t room = l->room == 0 ? 64 : l->room * 2;
		struct life_line *lines = realloc(l->lines, room * sizeof *lines);

		if (lines == NULL)
			return false;
		l->lines = lines;
		l->room = room;
	}
	l->lines[l->count] = (struct life_line){
	    .time = r->time, .number = l->count, .has_time = r->has_time, .text = strdup(text)};
	return l->lines[l->count++].text != NULL;
}

bool
life_add(struct life *l, const struct record *r)
{
	struct str text;
	bool good = true;

	if (!is_about(l, r))
		return true;
	l->found++;
	str_init(&text, SIZE_MAX / 2);
	/* syslog takes the program's name away */
	if (r->text.data != r->program.data)
		good = str_add_slice(&text, r->program) == 0 && str_add_text(&text, ": ") == 0;
	good = good && str_add_slice(&text, r->text) == 0;
	if (good && l->is_sorted && l->count < LIFE_LINES_MAX)
		good = keep(l, r, text.data);
	else if (good)
		print(r->has_time, r->time, text.data, text.len);
	str_free(&text);
	return good;
}

static int
by_time(const void *a, const void *b)
{
	const struct life_line *left = a, *right = b;

	if (left->has_time && right->has_time && left->time != right->time)
		return left->time < right->time ? -1 : 1;
	return left->number < right->number ? -1 : left->number > right->number;
}

void
life_end(struct life *l)
{
	bool all_have_time = true;

	for (size_t i = 0; i < l->count; i++)
		all_have_time = all_have_time && l->lines[i].has_time;
	if (all_have_time && l->count > 0)
		qsort(l->lines, l->count, sizeof *l->lines, by_time);
	for (size_t i = 0; i < l->count; i++) {
		print(l->lines[i].has_time, l->lines[i].time, l->lines[i].text,
		    strlen(l->lines[i].text));
		free(l->lines[i].text);
	}
	free(l->lines);
	l->lines = NULL;
	l->count = l->room = 0;
}
