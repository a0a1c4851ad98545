/* SPDX-License-Identifier: ISC */
#include "net/dmarc_record.h"

static const char *const policies[] = {
    [DMARC_UNSET] = "",
    [DMARC_NONE] = "none",
    [DMARC_QUARANTINE] = "quarantine",
    [DMARC_REJECT] = "reject",
};

const char *
dmarc_policy_text(enum dmarc_policy policy)
{
	return policies[policy];
}

static bool
take_policy(struct slice value, enum dmarc_policy *policy)
{
	for (size_t i = DMARC_NONE; i <= DMARC_REJECT; i++)
		if (slice_is_nocase(value, policies[i])) {
			*policy = (enum dmarc_policy)i;
			return true;
		}
	return false;
}

static bool
take_strict(struct slice value, bool *is_strict)
{
	*is_strict = slice_is_nocase(value, "s");
	return *is_strict || slice_is_nocase(value, "r");
}

/* False for a value that is wrong; a tag that nobody knows is none of our business (6.3). */
static bool
take_tag(struct dmarc_record *r, struct slice name, struct slice value)
{
	uint64_t number;

	if (slice_is_nocase(name, "p"))
		return take_policy(value, &r->policy);
	if (slice_is_nocase(name, "sp"))
		return take_policy(value, &r->subdomains);
	if (slice_is_nocase(name, "np"))
		return take_policy(value, &r->missing);
	if (slice_is_nocase(name, "adkim"))
		return take_strict(value, &r->is_strict_dkim);
	if (slice_is_nocase(name, "aspf"))
		return take_strict(value, &r->is_strict_spf);
	if (slice_is_nocase(name, "rua"))
		r->reports = value;
	else if (slice_is_nocase(name, "ruf"))
		r->failures = value;
	else if (slice_is_nocase(name, "psd")) {
		r->boundary = value.len == 1 ? ascii_lower(value.data[0]) : '?';
		return r->boundary == 'y' || r->boundary == 'n' || r->boundary == 'u';
	} else if (slice_is_nocase(name, "pct")) {
		if (!slice_number(value, 100, &number))
			return false;
		r->percent = (unsigned)number;
	}
	return true;
}

/* "v=DMARC1", its blanks, and the ";" behind it. */
static bool
take_version(struct slice *text)
{
	struct slice name, value;

	if (!slice_take(text, ';', &value))
		return false;
	if (!slice_take(&value, '=', &name))
		return false;
	return slice_is(slice_trim(name), "v") && slice_is(slice_trim(value), "DMARC1");
}

/* What is wrong elsewhere counts for its default (6.3), in "p" and "sp" for all (6.6.3). */
int
dmarc_record_parse(struct slice text, struct dmarc_record *r, struct slice *wrong)
{
	struct slice tag, name, value;
	bool is_usable = true;

	*r = (struct dmarc_record){.percent = 100, .boundary = 'u'};
	wrong->len = 0;
	if (!take_version(&text))
		return 0;
	while (slice_take(&text, ';', &tag)) {
		tag = slice_trim(tag);
		value = tag;
		if (tag.len == 0 || !slice_take(&value, '=', &name))
			continue;
		name = slice_trim(name);
		if (slice_find(tag, '=') < tag.len && take_tag(r, name, slice_trim(value)))
			continue;
		if (wrong->len == 0)
			*wrong = tag;
		if (slice_is_nocase(name, "p") || slice_is_nocase(name, "sp"))
			is_usable = false;
	}
	if (is_usable && r->policy != DMARC_UNSET)
		return 1;
	if (wrong->len == 0)
		*wrong = slice_of("p is missing");
	r->policy = r->reports.len > 0 ? DMARC_NONE : DMARC_UNSET;
	return r->reports.len > 0 ? 1 : -1;
}

static size_t
count_labels(struct slice name)
{
	size_t count = name.len > 0;

	for (size_t i = 0; i < name.len; i++)
		count += name.data[i] == '.';
	return count;
}

static struct slice
parent(struct slice name)
{
	return slice_skip(name, slice_find(name, '.') + 1);
}

size_t
dmarc_places(struct slice domain, struct slice places[DMARC_PLACES_MAX])
{
	size_t count = 0;

	if (domain.len > 0 && domain.data[domain.len - 1] == '.')
		domain.len--;
	while (domain.len > 0 && count < DMARC_PLACES_MAX) {
		places[count++] = domain;
		domain = parent(domain);
		while (count_labels(domain) >= DMARC_PLACES_MAX)
			domain = parent(domain);
	}
	return count;
}
