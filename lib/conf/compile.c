/* SPDX-License-Identifier: ISC */
#include "conf/compile.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "conf/alias.h"
#include "conf/cdb_writer.h"
#include "conf/rewriting.h"
#include "conf/routes.h"

#define NAME_LEN_MAX 256
#define MODE 0644 /* as who reads the texts reads these */

const char *const compile_names[] = {"aliases", "virtual", "domains", "locals", "relaydomains",
    "routes", "senderroutes", "lists", "addressmap", NULL};

/* That of sendmail, whose senders have no route. */
static const struct routes_file addressmap = {"addressmap", TABLE_PAIRS, rewriting_check};

static const struct routes_file *
find_file(const char *name)
{
	return strcmp(name, addressmap.name) == 0 ? &addressmap : routes_file_find(name);
}

bool
compile_knows(const char *name)
{
	for (const char *const *one = compile_names; *one != NULL; one++)
		if (strcmp(name, *one) == 0)
			return true;
	return false;
}

/* What is being compiled. */
struct compilation {
	const struct control *control;
	const struct routes_file *file;
	const char *text_name; /* of the text: "aliases", "/etc/aliases" */
	struct table table;
	struct forms forms;
	struct str *problems;
};

/* The whole text, with all that is wrong in it told: 1, 0 or -1. */
static int
read_text(struct compilation *k)
{
	struct str text;
	int found;

	str_init(&text, CONTROL_FILE_MAX);
	k->text_name = k->file->name;
	found = strcmp(k->file->name, "aliases") == 0
		    ? routes_aliases_text(k->control, &text, &k->text_name)
		    : control_read(k->control, k->file->name, &text);
	if (found == 1 &&
	    table_make_telling(&k->table, k->text_name, &text, k->file->form, k->problems) == -1)
		found = -1;
	else if (found == -1)
		(void)str_add_text(k->problems, k->text_name);
	str_free(&text);
	return found;
}

/* Null, or what is wrong with the targets of an alias or a hosted address. */
static const char *
check_targets(const struct compilation *k, struct slice value)
{
	if (!slice_starts_nocase(value, ROUTE_TARGET_LMTP))
		return alias_check_value(value);
	/* of virtual it was looked at with the rest */
	return strcmp(k->file->name, "aliases") == 0 ? routes_lmtp_problem(value) : NULL;
}

static int
check_values(struct compilation *k)
{
	bool has_targets =
	    strcmp(k->file->name, "aliases") == 0 || strcmp(k->file->name, "virtual") == 0;
	int result = 0;

	for (size_t i = 0; has_targets && i < k->table.count; i++) {
		const struct table_entry *e = &k->table.entries[i];
		const char *cause = check_targets(k, e->value);

		if (cause == NULL && strcmp(k->file->name, "aliases") == 0)
			cause = alias_check_key(e->key);
		if (cause != NULL)
			result = table_tell(k->problems, k->text_name, slice_of(k->table.text),
			    e->key, "%s", cause);
	}
	return result;
}

/* Both forms of each domain, as in the table that is read from a text, where that is so. */
static int
expand(struct compilation *k)
{
	int found;

	if (strcmp(k->file->name, "aliases") == 0 || k->file == &addressmap)
		return 0;
	found = forms_read(&k->forms, k->control, k->problems);
	if (found == -1 && k->problems->len == 0)
		(void)str_add_text(k->problems, "idn");
	return found == 1 ? forms_expand(&k->forms, &k->table) : found;
}

static int
add_lower(struct cdb_writer *w, const char *mark, struct slice key, struct slice value)
{
	char lower[CDB_KEY_MAX];
	size_t len = strlen(mark);

	if (len + key.len > sizeof lower) {
		errno = EMSGSIZE;
		return -1;
	}
	memcpy(lower, mark, len);
	for (size_t i = 0; i < key.len; i++)
		lower[len + i] = ascii_lower(key.data[i]);
	return cdb_writer_add(w, slice_make(lower, len + key.len), value);
}

static int
add_entries(const struct table *t, struct cdb_writer *w)
{
	for (size_t i = 0; i < t->count; i++) {
		struct slice key = t->entries[i].key;

		/* a list may have a line twice */
		if (i > 0 && slice_equal_nocase(key, t->entries[i - 1].key))
			continue;
		if (add_lower(w, "", key, t->entries[i].value) == -1)
			return -1;
	}
	return 0;
}

static int
add_domains(const struct table *virtual, struct cdb_writer *w)
{
	struct table hosted = {.cdb = NULL};
	int result = routes_collect_domains(virtual, &hosted);

	for (size_t i = 0; result == 0 && i < hosted.count; i++) {
		struct slice domain = hosted.entries[i].key;

		if (i == 0 || !slice_equal_nocase(domain, hosted.entries[i - 1].key))
			result = add_lower(w, ROUTES_MARK_HOST, domain, slice_of(""));
	}
	table_free(&hosted);
	return result;
}

/* What whoever reads the text finds out by going through all of it. */
static int
add_marks(const struct compilation *k, struct cdb_writer *w)
{
	const char *name = k->file->name;

	if (strcmp(name, "virtual") == 0)
		return add_domains(&k->table, w);
	if (strcmp(name, "locals") == 0)
		return add_lower(w, ROUTES_MARK_OWN, slice_of(""), routes_first_domain(&k->table));
	if (strcmp(name, "routes") == 0 && routes_have_patterns(&k->table))
		return add_lower(w, ROUTES_MARK_PATTERNS, slice_of(""), slice_of(""));
	return 0;
}

static int
write_cdb(struct compilation *k)
{
	char name[NAME_LEN_MAX];
	struct cdb_writer *w;

	(void)snprintf(name, sizeof name, "%s.cdb", k->file->name);
	w = cdb_writer_open(k->control, name, MODE);
	if (w != NULL && (add_entries(&k->table, w) == -1 || add_marks(k, w) == -1)) {
		cdb_writer_abandon(w);
		w = NULL;
	}
	if (w == NULL || cdb_writer_commit(w) == -1) {
		(void)str_add_text(k->problems, name);
		return -1;
	}
	return 0;
}

/* All that is wrong is told, by one check behind the other. */
static int
check(struct compilation *k, int found)
{
	int result = found;

	if (found == -1 && errno != EINVAL)
		return -1;
	if (routes_file_check(&k->table, k->file, true, k->problems) == -1)
		result = -1;
	if (check_values(k) == -1)
		result = -1;
	if (result == -1)
		errno = EINVAL;
	return result;
}

int
compile_table(const struct control *c, const char *name, size_t *count, struct str *problems)
{
	struct compilation k = {.control = c, .file = find_file(name), .problems = problems};
	int found;

	if (k.file == NULL || !compile_knows(name)) {
		errno = ENOTSUP;
		return -1;
	}
	found = read_text(&k);
	if (found != 0)
		found = check(&k, found);
	*count = k.table.count;
	if (found == 1 && (expand(&k) == -1 || write_cdb(&k) == -1))
		found = -1;
	table_free(&k.table);
	forms_free(&k.forms);
	return found;
}
