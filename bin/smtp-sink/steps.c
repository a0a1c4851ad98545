/* SPDX-License-Identifier: ISC */
#include "steps.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ALWAYS UINT64_C(100)
#define TIMES_MAX UINT64_C(1000000000000)

struct step_action {
	struct step_action *next;
	struct slice text;
	uint64_t first, last; /* times at which it takes effect */
	uint64_t percent;     /* by chance */
};

struct step {
	struct step *next;
	struct slice name;
	uint64_t times;
	struct step_action *actions;
};

static struct step *
find(const struct steps *s, struct slice name)
{
	struct step *at = s->list;

	while (at != NULL && !slice_equal(at->name, name))
		at = at->next;
	return at;
}

static struct step *
find_or_add(struct steps *s, struct slice name)
{
	struct step *step = find(s, name);

	if (step != NULL || (step = calloc(1, sizeof *step)) == NULL)
		return step;
	*step = (struct step){.next = s->list, .name = name};
	s->list = step;
	return step;
}

/* "N", "N+", "N-M" or "P%". */
static bool
parse_when(struct step_action *a, struct slice when)
{
	size_t hyphen = slice_find(when, '-');
	char end = when.len == 0 ? '\0' : when.data[when.len - 1];
	struct slice number = slice_make(when.data, when.len - 1);

	if (end == '%')
		return slice_number(number, 100, &a->percent);
	if (end == '+')
		return slice_number(number, TIMES_MAX, &a->first);
	if (hyphen < when.len)
		return slice_number(slice_make(when.data, hyphen), TIMES_MAX, &a->first) &&
		       slice_number(slice_skip(when, hyphen + 1), TIMES_MAX, &a->last);
	if (!slice_number(when, TIMES_MAX, &a->first))
		return false;
	a->last = a->first;
	return true;
}

/* What stands behind the last "@", if it is a time; else that is part of the action. */
static void
take_when(struct step_action *a)
{
	size_t at = slice_find_last(a->text, '@');
	struct step_action found = {.next = NULL, .last = UINT64_MAX, .percent = ALWAYS};

	if (at == a->text.len || !parse_when(&found, slice_skip(a->text, at + 1)))
		return;
	found.text = slice_make(a->text.data, at);
	*a = found;
}

int
steps_add(struct steps *s, const char *text)
{
	struct slice rest = slice_of(text);
	size_t equals = slice_find(rest, '=');
	struct step_action *a, **end;
	struct step *step;

	if (equals == 0 || equals == rest.len) {
		errno = EINVAL;
		return -1;
	}
	step = find_or_add(s, slice_make(text, equals));
	a = step == NULL ? NULL : calloc(1, sizeof *a);
	if (a == NULL)
		return -1;
	*a = (struct step_action){
	    .text = slice_skip(rest, equals + 1), .last = UINT64_MAX, .percent = ALWAYS};
	take_when(a);
	for (end = &step->actions; *end != NULL;)
		end = &(*end)->next;
	*end = a;
	return 0;
}

void
steps_free(struct steps *s)
{
	while (s->list != NULL) {
		struct step *step = s->list;

		s->list = step->next;
		while (step->actions != NULL) {
			struct step_action *a = step->actions;

			step->actions = a->next;
			free(a);
		}
		free(step);
	}
}

bool
steps_knows(const struct steps *s, const char *step)
{
	return find(s, slice_of(step)) != NULL;
}

/* xorshift64* (Vigna): the same numbers for the same --seed. */
static uint64_t
next_random(struct steps *s)
{
	s->random ^= s->random >> 12;
	s->random ^= s->random << 25;
	s->random ^= s->random >> 27;
	return s->random * UINT64_C(2685821657736338717);
}

bool
steps_take(struct steps *s, const char *step, struct slice *action)
{
	struct step *found = s->list == NULL ? NULL : find(s, slice_of(step));

	if (found == NULL)
		return false;
	found->times++;
	for (const struct step_action *a = found->actions; a != NULL; a = a->next) {
		if (found->times < a->first || found->times > a->last)
			continue;
		if (a->percent < ALWAYS && (next_random(s) >> 33) % 100 >= a->percent)
			continue;
		*action = a->text;
		return true;
	}
	return false;
}
