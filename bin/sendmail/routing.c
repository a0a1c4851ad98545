/* SPDX-License-Identifier: ISC */
/* -bv: the tables of routes, and what they say of an address. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "base/die.h"
#include "base/escape.h"
#include "conf/control.h"
#include "conf/route_text.h"
#include "identity.h"
#include "mail/address.h"
#include "mail/recipients.h"
#include "modes.h"

#define TEXT_MAX ((size_t)1 << 20)

struct routes *
routing_read(const struct control *control)
{
	struct routes *routes;
	struct str problem;

	str_init(&problem, TEXT_MAX);
	routes = routes_open(control, &problem);
	if (routes == NULL && errno == EINVAL && problem.len > 0)
		die(PROGRAM, EX_CONFIG, "%s: %s", control->path, problem.data);
	if (routes == NULL)
		die_errno(PROGRAM, errno == ENOMEM ? EX_OSERR : EX_CONFIG,
		    "unable to read the routes in %s%s%s", control->path,
		    problem.len > 0 ? ": " : "", problem.data);
	str_free(&problem);
	return routes;
}

static struct routes *
open_routes(struct control *control)
{
	if (control_open(control) == -1)
		die(PROGRAM, EX_CONFIG, CONTROL_UNOPENED, control->path, strerror(errno),
		    control_advice(errno));
	return routing_read(control);
}

static int
exit_code(const struct route *route)
{
	switch (route->kind) {
	case ROUTE_ERROR:
		return route->code.data[0] == '4' ? EX_TEMPFAIL : EX_UNAVAILABLE;
	case ROUTE_UNKNOWN:
		return EX_NOUSER;
	case ROUTE_TEMPORARY:
		return EX_TEMPFAIL;
	default:
		return EX_OK;
	}
}

static int
show(const struct routes *routes, const struct slice *sender, struct slice address)
{
	struct address parsed;
	struct route route;
	struct str text;
	int code = EX_DATAERR;

	route_init(&route);
	str_init(&text, TEXT_MAX);
	if (escape_text(&text, address) == -1 || str_add_text(&text, ": ") == -1)
		die_errno(PROGRAM, EX_OSERR, "unable to hold a route");
	if (address_parse(address, ADDRESS_BARE | ADDRESS_UTF8, &parsed) != ADDRESS_OK) {
		printf("%sno mail address\n", text.data);
	} else {
		int found = sender == NULL ? route_find(routes, address, &route)
					   : route_find_from(routes, *sender, address, &route);

		if (found == -1 || route_text_add(&text, &route) == -1)
			die_errno(PROGRAM, EX_OSERR, "unable to find a route");
		printf("%s\n", text.data);
		code = exit_code(&route);
	}
	route_free(&route);
	str_free(&text);
	return code;
}

/* A local part alone is sent to whom addressmap has for it. */
static void
map_name(struct identity *who, struct str *address)
{
	struct str other;

	if (!identity_has_rules(who) || slice_find(str_slice(address), '@') < address->len)
		return;
	str_init(&other, TEXT_MAX);
	if (identity_rewrite(who, REWRITING_RECIPIENT, str_slice(address), &other) == 1) {
		str_clear(address);
		if (str_add_slice(address, str_slice(&other)) == -1)
			die_errno(PROGRAM, EX_OSERR, "unable to hold an address");
	}
	str_free(&other);
}

/* Every address of LIST; the worst of the exit codes and CODE. */
static int
show_list(const struct routes *routes, struct identity *who, const struct slice *sender,
    struct slice list, int code)
{
	enum recipients_result result;
	struct str address;

	str_init(&address, TEXT_MAX);
	while ((result = recipients_next(&list, &address)) != RECIPIENTS_END) {
		int one;

		if (result == RECIPIENTS_FAILED)
			die_errno(PROGRAM, EX_OSERR, "unable to hold an address");
		map_name(who, &address);
		one = show(routes, sender, str_slice(&address));
		if (one > code)
			code = one;
	}
	str_free(&address);
	return code;
}

static int
end_output(int code)
{
	if (fflush(stdout) == EOF)
		die_errno(PROGRAM, EX_IOERR, "unable to write");
	return code;
}

int
mode_verify(const struct options *o)
{
	struct control control;
	struct routes *routes;
	struct identity who;
	struct slice given = slice_trim(slice_of(o->sender));
	const struct slice *sender = o->sender == NULL ? NULL : &given;
	int code = EX_OK;

	if (slice_is(given, "<>"))
		given.len = 0;
	if (o->recipient_count == 0)
		die(PROGRAM, EX_USAGE, "-bv needs an address");
	routes = open_routes(&control);
	identity_init(&who);
	for (size_t i = 0; i < o->recipient_count; i++)
		code = show_list(routes, &who, sender, slice_of(o->recipients[i]), code);
	identity_free(&who);
	routes_free(routes);
	control_close(&control);
	return end_output(code);
}
