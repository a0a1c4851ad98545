/* SPDX-License-Identifier: ISC */
#include "mailbox/quota.h"

static bool
parse_limit(struct slice part, struct quota_limits *l, bool seen[2])
{
	bool counts_messages = false;
	uint64_t number;

	if (part.len > 0 && (part.data[part.len - 1] == 'S' || part.data[part.len - 1] == 'C')) {
		counts_messages = part.data[part.len - 1] == 'C';
		part.len--;
	}
	if (seen[counts_messages] || !slice_number(part, QUOTA_MAX, &number))
		return false;
	seen[counts_messages] = true;
	*(counts_messages ? &l->messages : &l->octets) = number;
	return true;
}

bool
quota_limits_parse(struct slice text, struct quota_limits *l)
{
	struct slice part;
	bool seen[2] = {false, false};

	*l = (struct quota_limits){0};
	if (text.len == 0 || text.data[text.len - 1] == ',')
		return false;
	while (slice_take(&text, ',', &part))
		if (!parse_limit(part, l, seen))
			return false;
	return true;
}

int
quota_limits_add(struct str *out, const struct quota_limits *l)
{
	if (l->messages == 0)
		return str_format(out, "%lluS", (unsigned long long)l->octets);
	if (l->octets == 0)
		return str_format(out, "%lluC", (unsigned long long)l->messages);
	return str_format(
	    out, "%lluS,%lluC", (unsigned long long)l->octets, (unsigned long long)l->messages);
}
