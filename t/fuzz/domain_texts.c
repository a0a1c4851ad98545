/* SPDX-License-Identifier: ISC */
/* t/fuzz/run SECONDS domain_texts: TXT records of SPF and DMARC, and a domain to walk up from. */
#include "fuzz.h"
#include "net/dmarc_record.h"
#include "net/spf_record.h"

static bool
is_within(struct slice part, struct slice text)
{
	return part.len == 0 ||
	       (part.data >= text.data && part.data + part.len <= text.data + text.len);
}

static void
check_spf(struct slice text)
{
	struct spf_record r;
	struct slice wrong = {.len = 0};

	(void)spf_record_parse(text, &r, &wrong);
	must(is_within(wrong, text) && is_within(r.redirect, text));
	must(r.link_count <= SPF_LINKS_MAX && r.link_count <= r.lookups);
	for (size_t i = 0; i < r.link_count; i++)
		must(is_within(r.links[i], text) && !slice_has_control(r.links[i]));
}

static void
check_dmarc(struct slice text)
{
	struct dmarc_record r;
	struct slice wrong;

	if (dmarc_record_parse(text, &r, &wrong) == 1)
		must(r.policy != DMARC_UNSET && r.percent <= 100);
	must(is_within(r.reports, text) && is_within(r.failures, text));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = slice_make((const char *)data, size);
	struct slice places[DMARC_PLACES_MAX];
	size_t count = dmarc_places(text, places);

	check_spf(text);
	check_dmarc(text);
	must(count <= DMARC_PLACES_MAX);
	for (size_t i = 0; i < count; i++)
		must(places[i].len > 0 && is_within(places[i], text));
	return 0;
}
