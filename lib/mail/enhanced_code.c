/* SPDX-License-Identifier: ISC */
#include "mail/enhanced_code.h"

bool
enhanced_code_is_failure(struct slice text)
{
	struct slice detail = slice_skip(text, 2), subject;
	uint64_t number;

	if (!slice_starts(text, "4.") && !slice_starts(text, "5."))
		return false;
	if (slice_find(detail, '.') == detail.len || !slice_take(&detail, '.', &subject))
		return false;
	return subject.len <= 3 && detail.len <= 3 && slice_number(subject, 999, &number) &&
	       slice_number(detail, 999, &number);
}
