/* SPDX-License-Identifier: ISC */
#include "plan.h"

#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/io.h"

#define STEPS_MAX ((size_t)11000000) /* list.c counts members, by the limits */
#define TEXT_MAX ((size_t)4096)

int
plan_init(struct plan *p, struct slice sender)
{
	*p = (struct plan){.home = -1};
	str_init(&p->user, TEXT_MAX);
	str_init(&p->home_path, TEXT_MAX);
	str_init(&p->extension, TEXT_MAX);
	str_init(&p->rest, TEXT_MAX);
	str_init(&p->sender, TEXT_MAX);
	str_init(&p->list, TEXT_MAX);
	str_init(&p->quota, TEXT_MAX);
	return str_add_slice(&p->sender, sender);
}

static void
forget_nothing(void *node)
{
	(void)node; /* the list owns what the tree leads to */
}

void
plan_free(struct plan *p)
{
	tdestroy(p->seen, forget_nothing);
	for (size_t i = 0; i < p->count; i++)
		free(p->steps[i]);
	free(p->steps);
	io_close(p->home);
	str_free(&p->user);
	str_free(&p->home_path);
	str_free(&p->extension);
	str_free(&p->rest);
	str_free(&p->sender);
	str_free(&p->list);
	str_free(&p->quota);
	*p = (struct plan){.home = -1};
}

static int
compare_octets(struct slice a, struct slice b)
{
	int order = memcmp(a.data, b.data, a.len < b.len ? a.len : b.len);

	return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

/* Domains are the same in any case, local parts may differ (RFC 5321, 2.4). */
static int
compare_addresses(struct slice a, struct slice b)
{
	size_t at_a = slice_find_last(a, '@'), at_b = slice_find_last(b, '@');
	int order = compare_octets(slice_make(a.data, at_a), slice_make(b.data, at_b));

	return order != 0 ? order : strcasecmp(a.data + at_a, b.data + at_b);
}

static int
compare(const void *left, const void *right)
{
	const struct plan_step *a = left, *b = right;

	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	if (a->in_home != b->in_home)
		return a->in_home ? -1 : 1;
	return a->kind == PLAN_FORWARD ? compare_addresses(a->value, b->value)
				       : compare_octets(a->value, b->value);
}

static int
make_room(struct plan *p)
{
	size_t room = p->room == 0 ? 8 : p->room * 2;
	struct plan_step **steps;

	if (p->count < p->room)
		return 0;
	if (p->count >= STEPS_MAX) {
		errno = EMSGSIZE;
		return -1;
	}
	steps = reallocarray(p->steps, room, sizeof(struct plan_step *));
	if (steps == NULL)
		return -1;
	p->steps = steps;
	p->room = room;
	return 0;
}

/* STEP and its value in one piece of memory. */
static struct plan_step *
copy_step(const struct plan_step *step)
{
	struct plan_step *copy = malloc(sizeof *copy + step->value.len + 1);
	char *text;

	if (copy == NULL)
		return NULL;
	*copy = *step;
	text = (char *)(copy + 1);
	if (step->value.len > 0)
		memcpy(text, step->value.data, step->value.len);
	text[step->value.len] = '\0';
	copy->value.data = text;
	return copy;
}

int
plan_add(struct plan *p, const struct plan_step *step)
{
	struct plan_step *copy, **found;

	if (make_room(p) == -1 || (copy = copy_step(step)) == NULL)
		return -1;
	found = tsearch(copy, &p->seen, compare);
	if (found == NULL || *found != copy) {
		free(copy);
		return found == NULL ? -1 : 0;
	}
	p->steps[p->count++] = copy;
	p->of_kind[copy->kind]++;
	return 0;
}

void
plan_cut(struct plan *p, size_t count)
{
	while (p->count > count) {
		struct plan_step *last = p->steps[--p->count];

		tdelete(last, &p->seen, compare);
		p->of_kind[last->kind]--;
		free(last);
	}
}
