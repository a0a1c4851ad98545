/* SPDX-License-Identifier: ISC */
#include "mail/resent.h"

#include <stddef.h>

/* Each of a block at most once; others, as Resent-Reply-To of RFC 822, may come as they like. */
static const char *const names[] = {"Resent-Date", "Resent-From", "Resent-Sender", "Resent-To",
    "Resent-Cc", "Resent-Bcc", "Resent-Message-ID"};

#define OTHER (1U << (sizeof names / sizeof *names))

static unsigned
bit_of(struct slice name)
{
	for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
		if (slice_is_nocase(name, names[i]))
			return 1U << i;
	return slice_starts_nocase(name, "Resent-") ? OTHER : 0;
}

bool
resent_take(struct resent *r, struct slice name)
{
	unsigned bit = bit_of(name);

	if (r->is_over)
		return false;
	if (slice_is_nocase(name, "Received") || slice_is_nocase(name, "Return-Path")) {
		r->is_over = r->seen != 0;
		r->has_trace = r->has_trace || r->seen == 0;
		return false;
	}
	r->is_over = bit != OTHER && (r->seen & bit) != 0;
	if (r->is_over)
		return false;
	r->seen |= bit;
	return bit != 0;
}

bool
resent_has(const struct resent *r, const char *name)
{
	return (r->seen & bit_of(slice_of(name))) != 0;
}
