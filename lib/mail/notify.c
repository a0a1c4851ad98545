/* SPDX-License-Identifier: ISC */
#include "mail/notify.h"

bool
notify_has(struct slice notify, const char *word)
{
	struct slice one;

	while (slice_take(&notify, ',', &one))
		if (slice_is(one, word))
			return true;
	return false;
}
