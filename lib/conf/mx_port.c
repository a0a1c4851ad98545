/* SPDX-License-Identifier: ISC */
#include "conf/mx_port.h"

#include <errno.h>

int
mx_port_read(const struct control *c, uint16_t *port, struct str *problem)
{
	struct str text;
	uint64_t number = MX_PORT;
	int found, result = 0;

	str_init(&text, CONTROL_FILE_MAX);
	found = control_line(c, "mxport", &text);
	if (found == -1) {
		result = -1;
	} else if (found == 1 && text.len > 0 &&
		   (!slice_number(str_slice(&text), UINT16_MAX, &number) || number == 0)) {
		(void)str_format(problem, "mxport is no port: %s", text.data);
		errno = EINVAL;
		result = -1;
	}
	*port = result == 0 ? (uint16_t)number : MX_PORT;
	str_free(&text);
	return result;
}
