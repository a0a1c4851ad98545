/* SPDX-License-Identifier: ISC */
/* SPF (RFC 7208): the record of a domain, and what those that it includes cost together. */
#include "look_texts.h"
#include "mxlookup.h"
#include "net/dns_texts.h"
#include "net/spf_record.h"

#define DEPTH_MAX 10

struct walk {
	struct look *look;
	json_t *spf;
	size_t lookups;
	unsigned depth;
	char all;	/* of the record that has the last word: the first, or a redirect's */
	bool is_unsure; /* macros, or the DNS: what is behind cannot be counted */
	const char *problem;
};

static bool
is_spf(struct slice text)
{
	struct spf_record r;
	struct slice wrong;

	return spf_record_parse(text, &r, &wrong) != 0;
}

static void follow(struct walk *w, struct slice domain, bool has_last_word);

static void
follow_links(struct walk *w, const struct spf_record *r, bool has_last_word)
{
	if (w->depth >= DEPTH_MAX || w->lookups > SPF_LOOKUPS_MAX)
		return;
	w->depth++;
	for (size_t i = 0; i < r->link_count; i++)
		follow(w, r->links[i], false);
	if (r->redirect.len > 0)
		follow(w, r->redirect, has_last_word);
	w->depth--;
}

/* 0, or -1 if it is no record of use, and then w->problem says why. */
static int
take(struct walk *w, struct slice text, bool has_last_word)
{
	struct spf_record r;
	struct slice wrong;

	if (spf_record_parse(text, &r, &wrong) != 1) {
		why(w->look, "RFC 7208, 4.6", "a term is wrong: permerror");
		put_text(w->look, w->spf, "wrong", wrong);
		w->problem = "a term is wrong";
		return -1;
	}
	w->lookups += r.lookups;
	w->is_unsure = w->is_unsure || r.has_macros;
	if (has_last_word)
		w->all = r.all;
	if (r.uses_ptr)
		put(w->look, w->spf, "ptr", json_true());
	follow_links(w, &r, has_last_word);
	return 0;
}

/* A record that is included, or redirected to: it must be there (5.2, 6.1). */
static void
follow(struct walk *w, struct slice domain, bool has_last_word)
{
	struct slice text = {.len = 0}, rest, one;
	struct str texts;
	size_t count = 0;
	enum dns_result result;

	if (w->lookups > SPF_LOOKUPS_MAX)
		return;
	str_init(&texts, DNS_TEXTS_MAX);
	result = texts_ask(w->look, "", domain, &texts);
	rest = str_slice(&texts);
	while (slice_take(&rest, '\0', &one))
		if (is_spf(one)) {
			count++;
			text = one;
		}
	if (result == DNS_TEMPORARY)
		w->is_unsure = true;
	else if (count != 1)
		w->problem = "what it includes has no record, or several";
	else
		(void)take(w, text, has_last_word);
	str_free(&texts);
}

static void
put_walk(struct walk *w)
{
	const char all[] = {w->all == '\0' ? '?' : w->all, 'a', 'l', 'l', '\0'};

	if (w->lookups > SPF_LOOKUPS_MAX)
		w->problem = "more than 10 DNS look-ups (RFC 7208, 4.6.4)";
	if (w->problem != NULL)
		texts_wrong(w->look, w->spf, w->problem);
	put(w->look, w->spf, "lookups", json_integer((json_int_t)w->lookups));
	put(w->look, w->spf, "complete", json_boolean(!w->is_unsure));
	put_text(w->look, w->spf, "all", slice_of(all));
	why(w->look, "RFC 7208, 4.6.4 and 4.7", "%zu DNS look-ups%s; everybody else: %s",
	    w->lookups, w->is_unsure ? " at least" : "", all);
}

void
look_spf(struct look *l)
{
	struct walk w = {.look = l, .spf = put_object(l, l->top, "spf")};
	struct slice text = {.len = 0};
	struct str texts;
	enum dns_result result;
	size_t count;

	str_init(&texts, DNS_TEXTS_MAX);
	result = texts_ask(l, "", slice_of(l->ascii), &texts);
	put_result(l, w.spf, result);
	count = texts_keep(l, w.spf, &texts, is_spf, &text);
	if (result == DNS_FOUND && count == 0)
		put_result(l, w.spf, DNS_NO_DATA);
	else if (count > 1)
		texts_wrong(l, w.spf, "several records (RFC 7208, 4.5)");
	else if (count == 1) {
		(void)take(&w, text, true);
		put_walk(&w);
	}
	str_free(&texts);
}
