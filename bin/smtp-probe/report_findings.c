/* SPDX-License-Identifier: ISC */
/* What stands first in the table: what is wrong, and what could not be told. */
#include <stdlib.h>
#include <string.h>

#include "report_group.h"
#include "report_page.h"

#define ALIKE_MOST 200 /* findings that a result is held against */
#define REPLY_LINES 3
#define BODY 4 /* columns before it */

static bool
is_same(const struct str *a, const struct str *b)
{
	return slice_equal(str_slice(a), str_slice(b));
}

static bool
is_alike(const struct result *a, const struct result *b)
{
	return a->kind == b->kind && a->verdict == b->verdict && a->weight == b->weight &&
	       is_same(&a->about, &b->about) && is_same(&a->value, &b->value) &&
	       is_same(&a->text, &b->text) && is_same(&a->reply, &b->reply) &&
	       is_same(&a->advice, &b->advice);
}

static struct finding *
find_alike(struct findings *f, const struct result *res)
{
	for (size_t i = 0; i < f->count && i < ALIKE_MOST; i++)
		if (is_alike(f->list[i].result, res))
			return &f->list[i];
	return NULL;
}

static struct finding *
add_finding(struct findings *f, const struct result *res)
{
	if (f->count == f->room) {
		size_t room = f->room == 0 ? 64 : f->room * 2;
		struct finding *list = reallocarray(f->list, room, sizeof *list);

		if (list == NULL) {
			f->has_failed = true;
			return NULL;
		}
		f->list = list;
		f->room = room;
	}
	f->list[f->count] = (struct finding){.result = res};
	return &f->list[f->count++];
}

static void
take(void *context, const struct report_server *server, const struct result *res)
{
	struct findings *f = context;
	struct finding *finding;

	if (res->weight == PLAIN)
		return;
	finding = find_alike(f, res);
	if (finding == NULL)
		finding = add_finding(f, res);
	if (finding == NULL || server == NULL)
		return;
	if (finding->count < PAGE_SERVERS)
		finding->servers[finding->count] = server;
	finding->count++;
}

/* "No" before "could not tell", problems before warnings. */
static int
rank(const struct finding *f)
{
	return (f->result->weight == PROBLEM ? 0 : 2) + (f->result->verdict == UNKNOWN ? 1 : 0);
}

/* Those of a rank stay in the order in which they were found. */
static void
sort(struct findings *f)
{
	struct finding *sorted = reallocarray(NULL, f->count + 1, sizeof *sorted);
	size_t n = 0;

	if (sorted == NULL) {
		f->has_failed = true;
		return;
	}
	for (int wanted = 0; wanted < 4; wanted++)
		for (size_t i = 0; i < f->count; i++)
			if (rank(&f->list[i]) == wanted)
				sorted[n++] = f->list[i];
	free(f->list);
	f->list = sorted;
	f->room = f->count + 1;
}

void
findings_collect(struct findings *f, const struct report *r)
{
	*f = (struct findings){.count = 0};
	report_each(r, take, f);
	sort(f);
}

void
findings_free(struct findings *f)
{
	free(f->list);
}

/* Where: "mx1.example.org [192.0.2.1]:25, mx2.example.org [192.0.2.2]:25 and 3 more". */
static void
put_where(struct report *r, struct str *out, const struct finding *f)
{
	for (size_t i = 0; i < f->count && i < PAGE_SERVERS; i++) {
		put_text(r, out, i == 0 ? "  at " : ", ");
		put_server(r, out, f->servers[i]);
	}
	if (f->count > PAGE_SERVERS)
		put_format(r, out, " and %zu more", f->count - PAGE_SERVERS);
}

/* COUNT is of a group; 0 for none. */
static void
put_head(struct page *page, const struct finding *f, size_t count)
{
	static const char *const labels[] = {
	    "PROBLEM", "COULD NOT TELL", "WARNING", "COULD NOT TELL"};
	const char *label = labels[rank(f)];
	const struct result *res = f->result;
	struct str head;

	str_init(&head, REPORT_PENDING_CAP);
	page_styled(page, rank(f) == 0 ? TERMINAL_RED : TERMINAL_YELLOW, label);
	if (count > 0)
		put_format(page->r, &head, "  %zu alike", count);
	else
		put_format(page->r, &head, "  %s%s", res->kind->id, res->about.len > 0 ? " " : "");
	if (count == 0)
		put_escaped(page->r, &head, str_slice(&res->about));
	put_where(page->r, &head, f);
	page_fold(page, str_slice(&head), strlen(label), BODY, 2);
	str_free(&head);
}

static void
put_part(struct page *page, const char *label, struct slice text, const char *source, size_t most)
{
	struct str safe;

	if (text.len == 0)
		return;
	str_init(&safe, REPORT_PENDING_CAP);
	put_text(page->r, &safe, label);
	put_escaped(page->r, &safe, text);
	if (source != NULL)
		put_format(page->r, &safe, " (%s)", source);
	put_format(page->r, page->out, "%*s", BODY, "");
	page_fold(page, str_slice(&safe), BODY, BODY, most);
	str_free(&safe);
}

/* The same advice as the one BEFORE has, which may be null, is not given again. */
static void
put_finding(struct page *page, const struct finding *f, const struct finding *before)
{
	const struct result *res = f->result;
	bool is_again = before != NULL && is_same(&res->advice, &before->result->advice);

	put_head(page, f, 0);
	put_part(page, "", str_slice(res->text.len > 0 ? &res->text : &res->value), res->source, 0);
	put_part(
	    page, "it said: ", str_slice(&res->reply), NULL, page->r->is_verbose ? 0 : REPLY_LINES);
	if (!is_again)
		put_part(page, "what to do: ", str_slice(&res->advice), NULL, 0);
}

/* At the same servers, too. */
static bool
is_same_group(const struct finding *a, const struct finding *b)
{
	return a->count == b->count && group_is_same(a->result, b->result) &&
	       memcmp(a->servers, b->servers, sizeof a->servers) == 0;
}

static size_t
count_group(const struct findings *f, size_t i)
{
	size_t count = 0;

	for (size_t k = 0; f->list[i].result->is_of_series && k < f->count; k++)
		if (is_same_group(&f->list[i], &f->list[k]))
			count++;
	return count;
}

static bool
is_first_of_group(const struct findings *f, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (is_same_group(&f->list[i], &f->list[k]))
			return false;
	return true;
}

/* Many that came to the same: what they are called, and what came. */
static void
put_group(struct page *page, const struct findings *f, size_t first)
{
	const struct finding *one = &f->list[first];
	struct str text;
	struct group_names names = {.report = page->r, .out = &text};

	str_init(&text, REPORT_PENDING_CAP);
	for (size_t i = first; i < f->count; i++)
		if (is_same_group(one, &f->list[i]))
			group_add(&names, f->list[i].result);
	group_end(&names);
	put_head(page, one, count_group(f, first));
	put_part(page, "", str_slice(&text), NULL, 0);
	put_part(page, "it said: ", str_slice(&one->result->reply), NULL, REPLY_LINES);
	put_part(page, "what to do: ", str_slice(&one->result->advice), NULL, 0);
	str_free(&text);
}

void
findings_put(struct page *page, const struct findings *f)
{
	size_t put = 0, more = 0;

	if (f->has_failed)
		page->r->has_failed = true;
	for (size_t i = 0; i < f->count; i++) {
		bool is_grouped = !page->r->is_verbose && count_group(f, i) >= GROUP_LEAST;

		if (is_grouped && !is_first_of_group(f, i))
			continue;
		if (put == PAGE_FINDINGS) {
			more++;
			continue;
		}
		put++;
		if (is_grouped)
			put_group(page, f, i);
		else
			put_finding(page, &f->list[i], i == 0 ? NULL : &f->list[i - 1]);
	}
	if (more > 0)
		put_format(page->r, page->out, "and %zu more, below\n", more);
}
