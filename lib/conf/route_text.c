/* SPDX-License-Identifier: ISC */
#include "conf/route_text.h"

#include "base/escape.h"

/* The targets of an alias stand a line each. */
static int
add_targets(struct str *out, struct slice targets)
{
	struct slice one;
	const char *between = "";

	while (slice_take(&targets, '\n', &one)) {
		if (str_add_text(out, between) == -1 || escape_text(out, one) == -1)
			return -1;
		between = ", ";
	}
	return 0;
}

static int
add_user(struct str *out, const struct route *route)
{
	if (str_add_text(out, "user ") == -1 || escape_text(out, str_slice(&route->user)) == -1)
		return -1;
	if (route->extension.len == 0)
		return 0;
	if (str_add_text(out, ", extension ") == -1)
		return -1;
	return escape_text(out, str_slice(&route->extension));
}

static int
add_reason(struct str *out, const char *what, const struct route *route)
{
	if (str_add_text(out, what) == -1)
		return -1;
	if (route->kind == ROUTE_ERROR && str_format(out, "%s ", route->code.data) == -1)
		return -1;
	return escape_text(out, str_slice(&route->reason));
}

int
route_text_add(struct str *out, const struct route *route)
{
	switch (route->kind) {
	case ROUTE_USER:
		return add_user(out, route);
	case ROUTE_TARGETS:
		return add_targets(out, str_slice(&route->targets));
	case ROUTE_SMTP:
		if (route->is_held && str_add_text(out, "kept until asked for, then ") == -1)
			return -1;
		return escape_text(out, str_slice(&route->next_hop));
	case ROUTE_GATEWAY:
		return escape_text(out, str_slice(&route->next_hop));
	case ROUTE_ERROR:
		return add_reason(out, "refused: ", route);
	case ROUTE_DISCARD:
		return str_add_text(out, "discarded");
	case ROUTE_UNKNOWN:
		return add_reason(out, "undeliverable: ", route);
	case ROUTE_TEMPORARY:
		return add_reason(out, "not known now: ", route);
	}
	return 0;
}
