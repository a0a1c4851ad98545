/* SPDX-License-Identifier: ISC */
/* What a domain says of TLS to those who send to it: MTA-STS (RFC 8461), reports (RFC 8460). */
#include <string.h>

#include "net/dns_texts.h"
#include "net/tls_report_record.h"
#include "tls_state.h"

#define NAME_MAX_OCTETS ((size_t)300)

/* The TXT records of PREFIX.DOMAIN. */
static enum dns_result
ask_texts(struct probe *p, const char *prefix, const char *domain, struct str *texts)
{
	struct str name;
	enum dns_result result = DNS_TEMPORARY;
	uint32_t ttl;

	str_init(&name, NAME_MAX_OCTETS);
	if (str_format(&name, "%s.%s", prefix, domain) == 0)
		result = dns_texts(probe_dns(p), str_slice(&name), tls_until(p), texts, &ttl);
	str_free(&name);
	return result;
}

static void
add_unknown(struct report *r, const char *id, const char *what)
{
	struct result *res = report_add(r, id, UNKNOWN, PLAIN);

	result_text(res, "The DNS does not answer whether there is %s.", what);
}

/* How many of the records are of this kind, and whether one is wrong. */
struct found {
	size_t count;
	bool is_wrong;
	struct slice text; /* of the last */
};

static struct found
find_reports(const struct str *texts, struct tls_report_places *places)
{
	struct found found = {.count = 0};
	struct slice rest = str_slice(texts), text;

	while (slice_take(&rest, '\0', &text)) {
		int kind = tls_report_record_parse(text, places);

		if (kind == 0)
			continue;
		found.count++;
		found.is_wrong = found.is_wrong || kind == -1;
		found.text = text;
	}
	return found;
}

static void
add_reports(struct report *r, const struct str *texts)
{
	struct tls_report_places places;
	struct found found = find_reports(texts, &places);
	struct result *res;

	if (found.count == 0) {
		res = report_add(r, "tls-rpt", NO, PLAIN);
		result_text(res, "The domain wants no reports about TLS (no TXT at _smtp._tls).");
		result_source(res, "RFC 8460, 3");
		return;
	}
	if (found.count > 1 || found.is_wrong) {
		res = report_add(r, "tls-rpt", NO, WARNING);
		result_text(res,
		    found.count > 1
			? "There are %zu records for reports about TLS, so none counts."
			: "The record for reports about TLS cannot be read, so it does not count.",
		    found.count);
		result_advice(
		    res, "Have one TXT record at _smtp._tls: v=TLSRPTv1; rua=mailto:ADDRESS");
	} else {
		res = report_add(r, "tls-rpt", YES, PLAIN);
		result_text(res, "The domain wants reports about TLS.");
	}
	result_value(res, "%.*s", (int)found.text.len, found.text.data);
	result_source(res, "RFC 8460, 3");
}

static void
report_reports(struct probe *p, struct report *r, const char *domain)
{
	struct str texts;
	enum dns_result result;

	str_init(&texts, DNS_TEXTS_MAX);
	result = ask_texts(p, "_smtp._tls", domain, &texts);
	if (result == DNS_TEMPORARY)
		add_unknown(r, "tls-rpt", "a record for reports about TLS (_smtp._tls)");
	else
		add_reports(r, &texts);
	str_free(&texts);
}

/* mta-sts fetches it now, as it keeps nothing of what is only looked at. */
static void
fetch_policy(struct probe *p, const char *domain)
{
	struct sts sts;

	if (sts_open_fresh(&sts, str_slice(&p->servers)) == 0)
		(void)sts_ask(
		    &sts, slice_of(domain), tls_until(p), &tls_state(p)->sts); /* it has it */
	sts_close(&sts);
}

static void
add_policy(struct report *r, const struct sts_policy *policy, const char *id)
{
	bool is_on = policy->mode != STS_MODE_NONE;
	struct result *res = report_add(r, "mta-sts", is_on ? YES : FACT, PLAIN);

	result_value(res, "%s", sts_mode_text(policy->mode));
	result_source(res, "RFC 8461, 3.2");
	if (is_on)
		result_text(res, "The policy is '%s' for %llu day%s, id %s, and names: %s",
		    sts_mode_text(policy->mode), (unsigned long long)policy->max_age / 86400,
		    policy->max_age / 86400 == 1 ? "" : "s", id, policy->patterns.data);
	else
		result_text(res, "The policy is 'none': it is about to be taken away.");
}

static void
add_no_policy(struct report *r, const struct sts_answer *sts)
{
	bool is_sure = sts->result == STS_FAILED;
	struct result *res = report_add(r, "mta-sts", is_sure ? NO : UNKNOWN, WARNING);

	result_value(res, "%s", sts->failure);
	result_source(res, "RFC 8461, 3.3");
	result_text(res,
	    is_sure ? "The DNS says that there is an MTA-STS policy, but it is not to be had: %s."
		    : "Whether there is an MTA-STS policy cannot be told: %s.",
	    sts->reason.data);
	if (is_sure)
		result_advice(res,
		    "Look at https://mta-sts.DOMAIN/.well-known/mta-sts.txt, its certificate too: "
		    "mta-sts(8) says what is wrong.");
}

static void
add_record(struct probe *p, struct report *r, const char *domain, const struct str *texts)
{
	struct slice rest = str_slice(texts), text;
	size_t count = 0;
	bool is_wrong = false;
	char id[STS_ID_MAX + 1] = "";
	struct result *res;

	while (slice_take(&rest, '\0', &text)) {
		int kind = sts_record_parse(text, id);

		count += kind != 0;
		is_wrong = is_wrong || kind == -1;
	}
	if (count == 1 && !is_wrong) {
		const struct sts_answer *sts = &tls_state(p)->sts;

		report_progress(r, "fetching the MTA-STS policy of %s", domain);
		fetch_policy(p, domain);
		if (sts->result == STS_FOUND)
			add_policy(r, &sts->policy, id);
		else
			add_no_policy(r, sts);
		return;
	}
	res = report_add(r, "mta-sts", NO, count == 0 ? PLAIN : WARNING);
	result_source(res, "RFC 8461, 3.1");
	if (count == 0) {
		result_text(res, "The domain has no MTA-STS policy (no TXT at _mta-sts).");
		return;
	}
	result_text(res,
	    count > 1 ? "There are %zu records of MTA-STS, so none counts."
		      : "The record of MTA-STS cannot be read, so it does not count.",
	    count);
	result_advice(res, "Have one TXT record at _mta-sts: v=STSv1; id=NUMBER;");
}

void
tls_report_domain(
    struct probe *p, struct report *r, const struct target *target, const struct servers *servers)
{
	struct str texts;

	tls_end(p); /* what was of the target before */
	if (target->kind != TARGET_DOMAIN || servers->result != DNS_FOUND || !servers->is_mx)
		return;
	report_progress(r, "looking up what %s says of TLS", target->name);
	str_init(&texts, DNS_TEXTS_MAX);
	if (ask_texts(p, "_mta-sts", target->name, &texts) == DNS_TEMPORARY)
		add_unknown(r, "mta-sts", "an MTA-STS policy (_mta-sts)");
	else
		add_record(p, r, target->name, &texts);
	str_free(&texts);
	report_reports(p, r, target->name);
}
