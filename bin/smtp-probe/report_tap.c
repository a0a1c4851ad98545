/* SPDX-License-Identifier: ISC */
/* The Test Anything Protocol: a line for each result, or for each expectation or change. */
#include "report_diff.h"
#include "report_expect.h"
#include "report_parts.h"

struct tap {
	struct report *r;
	struct str *out;
};

/* "ok 3 - example.org mx1.example.org [192.0.2.1]:25 WHAT", which is raw. */
static void
begin_line(struct tap *t, bool is_ok, const struct report_server *server, struct slice what)
{
	struct report *r = t->r;
	struct str text;

	str_init(&text, REPORT_PENDING_CAP);
	put_server(r, &text, server);
	if (server == NULL || !slice_equal(str_slice(&text), str_slice(&r->target->name))) {
		str_clear(&text);
		put_escaped(r, &text, str_slice(&r->target->name));
		put_text(r, &text, server == NULL ? "" : " ");
		put_server(r, &text, server);
	}
	put_text(r, &text, " ");
	put_escaped(r, &text, what);
	put_format(r, t->out, "%s %zu - ", is_ok ? "ok" : "not ok", ++r->totals.test);
	for (size_t i = 0; i < text.len; i++) /* "#" would begin a directive */
		put_format(r, t->out, "%s%c", text.data[i] == '#' ? "\\" : "", text.data[i]);
	str_free(&text);
}

static void
put_remark(struct tap *t, const char *label, const struct str *text)
{
	if (text->len == 0)
		return;
	put_format(t->r, t->out, "# %s: ", label);
	put_escaped(t->r, t->out, str_slice(text));
	put_text(t->r, t->out, "\n");
}

/* "starttls: yes", "rcpt joe@example.org: no", "tls: TLSv1.3"; raw. */
static void
describe(struct report *r, struct str *what, const struct result *res, bool is_ok)
{
	put_format(r, what, "%s%s", res->kind->id, res->about.len > 0 ? " " : "");
	if (str_add_slice(what, str_slice(&res->about)) == -1)
		r->has_failed = true;
	if (!is_ok)
		return;
	put_format(r, what, ":%s%s", res->verdict == FACT ? "" : " ",
	    res->verdict == FACT ? "" : verdict_word(res->verdict));
	put_text(r, what, " ");
	if (str_add_slice(what, str_slice(&res->value)) == -1)
		r->has_failed = true;
	while (what->data[what->len - 1] == ' ' || what->data[what->len - 1] == ':')
		str_truncate(what, what->len - 1);
}

static void
take_result(void *context, const struct report_server *server, const struct result *res)
{
	struct tap *t = context;
	bool is_ok = res->weight == PLAIN && res->verdict != UNKNOWN;
	struct str what;

	str_init(&what, REPORT_PENDING_CAP);
	describe(t->r, &what, res, is_ok);
	begin_line(t, is_ok, server, str_slice(&what));
	str_free(&what);
	if (!is_ok) {
		put_text(t->r, t->out,
		    res->verdict == UNKNOWN  ? " # could not tell: "
		    : res->weight == WARNING ? " # TODO warning: "
					     : " # ");
		put_escaped(t->r, t->out, result_sentence(res));
	}
	put_text(t->r, t->out, "\n");
	if (!is_ok && res->text.len > 0)
		put_remark(t, "reply", &res->reply);
	if (!is_ok)
		put_remark(t, "advice", &res->advice);
}

static void
put_expectation(struct tap *t, const struct expectation *e)
{
	struct expectation_witness witness;
	enum verdict met = expect_target(e, t->r->target, &witness);

	begin_line(t, met == YES, witness.server, e->text);
	if (met != YES)
		put_text(t->r, t->out, met == NO ? " # " : " # could not tell: ");
	if (met != YES && witness.result == NULL)
		put_text(t->r, t->out, "there is no such result");
	else if (met != YES)
		put_escaped(t->r, t->out, result_sentence(witness.result));
	put_text(t->r, t->out, "\n");
}

static void
put_change(struct tap *t, const struct change *change)
{
	begin_line(t, false, change->server, str_slice(&change->what));
	put_text(t->r, t->out, change->is_told ? " # was " : " # could not tell: was ");
	put_escaped(t->r, t->out, str_slice(&change->was));
	put_text(t->r, t->out, change->is_told ? ", is " : "");
	if (change->is_told)
		put_escaped(t->r, t->out, str_slice(&change->is));
	put_text(t->r, t->out, "\n");
}

void
report_tap(struct report *r, const struct report_totals *one, struct str *out)
{
	struct tap t = {.r = r, .out = out};

	(void)one;
	for (size_t i = 0; r->expectations != NULL && i < r->expectations->count; i++)
		put_expectation(&t, &r->expectations->list[i]);
	for (size_t i = 0; r->past != NULL && i < r->past->count; i++)
		put_change(&t, &r->past->list[i]);
	if (r->past != NULL && r->past->count == 0) {
		begin_line(&t, true, NULL, slice_of("nothing changed"));
		put_text(r, out, "\n");
	}
	if (r->expectations == NULL && r->past == NULL)
		report_each(r, take_result, &t);
	if (r->target->dropped > 0) {
		begin_line(&t, false, NULL, slice_of("all results"));
		put_format(
		    r, out, " # could not tell: %zu more were not kept\n", r->target->dropped);
	}
}

void
report_tap_end(struct report *r)
{
	put_format(r, &r->pending, "1..%zu\n", r->totals.test);
}
