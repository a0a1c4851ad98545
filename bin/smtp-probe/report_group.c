/* SPDX-License-Identifier: ISC */
#include "report_group.h"

static bool
is_same(const struct str *a, const struct str *b)
{
	return slice_equal(str_slice(a), str_slice(b));
}

bool
group_is_same(const struct result *a, const struct result *b)
{
	if (!a->is_of_series || !b->is_of_series || a->verdict != b->verdict ||
	    a->weight != b->weight || !is_same(&a->advice, &b->advice))
		return false;
	if (a->verdict == UNKNOWN)
		return a->reply.len > 0 && is_same(&a->reply, &b->reply);
	return a->verdict == FACT && a->value.len > 0 && is_same(&a->value, &b->value);
}

size_t
group_count(const struct report_results *results, size_t i)
{
	size_t count = 0;

	for (size_t k = 0; results->list[i]->is_of_series && k < results->count; k++)
		if (group_is_same(results->list[i], results->list[k]))
			count++;
	return count;
}

bool
group_is_first(const struct report_results *results, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (group_is_same(results->list[i], results->list[k]))
			return false;
	return true;
}

void
group_end(struct group_names *names)
{
	if (names->count > 1)
		put_format(names->report, names->out, " (%zu)", names->count);
}

void
group_add(struct group_names *names, const struct result *res)
{
	if (names->last == res->kind) {
		names->count++;
		return;
	}
	group_end(names);
	put_format(
	    names->report, names->out, "%s%s", names->last == NULL ? "" : ", ", res->kind->id);
	names->last = res->kind;
	names->count = 1;
}
