/* SPDX-License-Identifier: ISC */
/* The table for people: what is wrong first, then a line for each result, by server. */
#include <string.h>

#include "base/clock.h"
#include "report_diff.h"
#include "report_expect.h"
#include "report_group.h"
#include "report_page.h"

#define ID_WIDEST 26
#define SHORT_REST 60
#define MARK 7 /* columns before the id */

static void
put_plural(struct report *r, struct str *out, size_t n, const char *word, const char *plural)
{
	if (n > 0)
		put_format(r, out, ", %zu %s%s", n, word, n == 1 ? "" : plural);
}

/* "example.org: 1 problem, 2 could not be told; 2 servers, 1.2 s" */
static void
put_summary(struct page *page, const struct report_totals *one)
{
	struct report *r = page->r;
	const struct report_target *t = r->target;
	struct str line, counts;

	str_init(&line, REPORT_PENDING_CAP);
	str_init(&counts, REPORT_PENDING_CAP);
	put_plural(r, &counts, one->problems, "problem", "s");
	put_plural(r, &counts, one->not_told, "could not be told", "");
	put_plural(r, &counts, one->warnings, "warning", "s");
	put_escaped(r, &line, str_slice(&t->name));
	put_format(r, &line, ": %s", counts.len == 0 ? "nothing wrong was found" : counts.data + 2);
	if (t->server_count > 1)
		put_format(r, &line, "; %zu servers", t->server_count);
	put_format(r, &line, "; %.3f s", (double)(clock_monotonic_ms() - t->began_ms) / 1000);
	if (t->dropped > 0)
		put_format(r, &line, "; %zu results more than are kept", t->dropped);
	put_text(r, page->out, terminal_on(&page->terminal, TERMINAL_BOLD));
	page_fold(page, str_slice(&line), 0, 2, 0);
	if (page->out->len > 0)
		str_truncate(page->out, page->out->len - 1);
	put_format(r, page->out, "%s\n", terminal_off(&page->terminal));
	str_free(&line);
	str_free(&counts);
}

static void
put_expectation(struct page *page, const struct expectation *e)
{
	static const char *const labels[] = {
	    [YES] = "MET", [NO] = "NOT MET", [UNKNOWN] = "COULD NOT TELL"};
	struct report *r = page->r;
	struct expectation_witness witness;
	enum verdict met = expect_target(e, r->target, &witness);
	struct str line;

	if (met == YES && !r->is_verbose)
		return;
	str_init(&line, REPORT_PENDING_CAP);
	page_styled(page,
	    met == NO	     ? TERMINAL_RED
	    : met == UNKNOWN ? TERMINAL_YELLOW
			     : TERMINAL_GREEN,
	    labels[met]);
	put_text(r, &line, "  ");
	put_escaped(r, &line, e->text);
	if (witness.server != NULL)
		put_text(r, &line, "  at ");
	put_server(r, &line, witness.server);
	put_text(r, &line, met == YES ? "" : ": ");
	if (witness.result != NULL)
		put_escaped(r, &line, result_sentence(witness.result));
	else if (met != YES)
		put_text(r, &line, "there is no such result");
	page_fold(page, str_slice(&line), strlen(labels[met]), 4, 0);
	str_free(&line);
}

static enum terminal_style
mark_style(const struct result *res)
{
	if (res->verdict == UNKNOWN)
		return TERMINAL_YELLOW;
	if (res->weight == PROBLEM)
		return TERMINAL_RED;
	if (res->weight == WARNING)
		return TERMINAL_YELLOW;
	return res->verdict == YES ? TERMINAL_GREEN : TERMINAL_FAINT;
}

static void
put_details(struct page *page, const struct result *res, size_t indent)
{
	struct slice rest = str_slice(&res->reply), line;
	struct str safe;

	str_init(&safe, REPORT_PENDING_CAP);
	if (res->source != NULL)
		put_format(page->r, page->out, "%*s(%s)\n", (int)indent, "", res->source);
	while (slice_take(&rest, '\n', &line)) {
		str_clear(&safe);
		put_text(page->r, &safe, "| ");
		put_escaped(page->r, &safe, line);
		put_format(page->r, page->out, "%*s", (int)indent, "");
		page_fold(page, str_slice(&safe), indent, indent + 2, 0);
	}
	str_free(&safe);
}

/* A code without a sentence, as in "250" before "250 2.0.0 ok". */
static bool
is_in_reply(const struct result *res)
{
	return res->verdict == YES && res->text.len == 0 && res->value.len > 0 &&
	       res->reply.len <= SHORT_REST &&
	       slice_starts(str_slice(&res->reply), res->value.data);
}

/*
 * What a sentence does not say itself: the reply, where it is no speech, and does not stand among
 * what is wrong; the fact.
 */
static void
put_rest(struct report *r, struct str *line, const struct result *res)
{
	const struct str *rest = res->verdict == FACT ? &res->value : &res->reply;
	bool is_above = res->verdict != YES && res->verdict != FACT && res->weight != PLAIN;
	struct slice said = result_sentence(res);

	if (is_above || rest->len == 0 || rest->len > SHORT_REST ||
	    memmem(said.data, said.len, rest->data, rest->len) != NULL)
		return;
	put_text(r, line, is_in_reply(res) ? "" : "  ");
	put_escaped(r, line, str_slice(rest));
}

static void
put_row(struct page *page, const struct result *res, size_t id_width)
{
	static const char *const marks[] = {
	    [YES] = "yes", [NO] = "no ", [UNKNOWN] = "?  ", [FACT] = "   "};
	struct report *r = page->r;
	size_t indent = MARK + id_width + 2, at = MARK + strlen(res->kind->id) + 2;
	struct str line;

	str_init(&line, REPORT_PENDING_CAP);
	put_text(r, page->out, "  ");
	page_styled(page, mark_style(res), marks[res->verdict]);
	put_format(r, page->out, "  %-*s  ", (int)id_width, res->kind->id);
	put_escaped(r, &line, str_slice(&res->about));
	put_text(r, &line, res->about.len > 0 && result_sentence(res).len > 0 ? ": " : "");
	put_text(r, &line, res->verdict == UNKNOWN ? "could not tell: " : "");
	if (!is_in_reply(res))
		put_escaped(r, &line, result_sentence(res));
	put_rest(r, &line, res);
	if (res->ms >= 0)
		put_format(r, &line, "%s(%.3f s)", line.len > 0 ? " " : "", (double)res->ms / 1000);
	page_fold(page, str_slice(&line), at > indent ? at : indent, indent, 0);
	str_free(&line);
	if (r->is_verbose)
		put_details(page, res, indent);
}

static bool
is_shown(const struct report *r, const struct result *res)
{
	return r->is_verbose || !res->kind->is_detail || res->verdict == UNKNOWN ||
	       res->weight != PLAIN;
}

/* True for what is a line of its own. */
static bool
is_row(const struct report *r, const struct report_results *results, size_t i)
{
	return is_shown(r, results->list[i]) &&
	       (r->is_verbose || group_count(results, i) < GROUP_LEAST);
}

static size_t
widest_id(const struct report *r, const struct report_results *results)
{
	size_t widest = 0;

	for (size_t i = 0; i < results->count; i++) {
		size_t len = strlen(results->list[i]->kind->id);

		if (len > widest && len <= ID_WIDEST && is_row(r, results, i))
			widest = len;
	}
	return widest;
}

/* "?    19 could not be told (530 5.7.0 Authentication required): conform.rset, conform.case" */
static void
put_group(struct page *page, const struct report_results *results, size_t first)
{
	const struct result *one = results->list[first];
	struct report *r = page->r;
	struct str line;
	struct group_names names = {.report = r, .out = &line};

	str_init(&line, REPORT_PENDING_CAP);
	put_text(r, page->out, "  ");
	page_styled(page, mark_style(one), one->verdict == UNKNOWN ? "?  " : "   ");
	put_format(r, &line, "  %zu %s (", group_count(results, first),
	    one->verdict == UNKNOWN ? "could not be told" : "not asked");
	put_escaped(r, &line, str_slice(one->verdict == UNKNOWN ? &one->reply : &one->value));
	put_text(r, &line, "): ");
	for (size_t i = first; i < results->count; i++)
		if (group_is_same(one, results->list[i]))
			group_add(&names, results->list[i]);
	group_end(&names);
	page_fold(page, str_slice(&line), MARK - 2, MARK, 0);
	str_free(&line);
}

static void
put_rows(struct page *page, const struct report_results *results)
{
	size_t width = widest_id(page->r, results);

	for (size_t i = 0; i < results->count; i++)
		if (is_row(page->r, results, i))
			put_row(page, results->list[i], width);
	for (size_t i = 0; i < results->count && !page->r->is_verbose; i++)
		if (group_count(results, i) >= GROUP_LEAST && group_is_first(results, i))
			put_group(page, results, i);
}

static void
put_servers(struct page *page)
{
	struct report *r = page->r;

	for (size_t i = 0; i < r->target->server_count; i++) {
		struct str name;

		str_init(&name, REPORT_PENDING_CAP);
		put_server(r, &name, r->target->servers[i]);
		put_text(r, page->out, "\n");
		page_styled(page, TERMINAL_BOLD, name.data);
		put_text(r, page->out, "\n");
		str_free(&name);
		put_rows(page, &r->target->servers[i]->results);
	}
}

/* "mx1.example.org [192.0.2.1]:25  starttls: yes -> no" */
static void
put_change(struct page *page, const struct change *change)
{
	struct report *r = page->r;
	struct str line;

	str_init(&line, REPORT_PENDING_CAP);
	put_server(r, &line, change->server);
	if (change->server == NULL)
		put_escaped(r, &line, str_slice(&r->target->name));
	put_format(r, &line, "  %s: %s -> ", change->what.data, change->was.data);
	put_format(r, &line, "%s", change->is.data);
	page_fold(page, str_slice(&line), 0, 4, 0);
	str_free(&line);
}

static size_t
count_lines(struct slice text)
{
	size_t n = 0;

	for (struct slice line; slice_take(&text, '\n', &line);)
		n++;
	return n;
}

/* The end of a long table is what is left on the screen: what is wrong, in a word each. */
static void
put_end(struct page *page, const struct report_totals *one, const struct findings *f)
{
	struct str line;

	str_init(&line, REPORT_PENDING_CAP);
	put_text(page->r, page->out, "\n");
	put_summary(page, one);
	put_text(page->r, &line, "See the top of this for:");
	for (size_t i = 0; i < f->count && i < PAGE_FINDINGS; i++)
		put_format(page->r, &line, "%s %s", i == 0 ? "" : ",", f->list[i].result->kind->id);
	if (f->count > 0)
		page_fold(page, str_slice(&line), 0, 2, 3);
	str_free(&line);
}

void
report_table(struct report *r, const struct report_totals *one, struct str *out)
{
	struct findings findings;
	struct page page;

	page_begin(&page, r, out);
	for (size_t i = 0; r->past != NULL && i < r->past->count; i++)
		put_change(&page, &r->past->list[i]);
	for (size_t i = 0; r->expectations != NULL && i < r->expectations->count; i++)
		put_expectation(&page, &r->expectations->list[i]);
	if (r->past != NULL && !r->is_verbose)
		return;
	if (r->totals.targets > 0)
		put_text(r, out, "\n");
	findings_collect(&findings, r);
	put_summary(&page, one);
	findings_put(&page, &findings);
	if (r->target->results.count > 0)
		put_text(r, out, "\n");
	put_rows(&page, &r->target->results);
	put_servers(&page);
	if (page.terminal.is_terminal && count_lines(str_slice(out)) > page.terminal.height)
		put_end(&page, one, &findings);
	findings_free(&findings);
}
