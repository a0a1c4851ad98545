/* SPDX-License-Identifier: ISC */
#include "report.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/die.h"
#include "report_parts.h"

#define TEXT_CAP ((size_t)16384)
#define NAME_CAP ((size_t)1024)

void
report_init(struct report *r)
{
	*r = (struct report){.form = REPORT_TABLE};
	result_init(&r->spare, NULL, r);
	str_init(&r->pending, REPORT_PENDING_CAP);
	for (size_t i = 0; i < sizeof r->findings / sizeof r->findings[0]; i++)
		str_init(&r->findings[i], REPORT_PENDING_CAP);
}

void
result_init(struct result *res, const struct report_kind *kind, struct report *r)
{
	*res = (struct result){.kind = kind, .ms = -1, .report = r};
	str_init(&res->about, TEXT_CAP);
	str_init(&res->value, TEXT_CAP);
	str_init(&res->text, TEXT_CAP);
	str_init(&res->reply, TEXT_CAP);
	str_init(&res->advice, TEXT_CAP);
}

void
result_free(struct result *res)
{
	str_free(&res->about);
	str_free(&res->value);
	str_free(&res->text);
	str_free(&res->reply);
	str_free(&res->advice);
}

static void
results_free(struct report_results *results)
{
	for (size_t i = 0; i < results->count; i++) {
		result_free(results->list[i]);
		free(results->list[i]);
	}
	free(results->list);
}

void
target_free(struct report_target *t)
{
	if (t == NULL)
		return;
	for (size_t i = 0; i < t->server_count; i++) {
		results_free(&t->servers[i]->results);
		str_free(&t->servers[i]->name);
		str_free(&t->servers[i]->address);
		free(t->servers[i]);
	}
	free(t->servers);
	results_free(&t->results);
	str_free(&t->name);
	free(t);
}

/* LIST, with room for one pointer more; null if there is no memory, and then LIST is as it was. */
static void *
grow(struct report *r, void *list, size_t count, size_t *room)
{
	size_t more = *room == 0 ? 16 : *room * 2;

	if (count < *room)
		return list;
	list = reallocarray(list, more, sizeof(void *));
	if (list == NULL)
		r->has_failed = true;
	else
		*room = more;
	return list;
}

void
report_begin_target(struct report *r, const char *name)
{
	report_print_target(r);
	r->server = NULL;
	r->target = calloc(1, sizeof *r->target);
	if (r->target == NULL)
		die_errno(REPORT_PROGRAM, report_failure(r), "unable to go on");
	r->target->began_ms = clock_monotonic_ms();
	str_init(&r->target->name, NAME_CAP);
	if (str_add_text(&r->target->name, name) == -1)
		r->has_failed = true;
}

static struct report_server *
find_server(const struct report_target *t, const char *name, const char *address)
{
	for (size_t i = 0; i < t->server_count; i++)
		if (slice_is(str_slice(&t->servers[i]->name), name) &&
		    slice_is(str_slice(&t->servers[i]->address), address))
			return t->servers[i];
	return NULL;
}

void
report_begin_server(struct report *r, const char *name, const char *address)
{
	struct report_target *t = r->target;
	struct report_server *server = find_server(t, name, address), **list;

	r->server = server;
	if (server != NULL || t->server_count >= REPORT_SERVERS_MOST)
		return;
	list = grow(r, t->servers, t->server_count, &t->server_room);
	if (list == NULL)
		return;
	t->servers = list;
	server = calloc(1, sizeof *server);
	if (server == NULL) {
		r->has_failed = true;
		return;
	}
	str_init(&server->name, NAME_CAP);
	str_init(&server->address, NAME_CAP);
	if (str_add_text(&server->name, name) == -1 ||
	    str_add_text(&server->address, address) == -1)
		r->has_failed = true;
	t->servers[t->server_count++] = server;
	r->server = server;
}

void
report_end_server(struct report *r)
{
	r->server = NULL;
}

void
report_reached(struct report *r, enum reached reached)
{
	if (r->server != NULL)
		r->server->reached = reached;
	else
		r->target->reached = reached;
}

static struct result *
drop(struct report *r, const struct report_kind *kind)
{
	r->target->dropped++;
	r->spare.kind = kind;
	return &r->spare;
}

struct result *
report_add(struct report *r, const char *id, enum verdict verdict, enum weight weight)
{
	const struct report_kind *kind = report_kind(slice_of(id));
	struct report_results *results =
	    r->server != NULL ? &r->server->results : &r->target->results;
	struct result *res, **list;

	if (kind == NULL)
		die(REPORT_PROGRAM, EXIT_BUG, "no row of report_kinds.c is for %s", id);
	if (r->target->result_count >= REPORT_RESULTS_MOST)
		return drop(r, kind);
	list = grow(r, results->list, results->count, &results->room);
	if (list == NULL)
		return drop(r, kind);
	results->list = list;
	res = malloc(sizeof *res);
	if (res == NULL) {
		r->has_failed = true;
		return drop(r, kind);
	}
	result_init(res, kind, r);
	result_judge(res, verdict, weight);
	results->list[results->count++] = res;
	r->target->result_count++;
	return res;
}

struct result *
report_find(const struct report *r, const char *id)
{
	const struct report_results *results =
	    r->server != NULL ? &r->server->results : &r->target->results;

	for (size_t i = results->count; i > 0; i--)
		if (strcmp(results->list[i - 1]->kind->id, id) == 0)
			return results->list[i - 1];
	return NULL;
}
