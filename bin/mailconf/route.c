/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/about.h"
#include "base/die.h"
#include "conf/gateway.h"
#include "conf/user.h"
#include "mail/address.h"
#include "mailconf.h"

#define DEPTH_MAX 5	 /* addresses that lead to addresses */
#define ADDRESSES_MAX 50 /* in all */

/* One explanation, which may be of several addresses, one behind the other. */
struct explanation {
	const struct control *control;
	const struct routes *routes;
	const struct slice *sender;
	struct str *out;
	char indent[2 * (DEPTH_MAX + 2)];
	unsigned depth, addresses;
	bool has_failed; /* no memory */
};

static void
add(struct explanation *e, const char *source, struct slice what, const char *says)
{
	if (add_line(e->out, e->indent, source, what, says) == -1)
		e->has_failed = true;
}

/* The look-up's own words, as it goes. */
static void
note(void *context, const struct route_step *step)
{
	struct explanation *e = context;
	char source[64];
	struct str what;

	str_init(&what, OUTPUT_MAX);
	snprintf(source, sizeof source, step->line > 0 ? "%s:%zu" : "%s", step->file, step->line);
	if (str_add_slice(&what, step->key) == -1 ||
	    (step->value.len > 0 &&
		(str_add_text(&what, ": ") == -1 || str_add_slice(&what, step->value) == -1)))
		e->has_failed = true;
	for (size_t i = 0; i < what.len; i++) /* an alias may stand on several lines */
		if (what.data[i] == '\n' || what.data[i] == '\t')
			what.data[i] = ' ';
	add(e, source, str_slice(&what), step->says);
	str_free(&what);
}

static int
end(struct explanation *e, const char *what, struct slice text, int code)
{
	struct str line;

	str_init(&line, OUTPUT_MAX);
	if (str_format(&line, "%s%.*s", what, (int)text.len, text.data) == -1)
		e->has_failed = true;
	add(e, "=>", str_slice(&line), "");
	str_free(&line);
	return code;
}

static int explain(struct explanation *e, struct slice address);

/* The worse of two; what may succeed later is less bad. */
static int
worse(int a, int b)
{
	if (a == EXIT_PERMANENT || b == EXIT_PERMANENT)
		return EXIT_PERMANENT;
	return a == EXIT_TEMPORARY || b == EXIT_TEMPORARY ? EXIT_TEMPORARY : EXIT_DONE;
}

static int
explain_targets(struct explanation *e, struct slice targets)
{
	struct slice rest = targets, one;
	struct address address;
	int code = EXIT_DONE;

	while (slice_take(&rest, '\n', &one)) {
		if (slice_starts(one, ROUTE_TARGET_QUOTA))
			(void)end(e, "within the quota ",
			    slice_skip(one, strlen(ROUTE_TARGET_QUOTA)), EXIT_DONE);
		else if (slice_starts(one, "/"))
			code =
			    worse(code, end(e, one.data[one.len - 1] == '/' ? "Maildir " : "mbox ",
					    one, EXIT_DONE));
		else if (slice_starts(one, ROUTE_TARGET_USER))
			code =
			    worse(code, end(e, "mailbox of the user ",
					    slice_skip(one, strlen(ROUTE_TARGET_USER)), EXIT_DONE));
		else if (slice_starts(one, ROUTE_TARGET_MAILBOX))
			code = worse(
			    code, end(e, "default mailbox of the user ",
				      slice_skip(one, strlen(ROUTE_TARGET_MAILBOX)), EXIT_DONE));
		else if (slice_starts(one, ROUTE_TARGET_PROGRAM))
			code = worse(
			    code, end(e, "program ", slice_skip(one, strlen(ROUTE_TARGET_PROGRAM)),
				      EXIT_DONE));
		else if (slice_starts_nocase(one, ROUTE_TARGET_INCLUDE))
			code = worse(
			    code, end(e, "addresses in ",
				      slice_skip(one, strlen(ROUTE_TARGET_INCLUDE)), EXIT_DONE));
		else if (slice_is(one, ROUTE_POSTMASTER))
			code = worse(code,
			    end(e, "Maildir postmaster/ in the spool", slice_of(""), EXIT_DONE));
		else if (address_parse(one, ADDRESS_UTF8 | ADDRESS_BARE, &address) == ADDRESS_OK) {
			(void)end(e, "forwarded to ", one, EXIT_DONE);
			e->depth++;
			code = worse(code, explain(e, one));
			e->depth--;
		} else
			code = worse(code, end(e, "not understood: ", one, EXIT_TEMPORARY));
	}
	return code;
}

/* Who runs it is looked up, and whether it is there at all. */
static int
explain_gateway(struct explanation *e, const struct route *route)
{
	struct slice next_hop = str_slice(&route->next_hop), word;
	struct gateway g;
	struct str path, reason;
	enum user_result user;
	int code = end(e, "", next_hop, EXIT_DONE);

	str_init(&path, 4096);
	str_init(&reason, 1000);
	user = user_find(str_slice(&route->user), &path, &reason);
	add(e, "  as user", str_slice(&route->user),
	    user == USER_FOUND	   ? ""
	    : user == USER_ROOT	   ? "has uid 0, which deliver refuses"
	    : user == USER_UNKNOWN ? "there is no such user"
				   : "unable to look him up");
	if (user != USER_FOUND)
		code = EXIT_TEMPORARY;
	str_clear(&path);
	if (slice_starts(next_hop, "pipe:") &&
	    gateway_parse_program(slice_skip(next_hop, 5), &g) == NULL &&
	    slice_word(&g.command, &word) && str_add_slice(&path, word) == 0 &&
	    access(path.data, X_OK) == -1) {
		add(e, "  program", word, "cannot be run");
		code = EXIT_TEMPORARY;
	}
	str_free(&path);
	str_free(&reason);
	return code;
}

static int
explain_remote(struct explanation *e, const struct route *route)
{
	char indent[sizeof e->indent + 2];
	int code;

	(void)end(e, route->is_held ? "kept until asked for, then " : "",
	    str_slice(&route->next_hop), EXIT_DONE);
	snprintf(indent, sizeof indent, "%s  ", e->indent);
	code = explain_servers(e->control, e->routes, str_slice(&route->next_hop), indent, e->out);
	if (code == -1)
		e->has_failed = true;
	return code;
}

static int
explain_end(struct explanation *e, const struct route *route)
{
	char code[64];

	switch (route->kind) {
	case ROUTE_USER:
		return end(e, "mailbox of the user ", str_slice(&route->user), EXIT_DONE);
	case ROUTE_TARGETS:
		return explain_targets(e, str_slice(&route->targets));
	case ROUTE_SMTP:
		return explain_remote(e, route);
	case ROUTE_GATEWAY:
		return explain_gateway(e, route);
	case ROUTE_DISCARD:
		return end(e, "thrown away", slice_of(""), EXIT_DONE);
	case ROUTE_ERROR:
		snprintf(code, sizeof code, "refused: %s ", route->code.data);
		return end(e, code, str_slice(&route->reason),
		    route->code.data[0] == '4' ? EXIT_TEMPORARY : EXIT_PERMANENT);
	case ROUTE_UNKNOWN:
		return end(e, "refused: 5.1.1 ", str_slice(&route->reason), EXIT_PERMANENT);
	case ROUTE_TEMPORARY:
		return end(e, "not known now: 4.3.5 ", str_slice(&route->reason), EXIT_TEMPORARY);
	}
	return EXIT_TEMPORARY;
}

static int
explain(struct explanation *e, struct slice address)
{
	struct route route;
	int code = EXIT_TEMPORARY, found;

	snprintf(e->indent, sizeof e->indent, "%*s", (int)(2 * e->depth), "");
	if (e->depth > DEPTH_MAX || ++e->addresses > ADDRESSES_MAX)
		return end(e, "and so on", slice_of(""), EXIT_DONE);
	if (add_line(e->out, e->indent, "address", address, "") == -1)
		e->has_failed = true;
	snprintf(e->indent, sizeof e->indent, "%*s", (int)(2 * e->depth + 2), "");
	route_init(&route);
	route.note = note;
	route.note_context = e;
	found = e->sender == NULL ? route_find(e->routes, address, &route)
				  : route_find_from(e->routes, *e->sender, address, &route);
	if (found == -1)
		e->has_failed = true;
	else
		code = explain_end(e, &route);
	route_free(&route);
	snprintf(e->indent, sizeof e->indent, "%*s", (int)(2 * e->depth), "");
	return code;
}

int
explain_route(const struct control *c, const struct routes *routes, struct slice address,
    const struct slice *sender, struct str *out)
{
	struct explanation e = {.control = c, .routes = routes, .sender = sender, .out = out};
	int code = explain(&e, address);

	return e.has_failed ? -1 : code;
}
