/* SPDX-License-Identifier: ISC */
/* One object of JSON a target, on a line, with the keys of smtp-probe(1), JSON. */
#include "report_json.h"

#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "base/escape.h"
#include "report_diff.h"
#include "report_expect.h"

#define TEXT_CAP ((size_t)80000) /* four times what a result may hold */

const char *
json_verdict(enum verdict verdict)
{
	static const char *const words[] = {
	    [YES] = "yes", [NO] = "no", [UNKNOWN] = "unknown", [FACT] = "fact"};

	return words[verdict];
}

json_t *
json_text(struct slice bytes)
{
	struct str safe;
	json_t *text = NULL;
	bool is_first = true, is_whole = true;

	str_init(&safe, TEXT_CAP);
	for (struct slice line; slice_take(&bytes, '\n', &line); is_first = false)
		if ((!is_first && str_add_char(&safe, '\n') == -1) ||
		    escape_text(&safe, line) == -1)
			is_whole = false;
	if (is_whole)
		text = json_stringn(safe.data, safe.len);
	str_free(&safe);
	return text;
}

/* Empty texts are left out. */
static void
set_text(struct report *r, json_t *object, const char *key, struct slice text)
{
	if (text.len > 0 && json_object_set_new(object, key, json_text(text)) == -1)
		r->has_failed = true;
}

static void
set(struct report *r, json_t *object, const char *key, json_t *value)
{
	if (json_object_set_new(object, key, value) == -1)
		r->has_failed = true;
}

static void
set_number(struct report *r, json_t *object, const char *key, size_t number)
{
	set(r, object, key, json_integer((json_int_t)number));
}

static json_t *
result_object(struct report *r, const struct result *res)
{
	json_t *object = json_object();

	set(r, object, "id", json_string(res->kind->id));
	set_text(r, object, "about", str_slice(&res->about));
	set(r, object, "verdict", json_string(json_verdict(res->verdict)));
	set(r, object, "weight", json_string(weight_word(res->weight)));
	set_text(r, object, "value", str_slice(&res->value));
	set_text(r, object, "text", str_slice(&res->text));
	set_text(r, object, "reply", str_slice(&res->reply));
	set_text(r, object, "advice", str_slice(&res->advice));
	set_text(r, object, "source", slice_of(res->source));
	if (res->ms >= 0)
		set_number(r, object, "ms", (size_t)res->ms);
	return object;
}

json_t *
json_results(struct report *r, const struct report_results *results)
{
	json_t *array = json_array();

	for (size_t i = 0; i < results->count; i++)
		if (json_array_append_new(array, result_object(r, results->list[i])) == -1)
			r->has_failed = true;
	return array;
}

static json_t *
servers_array(struct report *r)
{
	json_t *array = json_array();

	for (size_t i = 0; i < r->target->server_count; i++) {
		const struct report_server *server = r->target->servers[i];
		json_t *object = json_object();

		set(r, object, "name", json_text(str_slice(&server->name)));
		set(r, object, "address", json_text(str_slice(&server->address)));
		set_number(r, object, "reached", (size_t)server->reached);
		set(r, object, "results", json_results(r, &server->results));
		if (json_array_append_new(array, object) == -1)
			r->has_failed = true;
	}
	return array;
}

static void
set_server(struct report *r, json_t *object, const struct report_server *server)
{
	struct str name;

	str_init(&name, TEXT_CAP);
	put_server(r, &name, server);
	if (server != NULL)
		set(r, object, "server", json_stringn(name.data, name.len));
	str_free(&name);
}

static json_t *
expected_array(struct report *r)
{
	json_t *array = json_array();

	for (size_t i = 0; i < r->expectations->count; i++) {
		const struct expectation *e = &r->expectations->list[i];
		struct expectation_witness witness;
		enum verdict met = expect_target(e, r->target, &witness);
		json_t *object = json_object();

		set_text(r, object, "expectation", e->text);
		set(r, object, "met", json_string(json_verdict(met)));
		set_server(r, object, witness.server);
		if (json_array_append_new(array, object) == -1)
			r->has_failed = true;
	}
	return array;
}

static json_t *
changes_array(struct report *r)
{
	json_t *array = json_array();

	for (size_t i = 0; i < r->past->count; i++) {
		const struct change *change = &r->past->list[i];
		json_t *object = json_object();

		set_server(r, object, change->server);
		set_text(r, object, "what", str_slice(&change->what));
		set_text(r, object, "was", str_slice(&change->was));
		set_text(r, object, "is", str_slice(&change->is));
		set(r, object, "told", json_boolean(change->is_told));
		if (json_array_append_new(array, object) == -1)
			r->has_failed = true;
	}
	return array;
}

/* RFC 3339, in UTC, with seconds. */
static void
set_time(struct report *r, json_t *object)
{
	time_t now = (time_t)clock_wall_seconds();
	struct tm parts;
	char text[40] = "";

	if (gmtime_r(&now, &parts) != NULL)
		(void)strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
	set(r, object, "time", json_string(text));
}

static void
set_counts(struct report *r, const struct report_totals *one, json_t *object)
{
	const struct report_target *t = r->target;
	int64_t ms = clock_monotonic_ms() - t->began_ms;

	set_number(r, object, "ms", ms < 0 ? 0 : (size_t)ms);
	set_number(r, object, "exit", (size_t)totals_code(r, one));
	set_number(r, object, "problems", one->problems);
	set_number(r, object, "warnings", one->warnings);
	set_number(r, object, "unknown", one->not_told);
	set_number(r, object, "dropped", t->dropped);
}

void
report_json(struct report *r, const struct report_totals *one, struct str *out)
{
	json_t *object = json_object();
	char *text;

	set_number(r, object, "v", REPORT_JSON_VERSION);
	set(r, object, "program", json_string(REPORT_PROGRAM));
	set(r, object, "command", json_string(r->command == NULL ? "look" : r->command));
	set(r, object, "target", json_text(str_slice(&r->target->name)));
	set_time(r, object);
	set_counts(r, one, object);
	if (r->expectations != NULL)
		set(r, object, "expected", expected_array(r));
	if (r->past != NULL)
		set(r, object, "changes", changes_array(r));
	set(r, object, "results", json_results(r, &r->target->results));
	set(r, object, "servers", servers_array(r));
	text = json_dumps(object, JSON_COMPACT);
	if (text == NULL)
		r->has_failed = true;
	else
		put_format(r, out, "%s\n", text);
	free(text);
	json_decref(object);
}
