/* SPDX-License-Identifier: ISC */
/* -bv and -bt: the tables of routes, and what they say of an address. */
#include <errno.h>
#include <stdio.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/die.h"
#include "base/escape.h"
#include "base/io.h"
#include "base/reader.h"
#include "conf/control.h"
#include "conf/route.h"
#include "mail/address.h"
#include "mail/recipients.h"
#include "modes.h"

#define LINE_MAX_OCTETS 2000
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
		die_errno(PROGRAM, EX_CONFIG, "unable to open %s", control->path);
	return routing_read(control);
}

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
add_route(struct str *out, const struct route *route)
{
	switch (route->kind) {
	case ROUTE_USER:
		if (str_format(out, "user %s", route->user.data) == -1)
			return -1;
		return route->extension.len == 0
			   ? 0
			   : str_format(out, ", extension %s", route->extension.data);
	case ROUTE_TARGETS:
		return add_targets(out, str_slice(&route->targets));
	case ROUTE_SMTP:
	case ROUTE_GATEWAY:
		return str_format(out, "%s", route->next_hop.data);
	case ROUTE_ERROR:
		return str_format(out, "refused: %s %s", route->code.data, route->reason.data);
	case ROUTE_DISCARD:
		return str_add_text(out, "discarded");
	case ROUTE_UNKNOWN:
		return str_format(out, "undeliverable: %s", route->reason.data);
	case ROUTE_TEMPORARY:
		return str_format(out, "not known now: %s", route->reason.data);
	}
	return 0;
}

/* Why: whose address it is, which decides over the tables that were asked. */
static const char *
cause(const struct route *route)
{
	if (route->is_ours)
		return " (this host is its destination)";
	return route->is_relay ? " (relayed for strangers)" : " (elsewhere)";
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
show(const struct routes *routes, struct slice address, bool explain)
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
		if (route_find(routes, address, &route) == -1 || add_route(&text, &route) == -1)
			die_errno(PROGRAM, EX_OSERR, "unable to find a route");
		printf("%s%s\n", text.data, explain ? cause(&route) : "");
		code = exit_code(&route);
	}
	route_free(&route);
	str_free(&text);
	return code;
}

/* Every address of LIST; the worst of the exit codes and CODE. */
static int
show_list(const struct routes *routes, struct slice list, bool explain, int code)
{
	enum recipients_result result;
	struct str address;

	str_init(&address, TEXT_MAX);
	while ((result = recipients_next(&list, &address)) != RECIPIENTS_END) {
		int one;

		if (result == RECIPIENTS_FAILED)
			die_errno(PROGRAM, EX_OSERR, "unable to hold an address");
		one = show(routes, str_slice(&address), explain);
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
	int code = EX_OK;

	if (o->recipient_count == 0)
		die(PROGRAM, EX_USAGE, "-bv needs an address");
	routes = open_routes(&control);
	for (size_t i = 0; i < o->recipient_count; i++)
		code = show_list(routes, slice_of(o->recipients[i]), false, code);
	routes_free(routes);
	control_close(&control);
	return end_output(code);
}

/* People type here, and files may end with CRLF: every line is taken but one that is too long. */
static int
explain_lines(const struct routes *routes, struct reader *r)
{
	int code = EX_OK;

	for (;;) {
		struct slice line;

		switch (reader_line(r, &line, LINE_MAX_OCTETS)) {
		case READER_LINE:
		case READER_BARE_LF:
		case READER_BARE_CR:
		case READER_NUL:
			code = show_list(routes, slice_trim(line), true, code);
			(void)end_output(code);
			break;
		case READER_EOF:
			/* a last line without its end */
			return show_list(routes, slice_trim(reader_unread(r)), true, code);
		case READER_TOO_LONG:
			die(PROGRAM, EX_DATAERR, "a line is longer than %d octets",
			    LINE_MAX_OCTETS);
		case READER_TIMEOUT:
		case READER_ERROR:
			die_errno(PROGRAM, EX_IOERR, "unable to read addresses");
		}
	}
}

int
mode_explain(void)
{
	struct control control;
	struct routes *routes = open_routes(&control);
	struct reader reader;
	int code;

	if (reader_init(&reader, STDIN_FILENO, 2 * LINE_MAX_OCTETS) == -1)
		die_errno(PROGRAM, EX_OSERR, "unable to read addresses");
	reader.until = DEADLINE_NEVER;
	code = explain_lines(routes, &reader);
	reader_free(&reader);
	routes_free(routes);
	control_close(&control);
	return code;
}
