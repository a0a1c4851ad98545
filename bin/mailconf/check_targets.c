/* SPDX-License-Identifier: ISC */
/* What aliases and hosted addresses name: it must be there, or be made, by whom it is written. */
#include <sys/stat.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "conf/alias.h"

struct place { /* an entry, for what is said of its targets */
	struct checks *k;
	const struct check_table *table;
	const struct table_entry *entry;
	struct str path;
};

/* Cuts the last name off PATH, and slashes before it. False for "/". */
static bool
cut(struct str *path)
{
	while (path->len > 1 && path->data[path->len - 1] == '/')
		str_truncate(path, path->len - 1);
	while (path->len > 1 && path->data[path->len - 1] != '/')
		str_truncate(path, path->len - 1);
	return path->len > 1;
}

static void
complain_user(struct place *p, const struct who *who)
{
	finding_entry(p->k, FINDING_ERROR, p->table, p->entry,
	    "%s cannot write %s (%s), so mail waits; make its folder for that user", who->name,
	    p->path.data, strerror(errno));
}

/* As deliver makes it: the folder itself, and one above it. */
static void
check_parents(struct place *p, const struct who *who, bool is_folder)
{
	struct str parent;
	enum can can = CANNOT;

	str_init(&parent, 4096);
	if (str_add_slice(&parent, str_slice(&p->path)) == -1)
		p->k->has_failed = true;
	errno = ENOENT;
	for (int i = is_folder ? 0 : 1; i < 2 && can == CANNOT && errno == ENOENT; i++) {
		if (!cut(&parent))
			break;
		can = who_can(p->k, who, parent.data, W_OK | X_OK);
	}
	if (can == CANNOT)
		complain_user(p, who);
	str_free(&parent);
}

static void
check_owner(struct place *p, const struct who *who)
{
	struct stat st;

	if (lstat(p->path.data, &st) == 0 && st.st_uid != who->uid && who->is_found)
		finding_entry(p->k, FINDING_ERROR, p->table, p->entry,
		    "%s belongs to uid %ld and not to %s, so mail waits; chown it", p->path.data,
		    (long)st.st_uid, who->name);
}

static void
check_path(struct place *p, const struct who *who)
{
	bool is_folder = p->path.len > 0 && p->path.data[p->path.len - 1] == '/';
	int mode = is_folder ? W_OK | X_OK : W_OK;
	enum can can = who_can(p->k, who, p->path.data, mode);

	if (can == CANNOT && errno == ENOENT)
		check_parents(p, who, is_folder);
	else if (can == CANNOT)
		complain_user(p, who);
	else if (can == CAN) {
		while (p->path.len > 1 && p->path.data[p->path.len - 1] == '/')
			str_truncate(&p->path, p->path.len - 1);
		check_owner(p, who);
	}
}

static void
check_program(struct place *p)
{
	struct slice rest = str_slice(&p->path), word;
	struct str program;

	str_init(&program, 4096);
	if (slice_word(&rest, &word) && word.data[0] == '/' && str_add_slice(&program, word) == 0 &&
	    who_can(p->k, &p->k->programs_user, program.data, X_OK) == CANNOT)
		finding_entry(p->k, FINDING_ERROR, p->table, p->entry,
		    "%s cannot run the program %s (%s), so mail waits", p->k->programs_user.name,
		    program.data, strerror(errno));
	str_free(&program);
}

/* What is wrong with the file itself, check_circles finds; this is about who reads it. */
static void
check_include(struct place *p)
{
	if (access(p->path.data, R_OK) == 0 &&
	    who_can(p->k, &p->k->mail_user, p->path.data, R_OK) == CANNOT)
		finding_entry(p->k, FINDING_ERROR, p->table, p->entry,
		    "%s cannot read the list %s (%s), so mail waits", p->k->mail_user.name,
		    p->path.data, strerror(errno));
}

static void
take(struct place *p, const struct alias_target *target)
{
	str_clear(&p->path);
	if (alias_add_text(target, &p->path) == -1 && errno == ENOMEM)
		p->k->has_failed = true;
}

static void
check_target(struct place *p, const struct alias_target *target)
{
	switch (target->kind) {
	case ALIAS_PATH:
		take(p, target);
		check_path(p, &p->k->mail_user);
		break;
	case ALIAS_PROGRAM:
		take(p, target);
		check_program(p);
		break;
	case ALIAS_INCLUDE:
		take(p, target);
		check_include(p);
		break;
	default:
		break;
	}
}

static void
check_values(struct checks *k, const struct check_table *table)
{
	struct place p = {.k = k, .table = table};

	str_init(&p.path, 4096);
	for (size_t i = 0; i < table->table.count; i++) {
		struct slice rest = table->table.entries[i].value;
		struct alias_target target;

		p.entry = &table->table.entries[i];
		while (alias_next_target(&rest, &target))
			check_target(&p, &target);
	}
	str_free(&p.path);
}

/* "[disabled] [/path/] [quota=...]" */
static void
check_mailboxes(struct checks *k)
{
	struct place p = {.k = k, .table = &k->tables.users};

	str_init(&p.path, 4096);
	for (size_t i = 0; i < p.table->table.count; i++) {
		struct slice rest = p.table->table.entries[i].value, word;

		p.entry = &p.table->table.entries[i];
		while (slice_word(&rest, &word))
			if (word.data[0] == '/') {
				take(&p, &(struct alias_target){.text = word});
				check_path(&p, &k->mail_user);
			}
	}
	str_free(&p.path);
}

void
check_targets(struct checks *k)
{
	check_values(k, &k->tables.aliases);
	check_values(k, &k->tables.virtual);
	check_mailboxes(k);
}
