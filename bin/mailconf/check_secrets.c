/* SPDX-License-Identifier: ISC */
/* What nobody but its reader may read: passwords of logins here, and of this host elsewhere. */
#include <sys/stat.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "files.h"
#include "net/credentials.h"

/* Who reads it; those not named are the spool owner's. */
static const struct {
	const char *file, *service;
	bool is_shared; /* with a group */
} readers[] = {{"secrets", "satchel-authd", false}, {"secrets.cdb", "satchel-authd", false},
    {"srs-keys", "satchel-smtpd", true}};

static void
find_reader(const struct checks *k, const char *name, struct who *who)
{
	*who = k->owner;
	for (size_t i = 0; i < sizeof readers / sizeof readers[0]; i++)
		if (strcmp(readers[i].file, name) == 0)
			who_service(k, who, readers[i].service);
}

static mode_t
forbidden_of(const char *name)
{
	for (size_t i = 0; i < sizeof readers / sizeof readers[0]; i++)
		if (strcmp(readers[i].file, name) == 0 && readers[i].is_shared)
			return S_IWGRP | S_IRWXO;
	return S_IRWXG | S_IRWXO;
}

/* One that two users read: the spool's owner owns it, the other has it by the group. */
static void
check_shared(struct checks *k, const char *name, const char *path, const struct who *reader)
{
	const struct who *lacks = &k->owner;

	if (!lacks->is_found || who_can(k, lacks, path, R_OK) != CANNOT)
		lacks = reader->is_found ? reader : NULL;
	if (lacks == NULL || who_can(k, lacks, path, R_OK) != CANNOT)
		return;
	if (reader->uid == k->owner.uid)
		finding(k, FINDING_ERROR, name, 0,
		    "%s, who needs it, cannot read it (%s); chown %s and chmod 600", lacks->name,
		    strerror(errno), lacks->name);
	else
		finding(k, FINDING_ERROR, name, 0,
		    "%s, who needs it, cannot read it (%s); chown %s:%s and chmod 640", lacks->name,
		    strerror(errno), k->owner.name, reader->name);
}

static void
check_secret(struct checks *k, const char *name)
{
	mode_t forbidden = forbidden_of(name);
	struct who reader;
	struct stat st;
	char path[4096];

	if (k->control->fd == -1 || fstatat(k->control->fd, name, &st, 0) == -1)
		return;
	if ((st.st_mode & forbidden) != 0)
		finding(k, FINDING_ERROR, name, 0,
		    "others than its owner have a right on these secrets (mode %04o), and it is "
		    "not used; chmod %s",
		    (unsigned)st.st_mode & 07777, (forbidden & S_IRGRP) == 0 ? "640" : "600");
	find_reader(k, name, &reader);
	snprintf(path, sizeof path, "%s/%s", k->control->path, name);
	/* a reader who is missing is another check's */
	if ((forbidden & S_IRGRP) == 0)
		check_shared(k, name, path, &reader);
	else if (reader.is_found && who_can(k, &reader, path, R_OK) == CANNOT)
		finding(k, FINDING_ERROR, name, 0,
		    "%s, who needs it, cannot read it (%s); chown %s", reader.name, strerror(errno),
		    reader.name);
}

void
check_secrets(struct checks *k)
{
	char name[64];

	for (size_t i = 0; i < files_count; i++)
		if (files[i].form == FILE_SECRET) {
			check_secret(k, files[i].name);
			snprintf(name, sizeof name, "%s.cdb", files[i].name);
			check_secret(k, name);
		}
}

static void
check_credential(struct checks *k, const struct credentials *all, const struct credential *one)
{
	struct slice word, command = one->command;
	char path[4096];

	if (one->is_none)
		return;
	if (one->is_insecure)
		finding(k, FINDING_WARNING, "credentials", credentials_line(all, one),
		    "with \"insecure\", this login is told to whoever answers, without TLS too");
	if (!slice_word(&command, &word))
		return;
	snprintf(path, sizeof path, "%.*s", (int)word.len, word.data);
	if (who_can(k, &k->owner, path, X_OK) == CANNOT)
		finding(k, FINDING_ERROR, "credentials", credentials_line(all, one),
		    "%s cannot run the program %s (%s), so mail waits", k->owner.name, path,
		    strerror(errno));
}

static void
check_plaintext(struct checks *k)
{
	struct table table;
	struct str problem;
	const struct table_entry *e;

	str_init(&problem, 4096);
	if (table_read(&table, k->control, "authentication", TABLE_PAIRS, &problem) == 1) {
		e = table_find(&table, slice_of("plaintext"));
		if (e != NULL && slice_is_nocase(e->value, "yes"))
			finding(k, FINDING_WARNING, "authentication", table_line(&table, e),
			    "passwords may cross the network without TLS; remove this line where "
			    "clients can do TLS");
		table_free(&table);
	}
	str_free(&problem);
}

void
check_credentials_use(struct checks *k)
{
	struct credentials all;
	struct str problem;

	str_init(&problem, 4096);
	if (credentials_read(&all, k->control, &problem) == 0)
		for (size_t i = 0; i < all.count; i++)
			check_credential(k, &all, &all.list[i]);
	credentials_free(&all);
	str_free(&problem);
	check_plaintext(k);
}
