/* SPDX-License-Identifier: ISC */
/* What the printers share. */
#include <stdarg.h>

#include "base/escape.h"
#include "report_parts.h"

const char *
verdict_word(enum verdict verdict)
{
	static const char *const words[] = {
	    [YES] = "yes", [NO] = "no", [UNKNOWN] = "could not tell", [FACT] = "fact"};

	return words[verdict];
}

const char *
weight_word(enum weight weight)
{
	static const char *const words[] = {
	    [PLAIN] = "plain", [WARNING] = "warning", [PROBLEM] = "problem"};

	return words[weight];
}

void
put_text(struct report *r, struct str *out, const char *text)
{
	if (str_add_text(out, text) == -1)
		r->has_failed = true;
}

void
put_format(struct report *r, struct str *out, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	if (str_vformat(out, format, args) == -1)
		r->has_failed = true;
	va_end(args);
}

void
put_escaped(struct report *r, struct str *out, struct slice bytes)
{
	bool is_first = true;

	for (struct slice line; slice_take(&bytes, '\n', &line); is_first = false)
		if ((!is_first && str_add_char(out, ' ') == -1) || escape_text(out, line) == -1)
			r->has_failed = true;
}

void
put_server(struct report *r, struct str *out, const struct report_server *server)
{
	if (server == NULL)
		return;
	if (server->name.len == 0 && slice_starts(str_slice(&server->address), "pipe:")) {
		put_text(r, out, "pipe"); /* the target is the command, and may be long */
		return;
	}
	put_escaped(r, out, str_slice(&server->name));
	if (server->name.len > 0 && server->address.len > 0)
		put_text(r, out, " ");
	put_escaped(r, out, str_slice(&server->address));
}

struct slice
result_sentence(const struct result *res)
{
	return str_slice(res->text.len > 0    ? &res->text
			 : res->value.len > 0 ? &res->value
					      : &res->reply);
}

static void
each_of(const struct report_results *results, const struct report_server *server, report_take *take,
    void *context)
{
	for (size_t i = 0; i < results->count; i++)
		take(context, server, results->list[i]);
}

void
report_each(const struct report *r, report_take *take, void *context)
{
	const struct report_target *t = r->target;

	each_of(&t->results, NULL, take, context);
	for (size_t i = 0; i < t->server_count; i++)
		each_of(&t->servers[i]->results, t->servers[i], take, context);
}
