/* SPDX-License-Identifier: ISC */
#include "conf/deliver.h"

#include <errno.h>

#define WORD_MAX 1000

int
deliver_read(bool *is_now, const struct control *c, struct str *problem)
{
	struct str word;
	int found, result = 0;

	str_init(&word, WORD_MAX);
	found = control_line(c, "deliver", &word);
	*is_now = found == 1 && slice_is(str_slice(&word), "now");
	if (found == -1) {
		result = -1;
	} else if (found == 1 && !*is_now && !slice_is(str_slice(&word), "queue")) {
		(void)str_add_text(problem, "deliver: \"queue\" or \"now\" is expected");
		errno = EINVAL;
		result = -1;
	}
	str_free(&word);
	return result;
}
