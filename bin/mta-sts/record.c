/* SPDX-License-Identifier: ISC */
/* The TXT record that says that there is a policy, and which (RFC 8461, 3.1). */
#include "mta_sts.h"
#include "net/dns_texts.h"

/* Exactly one record of ours may be among TEXTS. */
static enum record_result
judge(struct slice texts, char id[STS_ID_MAX + 1], struct str *reason)
{
	struct slice text;
	unsigned count = 0;
	bool is_wrong = false;

	while (slice_take(&texts, '\0', &text)) {
		int result = sts_record_parse(text, id);

		count += result != 0;
		is_wrong = is_wrong || result == -1;
	}
	if (count == 1 && !is_wrong)
		return RECORD_FOUND;
	(void)str_add_text(reason, count == 0	? "no TXT record of _mta-sts is for MTA-STS"
				   : count == 1 ? "the TXT record of _mta-sts is malformed"
						: "there are several TXT records of _mta-sts");
	return count == 0 ? RECORD_NONE : RECORD_WRONG;
}

enum record_result
record_ask(const struct server *s, struct slice domain, deadline until, char id[STS_ID_MAX + 1],
    uint32_t *ttl, struct str *reason)
{
	enum record_result result = RECORD_UNKNOWN;
	struct str name, texts;

	str_clear(reason);
	str_init(&name, STS_DOMAIN_MAX + 16);
	str_init(&texts, DNS_TEXTS_MAX);
	if (str_format(&name, "_mta-sts.%.*s", (int)domain.len, domain.data) == -1)
		goto out;
	switch (dns_texts(s->dns, str_slice(&name), until, &texts, ttl)) {
	case DNS_FOUND:
		result = judge(str_slice(&texts), id, reason);
		break;
	case DNS_NO_NAME:
	case DNS_NO_DATA:
	case DNS_NULL_MX:
		(void)str_add_text(reason, "there is no TXT record of _mta-sts");
		result = RECORD_NONE;
		break;
	case DNS_TEMPORARY:
		(void)str_add_text(reason, "the TXT record of _mta-sts cannot be looked up now");
	}
out:
	str_free(&name);
	str_free(&texts);
	return result;
}
