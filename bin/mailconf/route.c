/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/about.h"
#include "base/die.h"
#include "conf/gateway.h"
#include "conf/user.h"
#include "explain.h"
#include "mail/address.h"

void
explain_add(struct explanation *e, const char *source, struct slice what, const char *says)
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
	explain_add(e, source, str_slice(&what), step->says);
	str_free(&what);
}

int
explain_end(struct explanation *e, const char *words, struct slice text, const char *says, int code)
{
	struct str line;

	str_init(&line, OUTPUT_MAX);
	if (str_format(&line, "%s%.*s", words, (int)text.len, text.data) == -1)
		e->has_failed = true;
	explain_add(e, "=>", str_slice(&line), says);
	str_free(&line);
	return code;
}

static int
end(struct explanation *e, const char *what, struct slice text, int code)
{
	return explain_end(e, what, text, "", code);
}

int
explain_worse(int a, int b)
{
	if (a == EXIT_PERMANENT || b == EXIT_PERMANENT)
		return EXIT_PERMANENT;
	return a == EXIT_TEMPORARY || b == EXIT_TEMPORARY ? EXIT_TEMPORARY : EXIT_DONE;
}

bool
explain_is_enough(const struct explanation *e)
{
	return e->addresses > ADDRESSES_MAX;
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
	explain_add(e, "  as user", str_slice(&route->user),
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
		explain_add(e, "  program", word, "cannot be run");
		code = EXIT_TEMPORARY;
	}
	str_free(&path);
	str_free(&reason);
	return code;
}

/* Somebody else's sender leaves as one of this host's when he is forwarded (SRS). */
static void
explain_sender(struct explanation *e)
{
	struct str sender;
	int wrapped;

	if (e->depth == 0 || e->sender == NULL || e->sender->len == 0)
		return;
	str_init(&sender, 4096);
	wrapped = routes_wrap_sender(e->routes, *e->sender, &sender);
	if (wrapped == 1)
		explain_add(e, "  from", str_slice(&sender), "");
	else if (wrapped == -1)
		e->has_failed = true;
	str_free(&sender);
}

static int
explain_remote(struct explanation *e, const struct route *route)
{
	char indent[sizeof e->indent + 2];
	int code;

	(void)end(e, route->is_held ? "kept until asked for, then " : "",
	    str_slice(&route->next_hop), EXIT_DONE);
	explain_sender(e);
	snprintf(indent, sizeof indent, "%s  ", e->indent);
	code = explain_servers(e->control, e->routes, str_slice(&route->next_hop), indent, e->out);
	if (code == -1)
		e->has_failed = true;
	return code;
}

static int
explain_user(struct explanation *e, const struct route *route)
{
	if (route->extension.len > 0)
		explain_add(e, "  extension", str_slice(&route->extension), "");
	return explain_end(e, "mail of the user ", str_slice(&route->user),
	    "as his own files say, or into his mailbox", EXIT_DONE);
}

static int
explain_kind(struct explanation *e, const struct route *route)
{
	char code[64];

	switch (route->kind) {
	case ROUTE_USER:
		return explain_user(e, route);
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

int
explain_address(struct explanation *e, struct slice address)
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
		code = explain_kind(e, &route);
	route_free(&route);
	snprintf(e->indent, sizeof e->indent, "%*s", (int)(2 * e->depth), "");
	return code;
}

int
explain_route(const struct control *c, const struct routes *routes, struct slice address,
    const struct slice *sender, struct str *out)
{
	struct explanation e = {.control = c, .routes = routes, .sender = sender, .out = out};
	int code = explain_address(&e, address);

	return e.has_failed ? -1 : code;
}
