/* SPDX-License-Identifier: ISC */
/* Tables for people: numbers first and names last, so that they fit, and can be cut up by awk(1).
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/escape.h"
#include "base/span.h"
#include "base/terminal.h"
#include "show.h"

#define TEXT_MAX 8192
#define BAR_WIDTH ((size_t)20)
#define NAME_LEAST ((size_t)28)	  /* rather than a bar, a name has so many columns */
#define REASON_LEAST ((size_t)46) /* and words of a server, which say nothing without their end */
#define HOURS_SHOWN 48

struct page {
	const struct summary *s;
	struct terminal terminal;
	size_t top;
	size_t least;	 /* columns of a name, in this table */
	struct str text; /* scratch */
};

const char *
show_name(struct str *out, const char *name)
{
	str_clear(out);
	return escape_text(out, slice_of(name)) == -1 ? "(too long)" : out->data;
}

const char *
show_time(char text[TIME_SIZE], const char *format, int64_t seconds)
{
	time_t when = (time_t)seconds;
	struct tm tm;

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	if (localtime_r(&when, &tm) == NULL || strftime(text, TIME_SIZE, format, &tm) == 0)
		return "?";
#pragma GCC diagnostic pop
	return text;
}

static void
print_title(const struct page *p, const char *title)
{
	printf("\n%s%s%s\n", terminal_on(&p->terminal, TERMINAL_BOLD), title,
	    terminal_off(&p->terminal));
}

/* True if there is room for a bar behind USED columns, and NAME behind that. */
static bool
has_bars(const struct page *p, size_t used, size_t name)
{
	return p->terminal.is_terminal && p->terminal.width >= used + BAR_WIDTH + name + 4;
}

/* A bar behind USED columns, if there is room. PADS: a name follows. */
static void
print_bar(struct page *p, uint64_t value, uint64_t most, size_t used, bool pads)
{
	size_t columns;
	struct str bar;

	if (!has_bars(p, used, pads ? p->least : 0))
		return;
	str_init(&bar, TEXT_MAX);
	if (terminal_bar(&p->terminal, &bar, value, most, BAR_WIDTH) == 0) {
		columns = terminal_columns(&p->terminal, str_slice(&bar));
		printf("  %s%s%s%*s", terminal_on(&p->terminal, TERMINAL_CYAN), bar.data,
		    terminal_off(&p->terminal), pads ? (int)(BAR_WIDTH - columns) : 0, "");
	}
	str_free(&bar);
}

/* The last of a line, cut where a terminal ends. USED: columns before, but for a bar. */
static void
print_name(struct page *p, const char *name, size_t used)
{
	struct str fitted;
	const char *safe = show_name(&p->text, name);

	if (!p->terminal.is_terminal) {
		printf("  %s\n", safe);
		return;
	}
	if (has_bars(p, used, p->least))
		used += BAR_WIDTH + 2;
	used = p->terminal.width > used + 12 ? p->terminal.width - used - 2 : 10;
	str_init(&fitted, TEXT_MAX);
	if (terminal_fit(&p->terminal, &fitted, slice_of(safe), used, false) == 0)
		printf("  %s\n", fitted.data);
	else
		printf("  %s\n", safe);
	str_free(&fitted);
}

/* What is not in the COUNT entries of LIST that are shown; false if that is nothing. */
static bool
sum_rest(const struct top *t, struct top_entry **list, size_t count, size_t shown,
    struct top_entry *rest)
{
	*rest = t->other;
	for (size_t i = shown; i < count; i++) {
		for (int k = 0; k < TOP_STATUSES; k++)
			rest->counts[k] += list[i]->counts[k];
		rest->delay_ms += list[i]->delay_ms;
		if (list[i]->longest_ms > rest->longest_ms)
			rest->longest_ms = list[i]->longest_ms;
	}
	return top_count(rest) > 0;
}

static void
print_delivery_row(
    struct page *p, const struct top_entry *e, const char *name, uint64_t most, bool has_delay)
{
	char mean[SPAN_SIZE], longest[SPAN_SIZE];
	uint64_t count = top_count(e);
	size_t used = 28;

	printf("%10" PRIu64 "%9" PRIu64 "%9" PRIu64, e->counts[SENT], e->counts[DEFERRED],
	    e->counts[FAILED]);
	if (has_delay) {
		printf("%9s%9s", span_text_ms(mean, count == 0 ? 0 : e->delay_ms / count),
		    span_text_ms(longest, e->longest_ms));
		used += 18;
	}
	print_bar(p, count, most, used, true);
	print_name(p, name, used);
}

static size_t
least_of(enum dimension by)
{
	return by == BY_REASON || by == BY_REFUSAL || by == BY_PROBLEM ? REASON_LEAST : NAME_LEAST;
}

static void
print_delivery_table(struct page *p, enum dimension by, const char *title, const char *word)
{
	const struct top *t = &p->s->tops[by];
	bool has_delay = by != BY_REASON;
	struct top_entry **list, rest;
	size_t count = top_sort(t, &list), shown = p->top == 0 || p->top > count ? count : p->top;
	uint64_t most = count == 0 ? 0 : top_count(list[0]);

	p->least = least_of(by);
	if (count > 0) {
		print_title(p, title);
		printf("%10s%9s%9s", "sent", "deferred", "failed");
		if (has_delay)
			printf("%9s%9s", "mean", "longest");
		print_bar(p, 0, 1, has_delay ? 46 : 28, true);
		printf("  %s\n", word);
	}
	for (size_t i = 0; i < shown; i++)
		print_delivery_row(p, list[i], list[i]->name, most, has_delay);
	if (sum_rest(t, list, count, shown, &rest))
		print_delivery_row(p, &rest, "(others)", most, has_delay);
	free(list);
}

static void
print_count_table(struct page *p, enum dimension by, const char *title)
{
	const struct top *t = &p->s->tops[by];
	struct top_entry **list, rest;
	size_t count = top_sort(t, &list), shown = p->top == 0 || p->top > count ? count : p->top;
	uint64_t most = count == 0 ? 0 : top_count(list[0]);

	p->least = least_of(by);
	if (count > 0)
		print_title(p, title);
	for (size_t i = 0; i < shown; i++) {
		printf("%10" PRIu64, top_count(list[i]));
		print_bar(p, top_count(list[i]), most, 10, true);
		print_name(p, list[i]->name, 10);
	}
	if (sum_rest(t, list, count, shown, &rest)) {
		printf("%10" PRIu64, top_count(&rest));
		print_bar(p, top_count(&rest), most, 10, true);
		print_name(p, "(others)", 10);
	}
	free(list);
}

static void
print_hours(struct page *p)
{
	const struct hours *h = &p->s->hours;
	size_t limit = p->top == 0 ? HOURS_MAX : p->top > HOURS_SHOWN ? p->top : HOURS_SHOWN;
	size_t first = h->count > limit ? h->count - limit : 0;
	uint64_t most = 0;
	char begins[TIME_SIZE], half[SPAN_SIZE], tenth[SPAN_SIZE];

	for (size_t i = first; i < h->count; i++) {
		uint64_t n = h->list[i]->delay.total;

		most = n > most ? n : most;
	}
	if (h->count > 0) {
		print_title(p, "By hour");
		printf(
		    "%-16s%10s%9s%9s%9s%9s\n", "hour", "sent", "deferred", "failed", "p50", "p90");
	}
	for (size_t i = first; i < h->count; i++) {
		const struct hour *e = h->list[i];

		printf("%-16s%10" PRIu64 "%9" PRIu64 "%9" PRIu64 "%9s%9s",
		    show_time(begins, "%F %H:%M", e->begins), e->counts[SENT], e->counts[DEFERRED],
		    e->counts[FAILED], span_text_ms(half, histogram_percentile(&e->delay, 50)),
		    span_text_ms(tenth, histogram_percentile(&e->delay, 90)));
		print_bar(p, e->delay.total, most, 62, false);
		putchar('\n');
	}
	if (h->left_out > 0)
		printf("(%" PRIu64 " deliveries of earlier hours are not shown.)\n", h->left_out);
}

static void
print_head(const struct page *p)
{
	const struct summary *s = p->s;
	char from[TIME_SIZE], to[TIME_SIZE];

	if (s->has_time)
		printf("%s to %s, ", show_time(from, "%F %H:%M:%S", s->first),
		    show_time(to, "%F %H:%M:%S", s->last));
	printf("%" PRIu64 " line%s", s->lines, s->lines == 1 ? "" : "s");
	if (s->others > 0)
		printf(", %" PRIu64 " of other programs", s->others);
	if (s->out_of_time > 0)
		printf(", %" PRIu64 " of other times", s->out_of_time);
	if (s->garbled > 0)
		printf(", %" PRIu64 " not understood", s->garbled);
	if (s->too_long > 0)
		printf(", %" PRIu64 " too long", s->too_long);
	putchar('\n');
}

static void
print_share(
    struct page *p, const char *word, uint64_t part, uint64_t all, enum terminal_style style)
{
	unsigned tenths = all == 0 ? 0 : (unsigned)((double)part * 1000 / (double)all + 0.5);

	if (part == 0)
		return;
	printf("%10" PRIu64 " %3u.%u%%  %s%-10s%s", part, tenths / 10, tenths % 10,
	    terminal_on(&p->terminal, style), word, terminal_off(&p->terminal));
	print_bar(p, part, all, 29, false);
	putchar('\n');
}

static void
print_deliveries(struct page *p)
{
	const struct summary *s = p->s;
	uint64_t all = summary_deliveries(s);

	print_title(p, "Deliveries tried");
	print_share(p, "sent", s->deliveries[SENT], all, TERMINAL_GREEN);
	print_share(p, "deferred", s->deliveries[DEFERRED], all, TERMINAL_YELLOW);
	print_share(p, "failed", s->deliveries[FAILED], all, TERMINAL_RED);
	printf("%10" PRIu64 "         of %" PRIu64 " message%s", all, distinct_count(&s->ids),
	    distinct_count(&s->ids) == 1 ? "" : "s");
	if (s->removed > 0)
		printf("; %" PRIu64 " done with", s->removed);
	if (s->bounces > 0)
		printf(", %" PRIu64 " bounced", s->bounces);
	if (s->expired > 0)
		printf(", %" PRIu64 " given up for their age", s->expired);
	if (s->skipped > 0)
		printf("; %" PRIu64 " not tried, as the host was out of reach", s->skipped);
	putchar('\n');
}

static void
print_spans(const struct page *p)
{
	static const unsigned percents[] = {50, 90, 99};
	char text[SPAN_SIZE];

	printf("\n%s%10s%9s%9s%9s%s\n", terminal_on(&p->terminal, TERMINAL_BOLD), "p50", "p90",
	    "p99", "longest", terminal_off(&p->terminal));
	for (int i = 0; i < SPAN_COUNT; i++) {
		const struct histogram *h = &p->s->spans[i];

		for (size_t k = 0; k < sizeof percents / sizeof percents[0]; k++)
			printf("%*s", k == 0 ? 10 : 9,
			    span_text_ms(text, histogram_percentile(h, percents[k])));
		printf("%9s  %s\n", span_text_ms(text, h->largest), span_words[i]);
	}
}

static void
print_servers(struct page *p)
{
	const struct summary *s = p->s;

	if (s->accepted + s->refused + s->smtp_sessions > 0) {
		print_title(p, "Received by smtpd");
		printf("%10" PRIu64 "  messages, %" PRIu64 " octets, for %" PRIu64
		       " recipients; %" PRIu64 " by TLS\n",
		    s->accepted, s->octets, s->rcpts, s->accepted_tls);
		printf("%10" PRIu64 "  sessions; %" PRIu64 " refusals\n", s->smtp_sessions,
		    s->refused);
	}
	print_count_table(p, BY_REFUSAL, "Refused by smtpd");
	print_count_table(p, BY_CLIENT, "Clients that were refused");
	if (s->logins + s->logins_failed > 0) {
		print_title(p, "Logins");
		printf("%10" PRIu64 "  accepted\n%10" PRIu64 "  failed\n", s->logins,
		    s->logins_failed);
	}
	print_count_table(p, BY_LOGIN_CLIENT, "Failed logins by address");
	if (s->pop_sessions > 0) {
		print_title(p, "pop3d");
		printf("%10" PRIu64 "  sessions; %" PRIu64 " messages fetched, %" PRIu64
		       " octets\n",
		    s->pop_sessions, s->retrieved, s->pop_octets);
	}
	print_count_table(p, BY_PROBLEM, "Problems");
}

static void
print_overview(struct page *p)
{
	print_head(p);
	if (summary_deliveries(p->s) > 0) {
		print_deliveries(p);
		print_spans(p);
		print_delivery_table(p, BY_DOMAIN, "Domains of recipients", "domain");
		print_delivery_table(p, BY_REASON, "Why not", "reason");
		print_count_table(p, BY_TLS, "TLS with other servers");
		if (p->s->hours.count > 1)
			print_hours(p);
	}
	print_servers(p);
}

static void
print_one(struct page *p, enum table table)
{
	switch (table) {
	case TABLE_DOMAIN:
		print_delivery_table(p, BY_DOMAIN, "Domains of recipients", "domain");
		break;
	case TABLE_RELAY:
		print_delivery_table(p, BY_RELAY, "Relays", "relay");
		break;
	case TABLE_REASON:
		print_delivery_table(p, BY_REASON, "Why not", "reason");
		break;
	case TABLE_SENDER:
		print_delivery_table(p, BY_SENDER, "Senders", "sender");
		break;
	default:
		print_hours(p);
	}
}

void
show_text(const struct summary *s, enum table table, size_t top)
{
	struct page p = {.s = s, .top = top};

	terminal_look(&p.terminal, 1);
	str_init(&p.text, TEXT_MAX);
	if (table == TABLE_NONE)
		print_overview(&p);
	else {
		print_head(&p);
		print_one(&p, table);
	}
	str_free(&p.text);
}
