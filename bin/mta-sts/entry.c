/* SPDX-License-Identifier: ISC */
/* What is known of one domain. */
#include "base/fields.h"
#include "mta_sts.h"

void
entry_init(struct entry *e)
{
	*e = (struct entry){.fetched = 0};
	sts_policy_init(&e->policy);
	str_init(&e->reason, REASON_MAX);
}

void
entry_free(struct entry *e)
{
	sts_policy_free(&e->policy);
	str_free(&e->reason);
}

bool
entry_is_valid(const struct entry *e, int64_t now)
{
	return e->policy.expires > now;
}

static int
add_policy(struct str *out, const struct sts_policy *policy)
{
	struct slice rest, line;
	struct str text;
	int result;

	str_init(&text, STS_ANSWER_MAX);
	result = sts_policy_add_text(&text, policy);
	if (result == 0)
		result = fields_add(out, 'I', slice_of(policy->id), '\0');
	if (result == 0)
		result = fields_add_number(out, 'E', policy->expires, '\0');
	rest = str_slice(&text);
	while (result == 0 && slice_take(&rest, '\n', &line))
		result = fields_add(out, 'L', line, '\0');
	str_free(&text);
	return result;
}

int
entry_add_answer(struct str *out, const struct entry *e, int64_t now)
{
	if (entry_is_valid(e, now) && add_policy(out, &e->policy) == -1)
		return -1;
	if (e->failure[0] != '\0' && fields_add(out, 'F', slice_of(e->failure), '\0') == -1)
		return -1;
	return e->reason.len == 0 ? 0 : fields_add(out, 'W', str_slice(&e->reason), '\0');
}
