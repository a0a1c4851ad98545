/* SPDX-License-Identifier: ISC */
#include "net/tls_policy_note.h"

void
tls_note_init(struct tls_note *n)
{
	*n = (struct tls_note){.type = TLS_POLICY_NONE, .failure = ""};
	str_init(&n->domain, TLS_NAME_SIZE);
	str_init(&n->policy, TLS_OUTCOME_MAX);
}

void
tls_note_free(struct tls_note *n)
{
	str_free(&n->domain);
	str_free(&n->policy);
}

void
tls_note_set(
    struct tls_note *n, enum tls_policy_type type, struct slice domain, const char *failure)
{
	n->type = type;
	n->failure = failure;
	str_clear(&n->domain);
	str_clear(&n->policy);
	for (size_t i = 0; i < domain.len; i++)
		(void)str_add_char(&n->domain, ascii_lower(domain.data[i]));
}

static bool
add_record(struct str *out, const struct tls_tlsa *one)
{
	if (str_format(out, "%s%u %u %u ", out->len == 0 ? "" : "; ", (unsigned)one->usage,
		(unsigned)one->selector, (unsigned)one->matching) == -1)
		return false;
	for (size_t i = 0; i < one->length; i++)
		if (str_format(out, "%02X", (unsigned)one->data[i]) == -1)
			return false;
	return true;
}

void
tls_note_add_records(struct tls_note *n, const struct tls_requirement *r)
{
	for (size_t i = 0; i < r->tlsa_count; i++) {
		size_t before = n->policy.len;

		if (!add_record(&n->policy, &r->tlsa[i]))
			str_truncate(&n->policy, before);
	}
}

void
tls_note_add_sts(struct tls_note *n, const struct sts_policy *policy)
{
	if (sts_policy_add_line(&n->policy, policy) == -1)
		str_clear(&n->policy);
}
