/* SPDX-License-Identifier: ISC */
#include "net/tls_certificates.h"

#include <errno.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>

#include "net/tls_pair.h"

#define FILE_NAME "certificates"
#define FILES_MAX 8 /* of one name */
#define PROBLEM_MAX ((size_t)1000)

void
tls_add_error(struct str *out, const char *cause)
{
	unsigned long code = ERR_peek_last_error();
	const char *reason = code == 0 ? NULL : ERR_reason_error_string(code);

	(void)str_add_text(out, reason == NULL ? cause : reason);
	ERR_clear_error();
}

/* The files of one line: 0, or -1 with ENOMEM, or EINVAL for too many or a name without "/". */
static int
take_files(struct tls_name *name, struct slice value)
{
	struct slice word;

	name->files = calloc(FILES_MAX, sizeof *name->files);
	if (name->files == NULL)
		return -1;
	while (slice_word(&value, &word)) {
		if (name->file_count == FILES_MAX || !slice_starts(word, "/")) {
			errno = EINVAL;
			return -1;
		}
		name->files[name->file_count].path = strndup(word.data, word.len);
		if (name->files[name->file_count].path == NULL)
			return -1;
		name->file_count++;
	}
	return 0;
}

int
tls_certificates_read(struct tls_certificates *all, const struct control *c, struct str *problem)
{
	struct table *table = &all->table;

	*all = (struct tls_certificates){.report = NULL};
	if (table_read(table, c, FILE_NAME, TABLE_PAIRS, problem) == -1)
		return -1;
	all->names = calloc(table->count + 1, sizeof *all->names);
	if (all->names == NULL)
		return -1;
	for (size_t i = 0; i < table->count; i++) {
		struct tls_name *name = &all->names[i];

		name->name = table->entries[i].key;
		if (slice_is(name->name, "*"))
			all->fallback = name;
		if (take_files(name, table->entries[i].value) == 0)
			continue;
		return errno != EINVAL
			   ? -1
			   : table_complain(problem, FILE_NAME, slice_of(table->text), name->name,
				 "one to eight full names of files are expected");
	}
	if (all->fallback != NULL)
		return 0;
	(void)str_add_text(
	    problem, table->count == 0 ? FILE_NAME
			 ": there is none, so there is no TLS; name one: \"*: /FULL/NAME.pem\""
				       : FILE_NAME ": a line for * is expected");
	errno = EINVAL;
	return -1;
}

void
tls_certificates_free(struct tls_certificates *all)
{
	for (size_t i = 0; all->names != NULL && i < all->table.count; i++) {
		struct tls_name *name = &all->names[i];

		tls_pairs_free(name->pairs, name->pair_count);
		for (size_t k = 0; k < name->file_count; k++)
			free(name->files[k].path);
		free(name->files);
	}
	free(all->names);
	table_free(&all->table);
	*all = (struct tls_certificates){.report = NULL};
}

void
tls_certificates_forget_keys(struct tls_certificates *all)
{
	for (size_t i = 0; i < all->table.count; i++)
		for (size_t k = 0; k < all->names[i].pair_count; k++) {
			EVP_PKEY_free(all->names[i].pairs[k].key);
			all->names[i].pairs[k].key = NULL;
		}
}

/* In place of what there was, unless the files are wrong. */
static int
load(struct tls_name *name, struct str *problem)
{
	struct tls_pair pairs[TLS_PAIRS_MAX] = {{.key = NULL}};
	size_t count = tls_pairs_read(pairs, name->files, name->file_count, problem);

	if (count == 0)
		return -1;
	tls_pairs_free(name->pairs, name->pair_count);
	memcpy(name->pairs, pairs, sizeof pairs);
	name->pair_count = count;
	return 0;
}

int
tls_certificates_load(struct tls_certificates *all, struct str *problem)
{
	return load(all->fallback, problem);
}

static bool
is_changed(const struct tls_name *name)
{
	for (size_t i = 0; i < name->file_count; i++)
		if (tls_file_is_changed(&name->files[i]))
			return true;
	return false;
}

static void
refresh(struct tls_certificates *all, struct tls_name *name)
{
	struct str problem;

	if (!is_changed(name))
		return;
	str_init(&problem, PROBLEM_MAX);
	if (load(name, &problem) == -1 && all->report != NULL)
		all->report(all->context, problem.data);
	str_free(&problem);
}

void
tls_certificates_refresh(struct tls_certificates *all)
{
	for (size_t i = 0; i < all->table.count; i++)
		refresh(all, &all->names[i]);
}

const struct tls_name *
tls_certificates_find(struct tls_certificates *all, const char *server_name)
{
	const struct table_entry *entry = table_find_domain(&all->table, slice_of(server_name));
	struct tls_name *name =
	    entry == NULL ? all->fallback : &all->names[entry - all->table.entries];

	refresh(all, name);
	if (name->pair_count == 0 && name != all->fallback) {
		name = all->fallback;
		refresh(all, name);
	}
	return name->pair_count == 0 ? NULL : name;
}
