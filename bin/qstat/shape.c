/* SPDX-License-Identifier: ISC */
#include "shape.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/die.h"
#include "base/span.h"
#include "conf/user.h"
#include "mail/verp.h"
#include "object.h"
#include "words.h"

#define KEY_MAX ((size_t)256)
#define TOP_PRESET ((uint64_t)20)
#define TOP_OF_SUMMARY ((size_t)3)
#define COUNT_COLUMNS 7
#define NAME_AT ((size_t)COUNT_COLUMNS * (GROUPS_AGES + 1) + 1)
#define NAME_LEAST ((size_t)20) /* columns that it needs, or has a line of its own */

const char *const shape_names[] = {[BY_DOMAIN] = "domain",
    [BY_RECIPIENT] = "recipient",
    [BY_SENDER] = "sender",
    [BY_SUBMITTER] = "submitter",
    [BY_REASON] = "reason",
    NULL};

bool
shape_counts_make(struct shape_counts *c)
{
	c->domains = groups_make();
	c->reasons = groups_make();
	return c->domains != NULL && c->reasons != NULL;
}

void
shape_counts_free(struct shape_counts *c)
{
	groups_free(c->domains);
	groups_free(c->reasons);
}

static struct slice
domain_of(struct slice address)
{
	return slice_skip(address, slice_find_last(address, '@') + 1);
}

static struct slice
lower(struct slice text, char key[KEY_MAX])
{
	size_t len = text.len < KEY_MAX ? text.len : KEY_MAX;

	for (size_t i = 0; i < len; i++)
		key[i] = ascii_lower(text.data[i]);
	return slice_make(key, len);
}

/* Code and text: who said so differs from server to server of one destination. */
static struct slice
reason_of(const struct recipient_state *state, char text[KEY_MAX])
{
	struct reply reply = words_reply(state->reply);
	struct slice code = words_code(&reply);
	int n = snprintf(text, KEY_MAX, "%.*s%s%.*s", (int)code.len, code.data,
	    code.len > 0 ? " " : "", (int)reply.text.len, reply.text.data);

	return slice_make(text, n < 0 ? 0 : (size_t)n < KEY_MAX ? (size_t)n : KEY_MAX - 1);
}

static void
count_name(struct groups *g, struct slice name, struct slice reason, int64_t age)
{
	char key[KEY_MAX];
	struct slice low = lower(name, key);
	struct groups_item item = {.name = low, .key = low, .reason = reason, .age = age};

	groups_add(g, &item);
}

static void
count_reason(struct groups *g, struct slice reason, int64_t age)
{
	char key[KEY_MAX];
	struct groups_item item = {.name = reason, .age = age};

	if (reason.len == 0)
		item.name = slice_of("not tried yet");
	item.key = slice_make(key, groups_reason_key(item.name, key, sizeof key));
	groups_add(g, &item);
}

void
shape_counts_add(struct shape_counts *c, const struct survey_message *m,
    const struct envelope_recipient *r, const struct recipient_state *state)
{
	char text[KEY_MAX];
	struct slice reason = reason_of(state, text);

	if (state->status != RECIPIENT_WAITING)
		return;
	count_name(c->domains, domain_of(r->address), reason, m->age);
	count_reason(c->reasons, reason, m->age);
}

static void
begin(struct qstat *q)
{
	q->own = groups_make();
	if (q->own == NULL)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to begin");
}

static void
recipient(struct qstat *q, const struct survey_message *m, const struct envelope_recipient *r,
    const struct recipient_state *state)
{
	const struct envelope *e = &m->view->envelope;
	char text[KEY_MAX];
	struct slice reason = reason_of(state, text), sender;

	if (state->status != RECIPIENT_WAITING)
		return;
	switch (q->by) {
	case BY_DOMAIN:
		count_name(q->own, domain_of(r->address), reason, m->age);
		return;
	case BY_RECIPIENT:
		count_name(q->own, r->address, reason, m->age);
		return;
	case BY_SENDER:
		sender = domain_of(verp_base(e->reverse_path));
		count_name(q->own, sender.len == 0 ? slice_of("<>") : sender, reason, m->age);
		return;
	case BY_SUBMITTER: /* of a forward deliver, which runs as who wanted it, is none */
		count_name(q->own, e->forwarder.len > 0 ? slice_of("forwarded") : e->source, reason,
		    m->age);
		return;
	case BY_REASON:
		count_reason(q->own, reason, m->age);
		return;
	}
}

static void
fit(struct qstat *q, struct slice text, size_t columns, bool pad)
{
	if (terminal_fit(&q->terminal, &q->out, text, columns, pad) == -1)
		q->is_broken = true;
}

/* A terminal on which a name beside the counts would have no room to be known by. */
static bool
is_narrow(const struct qstat *q)
{
	return q->terminal.is_terminal && q->terminal.width < NAME_AT + NAME_LEAST;
}

static void
put_counts(struct qstat *q, const struct group *group)
{
	put_format(q, "%*" PRIu64, COUNT_COLUMNS, group->count);
	for (size_t i = 0; i < GROUPS_AGES; i++)
		put_format(q, " %*" PRIu64, COUNT_COLUMNS - 1, group->ages[i]);
}

static void
put_heading(struct qstat *q)
{
	put(q, terminal_on(&q->terminal, TERMINAL_BOLD));
	put_format(q, "%*s", COUNT_COLUMNS, "COUNT");
	for (size_t i = 0; i < GROUPS_AGES; i++)
		put_format(q, " %*s", COUNT_COLUMNS - 1, groups_age_words[i]);
	put(q, is_narrow(q) ? "\n  " : " ");
	for (const char *c = shape_names[q->by]; *c != '\0'; c++)
		put_format(q, "%c", *c - 'a' + 'A');
	put(q, terminal_off(&q->terminal));
	put(q, "\n");
}

/* On a terminal the rest of the line, or the next; else as it is. */
static void
put_name(struct qstat *q, struct slice name)
{
	size_t used = is_narrow(q) ? 2 : NAME_AT;

	put(q, is_narrow(q) ? "\n  " : " ");
	if (q->terminal.is_terminal)
		fit(q, name, q->terminal.width > used ? q->terminal.width - used : 0, false);
	else
		put_slice(q, name);
}

/* Behind the name: how many of a group wait for what most do. */
static void
put_reason(struct qstat *q, const struct group *group)
{
	const struct reason *reason = groups_reason(group);

	if (reason != NULL && q->by != BY_REASON)
		put_format(q, " (%" PRIu64 "x %s)", reason->count,
		    safe_reply(q, slice_of(reason->text)).data);
	put(q, "\n");
}

/* On a terminal: a line with a bar for how large the group is beside the largest, and the reason.
 */
static void
put_bar(struct qstat *q, const struct group *group, uint64_t most)
{
	const struct reason *reason = groups_reason(group);
	size_t width = q->terminal.width / 4, before, used;

	put(q, "\n ");
	before = q->out.len;
	if (terminal_bar(&q->terminal, &q->out, group->count, most, width) == -1)
		q->is_broken = true;
	used = terminal_columns(&q->terminal, slice_skip(str_slice(&q->out), before));
	put_format(q, "%*s", (int)(width - used + 1), "");
	before = q->out.len;
	if (reason != NULL && q->by != BY_REASON)
		put_format(q, "%" PRIu64 "x ", reason->count);
	used = width + 2 + q->out.len - before;
	put(q, terminal_on(&q->terminal, TERMINAL_FAINT));
	if (q->by == BY_REASON)
		(void)safe_reply(q, slice_of(group->name));
	else
		(void)safe_reply(q, slice_of(reason == NULL ? NULL : reason->text));
	fit(q, str_slice(&q->text), q->terminal.width > used ? q->terminal.width - used : 0, false);
	put(q, terminal_off(&q->terminal));
	put(q, "\n");
}

/* As it is called. */
static struct slice
name_of(const struct qstat *q, const struct group *group, char text[USER_TEXT_SIZE])
{
	struct slice name = slice_of(group->name);

	return q->by == BY_SUBMITTER ? words_submitter(text, name) : name;
}

static void
put_group(struct qstat *q, const struct group *group, uint64_t most)
{
	char text[USER_TEXT_SIZE];

	put_counts(q, group);
	if (q->by != BY_REASON || !q->terminal.is_terminal)
		put_name(q, safe_reply(q, name_of(q, group, text)));
	if (q->terminal.is_terminal)
		put_bar(q, group, most);
	else
		put_reason(q, group);
}

static void
put_json(struct qstat *q, const struct group *group, const char *kind, const char *name)
{
	const struct reason *reason = groups_reason(group);

	object_begin(q, NULL, '{');
	object_number(q, "v", 1);
	object_text(q, "kind", slice_of(kind));
	if (name == NULL)
		object_null(q, "name");
	else
		object_reply(q, "name", slice_of(name));
	object_number(q, "count", (int64_t)group->count);
	object_number(q, "oldest", group->oldest);
	object_begin(q, "ages", '[');
	for (size_t i = 0; i < GROUPS_AGES; i++)
		object_number(q, NULL, (int64_t)group->ages[i]);
	object_end(q, ']');
	if (reason == NULL) {
		object_null(q, "reason");
		object_null(q, "reason_count");
	} else {
		object_reply(q, "reason", slice_of(reason->text));
		object_number(q, "reason_count", (int64_t)reason->count);
	}
	put(q, "}\n");
}

static void
add_up(struct group *all, const struct group *group)
{
	all->count += group->count;
	for (size_t i = 0; i < GROUPS_AGES; i++)
		all->ages[i] += group->ages[i];
	if (group->oldest > all->oldest)
		all->oldest = group->oldest;
}

static size_t
rows(const struct qstat *q)
{
	size_t height = q->terminal.height, used = is_narrow(q) ? 7 : 5; /* by all else */
	/* a reason has its own line in any case */
	size_t lines = is_narrow(q) && q->by != BY_REASON ? 3 : 2;

	if (q->top > 0)
		return (size_t)q->top;
	if (!q->terminal.is_terminal || q->is_full)
		return TOP_PRESET;
	return height > used + 2 * lines ? (height - used) / lines : 2;
}

static void
end(struct qstat *q)
{
	struct groups *g = q->own;
	struct group all = {.count = 0}, others = g->others;
	char word[64];
	size_t shown = rows(q);

	groups_sort(g);
	add_up(&all, &g->others);
	for (size_t i = 0; i < g->count; i++) {
		add_up(&all, &g->groups[i]);
		if (i >= shown)
			add_up(&others, &g->groups[i]);
	}
	if (q->wants_json)
		put_json(q, &all, "total", NULL);
	else {
		put_heading(q);
		put_counts(q, &all);
		put_name(q, slice_of("TOTAL"));
		put(q, "\n");
	}
	for (size_t i = 0; i < g->count && i < shown; i++) {
		if (q->wants_json)
			put_json(q, &g->groups[i], shape_names[q->by], g->groups[i].name);
		else
			put_group(q, &g->groups[i], g->groups[0].count);
	}
	if (others.count > 0 && q->wants_json)
		put_json(q, &others, "others", NULL);
	else if (others.count > 0) {
		snprintf(word, sizeof word, "others (%" PRIu64 ")",
		    g->names_dropped + (g->count > shown ? g->count - shown : 0));
		put_counts(q, &others);
		put_name(q, slice_of(word));
		put(q, "\n");
	}
	groups_free(g);
}

static void
put_summary_of(struct qstat *q, struct groups *g, const char *word, bool with_reason)
{
	const struct reason *reason;
	char age[SPAN_SIZE];

	groups_sort(g);
	put(q, terminal_on(&q->terminal, TERMINAL_BOLD));
	put_format(q, "%*s %6s %s", COUNT_COLUMNS, "COUNT", "OLDEST", word);
	put(q, terminal_off(&q->terminal));
	put(q, "\n");
	for (size_t i = 0; i < g->count && i < TOP_OF_SUMMARY; i++) {
		const struct group *group = &g->groups[i];
		size_t left = q->terminal.width > 16 ? q->terminal.width - 16 : 0, name;

		put_format(q, "%*" PRIu64 " %6s ", COUNT_COLUMNS, group->count,
		    span_text(age, group->oldest));
		reason = with_reason ? groups_reason(group) : NULL;
		name = reason == NULL ? left : left / 3;
		fit(q, safe_reply(q, slice_of(group->name)), name, reason != NULL);
		if (reason != NULL) {
			put(q, " ");
			fit(q, safe_reply(q, slice_of(reason->text)), left - name - 1, false);
		}
		put(q, "\n");
	}
}

void
shape_put_summary(struct qstat *q, struct shape_counts *c)
{
	put_summary_of(q, c->reasons, "REASON", false);
	put_summary_of(q, c->domains, "DOMAIN", true);
}

const struct form shape_form = {.begin = begin, .recipient = recipient, .end = end};
