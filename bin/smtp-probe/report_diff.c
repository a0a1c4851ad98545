/* SPDX-License-Identifier: ISC */
#include "report_diff.h"

#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "report_json.h"

#define KEY_CAP ((size_t)200000)
#define ESCAPED_LEN 4 /* \xHH */

/* Counts one, and keeps it while there are not too many; null if not. */
static struct change *
add_change(struct report *r, const struct report_server *server, bool is_told)
{
	struct report_past *past = r->past;
	struct change *change;

	if (is_told)
		past->changed++;
	else
		past->not_told++;
	if (past->count >= CHANGES_MOST)
		return NULL;
	if (past->count == past->room) {
		size_t room = past->room == 0 ? 64 : past->room * 2;
		struct change *list = reallocarray(past->list, room, sizeof *past->list);

		if (list == NULL) {
			r->has_failed = true;
			return NULL;
		}
		past->list = list;
		past->room = room;
	}
	change = &past->list[past->count++];
	*change = (struct change){.server = server, .is_told = is_told};
	str_init(&change->what, KEY_CAP);
	str_init(&change->was, KEY_CAP);
	str_init(&change->is, KEY_CAP);
	return change;
}

static const char *
text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text == NULL ? "" : text;
}

/* The same to be shown: what we write is fit to print; somebody else's file need not be. */
static const char *
shown_of(const json_t *object, const char *key)
{
	struct slice text = slice_of(text_of(object, key));
	size_t backslashes = 0;
	struct str escaped;
	bool is_fit;

	for (size_t i = 0; i < text.len; i++)
		backslashes += text.data[i] == '\\';
	str_init(&escaped, KEY_CAP);
	is_fit = escape_text(&escaped, text) == 0 &&
		 escaped.len == text.len + backslashes * (ESCAPED_LEN - 1);
	str_free(&escaped);
	return is_fit ? text.data : "(not fit to print)";
}

/* "yes", "no TLSv1.2", "TLSv1.3". */
static void
describe(struct report *r, struct str *out, const json_t *res)
{
	const char *verdict = shown_of(res, "verdict"), *value = shown_of(res, "value");
	bool is_fact = strcmp(verdict, "fact") == 0;

	if (res == NULL || strcmp(verdict, "unknown") == 0)
		put_text(r, out, "could not tell");
	else if (!is_fact || *value == '\0')
		put_text(r, out, verdict);
	if (*value != '\0')
		put_format(r, out, "%s%s", is_fact ? "" : " ", value);
}

/* IS may be null: there is no such result now. */
static void
add_result(
    struct report *r, const struct report_server *server, const json_t *was, const json_t *is)
{
	bool is_told = is != NULL && strcmp(text_of(is, "verdict"), "unknown") != 0;
	struct change *change = add_change(r, server, is_told);

	if (change == NULL)
		return;
	put_text(r, &change->what, shown_of(was, "id"));
	if (*text_of(was, "about") != '\0')
		put_format(r, &change->what, " %s", shown_of(was, "about"));
	describe(r, &change->was, was);
	describe(r, &change->is, is);
}

/* The id, what it is about, and which of several alike. */
static const char *
make_key(struct report *r, struct str *key, const json_t *res, const json_t *known)
{
	size_t len;

	str_clear(key);
	put_format(r, key, "%s\n%s", text_of(res, "id"), text_of(res, "about"));
	len = key->len;
	for (unsigned n = 2; known != NULL && json_object_get(known, key->data) != NULL; n++) {
		str_truncate(key, len);
		put_format(r, key, "\n%u", n);
	}
	return key->data;
}

static bool
is_compared(const json_t *res)
{
	const struct report_kind *kind = report_kind(slice_of(text_of(res, "id")));

	return kind != NULL && !kind->varies && strcmp(text_of(res, "verdict"), "unknown") != 0;
}

/* An object with the results of ARRAY by their keys; its owner is the caller. */
static json_t *
index_results(struct report *r, const json_t *array)
{
	json_t *known = json_object(), *res;
	struct str key;
	size_t i;

	str_init(&key, KEY_CAP);
	json_array_foreach(array, i, res) if (json_object_set(known, make_key(r, &key, res, known),
						  res) == -1) r->has_failed = true;
	str_free(&key);
	return known;
}

static void
compare_results(struct report *r, const struct report_server *server, const json_t *past,
    const struct report_results *results)
{
	json_t *now = json_results(r, results), *is = index_results(r, now);
	json_t *was = index_results(r, past), *old;
	const char *key;

	json_object_foreach(was, key, old)
	{
		const json_t *one = json_object_get(is, key);

		if (!is_compared(old))
			continue;
		if (one == NULL || strcmp(text_of(one, "verdict"), text_of(old, "verdict")) != 0 ||
		    strcmp(text_of(one, "value"), text_of(old, "value")) != 0)
			add_result(r, server, old, one);
	}
	json_decref(was);
	json_decref(is);
	json_decref(now);
}

/* The same by name and address. */
static bool
is_server(const json_t *past, const struct report_server *server)
{
	json_t *name = json_text(str_slice(&server->name));
	json_t *address = json_text(str_slice(&server->address));
	bool is_same = strcmp(text_of(past, "name"), json_string_value(name)) == 0 &&
		       strcmp(text_of(past, "address"), json_string_value(address)) == 0;

	json_decref(name);
	json_decref(address);
	return is_same;
}

static void
add_server(struct report *r, const char *name, const char *address, const char *was, const char *is)
{
	struct change *change = add_change(r, NULL, target_reached(r->target) == REACHED);

	if (change == NULL)
		return;
	put_format(r, &change->what, "server %s%s%s", name, *name == '\0' ? "" : " ", address);
	put_text(r, &change->was, was);
	put_text(r, &change->is, is);
}

static void
compare_servers(struct report *r, const json_t *past)
{
	const struct report_target *t = r->target;
	bool *is_known = calloc(t->server_count + 1, sizeof *is_known);
	const json_t *old;
	size_t i;

	if (is_known == NULL) {
		r->has_failed = true;
		return;
	}
	json_array_foreach(past, i, old)
	{
		size_t n = 0;

		while (n < t->server_count && !is_server(old, t->servers[n]))
			n++;
		is_known[n] = true;
		if (n < t->server_count)
			compare_results(r, t->servers[n], json_object_get(old, "results"),
			    &t->servers[n]->results);
		else
			add_server(
			    r, shown_of(old, "name"), shown_of(old, "address"), "there", "gone");
	}
	for (i = 0; i < t->server_count; i++)
		if (!is_known[i])
			add_server(r, t->servers[i]->name.data, t->servers[i]->address.data,
			    "not there", "new");
	free(is_known);
}

/* What the same command found of TARGET; the last, where the file has several. */
static const json_t *
find_target(const struct report *r)
{
	const char *command = r->command == NULL ? "look" : r->command;
	json_t *name = json_text(str_slice(&r->target->name));
	const json_t *found = NULL, *one;
	size_t i;

	json_array_foreach(r->past->targets, i,
	    one) if (strcmp(text_of(one, "target"), json_string_value(name)) == 0 &&
		     strcmp(text_of(one, "command"), command) == 0) found = one;
	json_decref(name);
	return found;
}

static void
clear_changes(struct report_past *past)
{
	for (size_t i = 0; i < past->count; i++) {
		str_free(&past->list[i].what);
		str_free(&past->list[i].was);
		str_free(&past->list[i].is);
	}
	past->count = past->changed = past->not_told = 0;
}

void
diff_target(struct report *r)
{
	const json_t *past = find_target(r);
	struct change *change;

	clear_changes(r->past);
	if (past != NULL) {
		compare_results(r, NULL, json_object_get(past, "results"), &r->target->results);
		compare_servers(r, json_object_get(past, "servers"));
		return;
	}
	change = add_change(r, NULL, false);
	if (change == NULL)
		return;
	put_text(r, &change->what, "everything");
	put_text(r, &change->was, "not in the file");
	put_text(r, &change->is, "could not tell");
}

void
diff_free(struct report *r)
{
	if (r->past == NULL)
		return;
	clear_changes(r->past);
	free(r->past->list);
	json_decref(r->past->targets);
	free(r->past);
	r->past = NULL;
}
