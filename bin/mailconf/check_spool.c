/* SPDX-License-Identifier: ISC */
/* The spool as spool(5) wants it, the users of the parts, and the rights of the programs. */
#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/helper.h"
#include "check.h"
#include "conf/alias.h"
#include "spool/make.h"
#include "spool/spool.h"

#define OTHERS (S_IRWXG | S_IRWXO)
#define WRITERS (S_IWGRP | S_IWOTH)

static void
check_part(struct checks *k, const struct make_part *part)
{
	mode_t forbidden = (part->mode & OTHERS) == 0 ? OTHERS : WRITERS;
	char path[4096];
	struct stat st;

	snprintf(path, sizeof path, "%s/%s", spool_path(), part->name);
	if (lstat(path, &st) == -1) {
		if (errno == EACCES)
			finding(k, FINDING_UNKNOWN, path, 0,
			    "this user may not look at it; run mailconf check as root");
		else
			finding(
			    k, FINDING_ERROR, path, 0, "%s; qctl init makes it", strerror(errno));
	} else if ((st.st_mode & S_IFMT) != (part->mode & S_IFMT))
		finding(k, FINDING_ERROR, path, 0,
		    "it is not what spool(5) says; move it away, and run qctl init");
	else if (st.st_uid != k->owner.uid)
		finding(k, FINDING_ERROR, path, 0, "it belongs to uid %ld, not to %s; chown it",
		    (long)st.st_uid, k->owner.name);
	else if ((st.st_mode & forbidden) != 0)
		finding(k, FINDING_ERROR, path, 0,
		    "others than %s have rights that they may not have (mode %04o); chmod %03o",
		    k->owner.name, (unsigned)st.st_mode & 07777, (unsigned)part->mode & 0777);
}

/* Who owns the folder of a helper's socket can answer in its place. */
static void
check_helper(struct checks *k, const char *name)
{
	static const struct {
		const char *name, *user;
	} services[] = {{"authd", "satchel-authd"}, {"tlsd", "satchel-tlsd"},
	    {"smtpd", "satchel-smtpd"}, {"pop3d", "satchel-pop3d"}, {"mta-sts", "satchel-sts"}};
	struct who service = k->owner;
	char path[4096];
	struct stat st;

	for (size_t i = 0; i < sizeof services / sizeof services[0]; i++)
		if (strcmp(name, services[i].name) == 0)
			who_service(k, &service, services[i].user);
	snprintf(path, sizeof path, "%s/run/%s", spool_path(), name);
	if (lstat(path, &st) == -1 || !S_ISDIR(st.st_mode))
		return;
	if (st.st_uid != 0 && st.st_uid != k->owner.uid &&
	    (!service.is_found || st.st_uid != service.uid))
		finding(k, FINDING_ERROR, path, 0,
		    "it belongs to uid %ld, who can pass for %s; chown it", (long)st.st_uid, name);
	else if ((st.st_mode & WRITERS) != 0)
		finding(k, FINDING_ERROR, path, 0,
		    "others can put a socket there, and pass for %s; chmod 755", name);
}

static void
check_helpers(struct checks *k)
{
	char path[4096];
	struct dirent *entry;
	DIR *dir;

	snprintf(path, sizeof path, "%s/run", spool_path());
	dir = opendir(path);
	if (dir == NULL)
		return; /* which check_part has said */
	while ((entry = readdir(dir)) != NULL)
		if (entry->d_name[0] != '.')
			check_helper(k, entry->d_name);
	closedir(dir);
}

void
check_spool(struct checks *k)
{
	struct stat st;

	if (!k->has_spool) {
		finding(k, FINDING_ERROR, spool_path(), 0,
		    "there is no spool, and nothing can be accepted; run qctl init");
		return;
	}
	if (stat(spool_path(), &st) == 0 && (st.st_mode & WRITERS) != 0)
		finding(k, FINDING_ERROR, spool_path(), 0,
		    "others can change it, and nothing is accepted; chmod 755");
	for (size_t i = 0; i < make_parts_count; i++)
		check_part(k, &make_parts[i]);
	check_helpers(k);
}

static void
need_user(struct checks *k, const char *file, const struct who *who, const char *why)
{
	if (!who->is_found)
		finding(k, FINDING_ERROR, file, 0,
		    "there is no user %s, %s; satchel(7), USERS, has the commands", who->name, why);
	else if (who->uid == 0)
		finding(k, FINDING_ERROR, file, 0,
		    "%s has uid 0, as whom nothing is delivered; name another user", who->name);
}

static void
need_service(struct checks *k, const char *file, const char *name, const char *why)
{
	struct who who;

	if (k->control->fd == -1 || faccessat(k->control->fd, file, F_OK, 0) == -1)
		return;
	who_service(k, &who, name);
	if (!who.is_found)
		need_user(k, file, &who, why);
}

/* The first target of TABLE that is of this KIND, or null. */
static const struct table_entry *
find_target(const struct check_table *table, enum alias_target_kind kind)
{
	for (size_t i = 0; i < table->table.count; i++) {
		struct slice rest = table->table.entries[i].value;
		struct alias_target target;

		while (alias_next_target(&rest, &target))
			if (target.kind == kind)
				return &table->table.entries[i];
	}
	return NULL;
}

void
check_users(struct checks *k)
{
	const struct check_tables *t = &k->tables;

	if (!k->is_split)
		return;
	if (find_target(&t->virtual, ALIAS_PATH) != NULL ||
	    find_target(&t->aliases, ALIAS_PATH) != NULL || t->domains.table.count > 0)
		need_user(k, "mailuser", &k->mail_user, "who owns hosted mailboxes, so mail waits");
	if (find_target(&t->virtual, ALIAS_PROGRAM) != NULL ||
	    find_target(&t->aliases, ALIAS_PROGRAM) != NULL)
		need_user(k, "programuser", &k->programs_user,
		    "as whom programs of aliases run, so mail waits");
	need_service(k, "certificates", "satchel-tlsd", "who holds the keys of TLS");
	need_service(k, "users", "satchel-authd", "who reads the passwords");
	need_service(k, "me", "satchel-smtpd", "as whom smtpd speaks with the network");
}

/* Whoever is not the spool's owner submits by the set-user-ID bit, or by the service. */
static void
check_enqueue(struct checks *k, const char *path, const struct stat *st)
{
	char run[4096];

	snprintf(run, sizeof run, "%s/run", spool_path());
	if ((st->st_mode & S_ISUID) != 0 && st->st_uid != k->owner.uid)
		finding(k, FINDING_ERROR, path, 0,
		    "it runs as uid %ld and the spool belongs to %s, so nothing is accepted; "
		    "chown %s, then chmod 4755",
		    (long)st->st_uid, k->owner.name, k->owner.name);
	else if (k->is_split && (st->st_mode & S_ISUID) == 0 && !helper_is_served(run, "enqueue"))
		finding(k, FINDING_ERROR, path, 0,
		    "nobody but %s can submit mail: it is not set-user-ID, and does not run as a "
		    "service; chown %s, then chmod 4755",
		    k->owner.name, k->owner.name);
}

static void
check_program(struct checks *k, const char *name)
{
	struct str path;
	struct stat st;

	str_init(&path, 4096);
	if (helper_program(&path, name) == -1)
		k->has_failed = k->has_failed || errno == ENOMEM;
	else if (stat(path.data, &st) == -1 || access(path.data, X_OK) == -1)
		finding(k, FINDING_ERROR, path.data, 0,
		    "%s: other programs need it; run make install, or set SATCHEL_BIN",
		    strerror(errno));
	else if ((st.st_mode & S_IWOTH) != 0)
		finding(k, FINDING_ERROR, path.data, 0,
		    "every user can change this program; chmod o-w");
	else if (strcmp(name, "enqueue") == 0 && k->has_spool)
		check_enqueue(k, path.data, &st);
	str_free(&path);
}

void
check_rights(struct checks *k)
{
	static const char *const names[] = {"enqueue", "qrun", "smtp-send", "deliver"};

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		check_program(k, names[i]);
}
