/* SPDX-License-Identifier: ISC */
/* What a domain publishes by TXT records about TLS: MTA-STS (RFC 8461) and TLS-RPT (RFC 8460). */
#include "look_texts.h"

#include <stdio.h>

#include "mxlookup.h"
#include "net/dns_texts.h"
#include "net/tls_report_record.h"

enum dns_result
texts_ask(struct look *l, const char *prefix, struct slice domain, struct str *texts)
{
	char name[DNS_NAME_SIZE + 16];
	enum dns_result result;
	uint32_t ttl;

	snprintf(name, sizeof name, "%s%.*s", prefix, (int)domain.len, domain.data);
	result = dns_texts(l->settings->dns, slice_of(name), l->until, texts, &ttl);
	why(l, NULL, "asked for %s TXT: %s", name,
	    result == DNS_FOUND ? "there are some" : dns_text(result));
	return result;
}

static bool
is_policy(struct slice text)
{
	char id[STS_ID_MAX + 1];

	return sts_record_parse(text, id) != 0;
}

static bool
is_report(struct slice text)
{
	struct tls_report_places places;

	return tls_report_record_parse(text, &places) != 0;
}

size_t
texts_keep(struct look *l, json_t *object, const struct str *texts, bool (*is_one)(struct slice),
    struct slice *one)
{
	json_t *records = put_array(l, object, "records");
	struct slice rest = str_slice(texts), text;
	size_t count = 0;

	while (slice_take(&rest, '\0', &text)) {
		if (!is_one(text))
			continue;
		count++;
		*one = text;
		add_text(l, records, text);
	}
	return count;
}

void
texts_wrong(struct look *l, json_t *object, const char *reason)
{
	put_text(l, object, "result", slice_of("wrong"));
	put_text(l, object, "reason", slice_of(reason));
}

static void
put_mx_patterns(struct look *l, json_t *object)
{
	struct slice rest = str_slice(&l->wishes[WISH_FRESH].answer.policy.patterns), pattern;
	json_t *patterns = put_array(l, object, "mx");

	while (slice_word(&rest, &pattern))
		add_text(l, patterns, pattern);
}

/* Which exchangers it covers (4.1): the others get no mail where it is enforced. */
static void
cover_hosts(struct look *l)
{
	const struct sts_policy *p = &l->wishes[WISH_FRESH].answer.policy;
	json_t *host;
	size_t i;

	json_array_foreach(l->hosts, i, host)
	{
		const char *name = text_of(host, "name");
		bool covers = sts_policy_matches(p, slice_of(name));

		if (p->mode == STS_MODE_NONE)
			continue;
		put(l, host, "sts", json_boolean(covers));
		if (!covers)
			put_note(l, host, "not in the MTA-STS policy");
		why(l, "RFC 8461, 4.1", "the policy %s %s%s", covers ? "covers" : "does not cover",
		    name,
		    covers			  ? ""
		    : p->mode == STS_MODE_ENFORCE ? ": no mail from who obeys it"
						  : ": reported, as it is in testing");
	}
}

static void
put_policy(struct look *l, json_t *sts)
{
	const struct sts_answer *a = &l->wishes[WISH_FRESH].answer;

	if (a->failure[0] != '\0')
		put_text(l, sts, "failure", slice_of(a->failure));
	if (a->reason.len > 0)
		put_text(l, sts, "reason", str_slice(&a->reason));
	switch (a->result) {
	case STS_FOUND:
		put_text(l, sts, "result", slice_of("found"));
		put_text(l, sts, "mode", slice_of(sts_mode_text(a->policy.mode)));
		put(l, sts, "max_age", json_integer((json_int_t)a->policy.max_age));
		put_mx_patterns(l, sts);
		why(l, "RFC 8461, 3.3", "the policy was fetched: mode %s",
		    sts_mode_text(a->policy.mode));
		cover_hosts(l);
		return;
	case STS_NONE:
	case STS_FAILED:
		put_text(l, sts, "result", slice_of("wrong"));
		break;
	case STS_UNKNOWN:
		put_text(l, sts, "result", slice_of("temporary"));
		break;
	}
	why(l, "RFC 8461, 3.3", "no policy could be fetched: %s", a->reason.data);
}

/* The TXT record says that there is a policy: then it is fetched, which takes its time. */
static void
put_fetched(struct look *l, json_t *sts, struct slice text)
{
	struct wish *wish = &l->wishes[WISH_FRESH];
	char id[STS_ID_MAX + 1];

	if (sts_record_parse(text, id) != 1) {
		texts_wrong(l, sts, "the TXT record is malformed");
		return;
	}
	put_text(l, sts, "id", slice_of(id));
	if (wish->state == WISH_NONE)
		wish->state = WISH_WANTED;
	else if (wish->state == WISH_THERE)
		put_policy(l, sts);
}

void
look_sts(struct look *l)
{
	json_t *sts = put_object(l, l->top, "sts");
	struct slice text = {.len = 0};
	struct str texts;
	enum dns_result result;
	size_t count;

	str_init(&texts, DNS_TEXTS_MAX);
	result = texts_ask(l, "_mta-sts.", slice_of(l->ascii), &texts);
	put_result(l, sts, result);
	count = texts_keep(l, sts, &texts, is_policy, &text);
	if (result == DNS_FOUND && count == 0)
		put_result(l, sts, DNS_NO_DATA);
	else if (count > 1)
		texts_wrong(l, sts, "several TXT records count as none (RFC 8461, 3.1)");
	else if (count == 1)
		put_fetched(l, sts, text);
	str_free(&texts);
}

void
look_tlsrpt(struct look *l)
{
	json_t *object = put_object(l, l->top, "tlsrpt");
	struct tls_report_places places;
	struct slice text = {.len = 0};
	struct str texts;
	enum dns_result result;
	size_t count;

	str_init(&texts, DNS_TEXTS_MAX);
	result = texts_ask(l, "_smtp._tls.", slice_of(l->ascii), &texts);
	put_result(l, object, result);
	count = texts_keep(l, object, &texts, is_report, &text);
	if (result == DNS_FOUND && count == 0)
		put_result(l, object, DNS_NO_DATA);
	else if (count > 1)
		texts_wrong(l, object, "several TXT records count as none (RFC 8460, 3)");
	else if (count == 1 && tls_report_record_parse(text, &places) == 1) {
		json_t *list = put_array(l, object, "rua");

		for (size_t i = 0; i < places.count; i++)
			add_text(l, list, places.list[i]);
	} else if (count == 1)
		texts_wrong(l, object, "no usable rua");
	str_free(&texts);
}
