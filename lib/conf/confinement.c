/* SPDX-License-Identifier: ISC */
#include "conf/confinement.h"

#include <errno.h>

int
confinement_read(bool *is_confined, const struct control *c, struct str *problem)
{
	struct str text;
	int found, result = 0;

	str_init(&text, CONTROL_FILE_MAX);
	found = control_line(c, "confinement", &text);
	*is_confined = found == 0 || slice_is(str_slice(&text), "full");
	if (found == -1) {
		result = -1;
	} else if (!*is_confined && !slice_is(str_slice(&text), "none")) {
		(void)str_add_text(problem, "confinement: \"full\" or \"none\" is expected");
		errno = EINVAL;
		result = -1;
	}
	str_free(&text);
	return result;
}
