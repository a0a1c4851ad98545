/* SPDX-License-Identifier: ISC */
/*
 * DMARC (RFC 7489): the record that counts for a domain. Where it has none itself, that of the
 * organizational domain counts (6.6.3), which is found by walking up the tree, and not by a list of
 * public suffixes: see dmarc_places.
 */
#include <string.h>

#include "look_texts.h"
#include "mxlookup.h"
#include "net/dmarc_record.h"
#include "net/dns_texts.h"

struct place {
	struct slice domain;
	struct str texts;
	struct slice text; /* the one that counts */
	struct dmarc_record record;
	struct slice wrong;
	enum dns_result result;
	size_t count; /* of records; more than one count as none */
};

static bool
is_dmarc(struct slice text)
{
	struct dmarc_record r;
	struct slice wrong;

	return dmarc_record_parse(text, &r, &wrong) != 0;
}

static void
ask(struct look *l, struct place *p)
{
	struct slice rest, text;

	str_init(&p->texts, DNS_TEXTS_MAX);
	p->result = texts_ask(l, "_dmarc.", p->domain, &p->texts);
	rest = str_slice(&p->texts);
	while (slice_take(&rest, '\0', &text))
		if (is_dmarc(text)) {
			p->count++;
			p->text = text;
		}
	if (p->count == 1)
		(void)dmarc_record_parse(p->text, &p->record, &p->wrong);
}

/*
 * Which of the places is the organizational domain: the highest that has a record; or one that
 * says that it is (psd=n); or that below one which says that it is a public suffix (psd=y).
 */
static size_t
find_organization(const struct place *places, size_t count)
{
	size_t found = 0;

	for (size_t i = 0; i < count; i++) {
		if (places[i].count != 1)
			continue;
		if (places[i].record.boundary == 'y' && i > 0)
			return i - 1;
		found = i;
		if (places[i].record.boundary == 'n')
			return i;
	}
	return found;
}

static const struct place *
choose(const struct place *places, size_t count)
{
	size_t organization;

	if (places[0].result == DNS_TEMPORARY || places[0].count > 0)
		return places;
	organization = find_organization(places, count);
	if (places[organization].count != 1 && organization + 1 < count &&
	    places[organization + 1].count == 1)
		organization++; /* the public suffix's own: RFC 9091 */
	return &places[organization];
}

static void
put_record(struct look *l, json_t *dmarc, const struct place *p, bool is_own)
{
	enum dmarc_policy policy = p->record.policy;

	if (!is_own && p->record.subdomains != DMARC_UNSET)
		policy = p->record.subdomains;
	if (!is_own && p->record.missing != DMARC_UNSET &&
	    strcmp(text_of(l->top, "result"), "none") == 0)
		policy = p->record.missing;
	if (policy == DMARC_UNSET)
		texts_wrong(l, dmarc, "no usable policy (RFC 7489, 6.6.3)");
	else
		put_text(l, dmarc, "policy", slice_of(dmarc_policy_text(policy)));
	if (p->wrong.len > 0)
		put_text(l, dmarc, "wrong", p->wrong);
	put(l, dmarc, "percent", json_integer(p->record.percent));
	put_text(l, dmarc, "rua", p->record.reports);
	put_text(l, dmarc, "ruf", p->record.failures);
	why(l, "RFC 7489, 6.6.3", "the record of %.*s counts: %s", (int)p->domain.len,
	    p->domain.data, dmarc_policy_text(policy));
}

static void
put_place(struct look *l, json_t *dmarc, const struct place *p, bool is_own)
{
	json_t *records = put_array(l, dmarc, "records");
	struct slice rest = str_slice(&p->texts), text;

	while (slice_take(&rest, '\0', &text))
		if (is_dmarc(text))
			add_text(l, records, text);
	put_result(l, dmarc, p->result);
	if (p->count > 0)
		put_text(l, dmarc, "domain", p->domain);
	if (p->count == 1)
		put_record(l, dmarc, p, is_own);
	else if (p->count > 1)
		texts_wrong(l, dmarc, "several records count as none (RFC 7489, 6.6.3)");
	else if (p->result == DNS_FOUND)
		put_result(l, dmarc, DNS_NO_DATA);
}

/* All places are asked at once: to walk would take one wait for each. */
void
look_dmarc(struct look *l)
{
	json_t *dmarc = put_object(l, l->top, "dmarc");
	struct slice names[DMARC_PLACES_MAX];
	struct place places[DMARC_PLACES_MAX];
	size_t count = dmarc_places(slice_of(l->ascii), names);
	const struct place *chosen;
	bool is_unsure = false;

	if (count == 0)
		return;
	for (size_t i = 0; i < count; i++) {
		places[i] = (struct place){.domain = names[i]};
		ask(l, &places[i]);
		is_unsure = is_unsure || places[i].result == DNS_TEMPORARY;
	}
	chosen = choose(places, count);
	put_place(l, dmarc, chosen, chosen == places);
	if (is_unsure && chosen->count != 1)
		put_result(l, dmarc, DNS_TEMPORARY);
	for (size_t i = 0; i < count; i++)
		str_free(&places[i].texts);
}
