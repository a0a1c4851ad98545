/* SPDX-License-Identifier: ISC */
#include "check.h"

#include <sys/stat.h>

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/escape.h"
#include "conf/route.h"
#include "mailconf.h"
#include "spool/spool.h"

#define LINE_MAX_OCTETS ((size_t)4096)
#define FINDINGS_MAX 500

static void (*const all[])(struct checks *k) = {
    check_files,
    check_modes,
    check_compiled,
    check_names,
    check_me,
    check_relay,
    check_domains,
    check_keys,
    check_lists,
    check_circles,
    check_targets,
    check_routes_back,
    check_smarthosts,
    check_programs,
    check_secrets,
    check_credentials_use,
    check_certificates,
    check_users,
    check_spool,
    check_rights,
};

static int
add_place(const struct checks *k, struct str *line, const char *file, size_t number)
{
	if (file == NULL)
		return 0;
	if (file[0] != '/' && str_format(line, "%s/", k->control->path) == -1)
		return -1;
	if (str_add_text(line, file) == -1)
		return -1;
	return number == 0 ? 0 : str_format(line, ", line %zu", number);
}

/* Of a million mailboxes that are wrong in one way, not all need to be told. */
static bool
is_full(const struct checks *k)
{
	return k->counts[FINDING_ERROR] + k->counts[FINDING_WARNING] > FINDINGS_MAX;
}

static void __attribute__((format(printf, 5, 0))) add_finding(struct checks *k, enum finding level,
    const char *file, size_t number, const char *format, va_list args)
{
	static const char *const words[] = {"error", "warning", "unknown"};
	struct str line;

	k->counts[level]++;
	if (is_full(k))
		return;
	str_init(&line, LINE_MAX_OCTETS);
	/* what is too long for a line is cut */
	if (add_place(k, &line, file, number) == -1 ||
	    (file != NULL && *file != '\0' && str_add_text(&line, ": ") == -1) ||
	    str_vformat(&line, format, args) == -1)
		k->has_failed = k->has_failed || errno == ENOMEM;
	if (str_format(k->out, "%s: ", words[level]) == -1 ||
	    escape_text(k->out, str_slice(&line)) == -1 || str_add_char(k->out, '\n') == -1)
		k->has_failed = true;
	str_free(&line);
}

void
finding(
    struct checks *k, enum finding level, const char *file, size_t line, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	add_finding(k, level, file, line, format, args);
	va_end(args);
}

void
finding_entry(struct checks *k, enum finding level, const struct check_table *table,
    const struct table_entry *entry, const char *format, ...)
{
	size_t line = is_full(k) ? 0 : check_table_line(&k->tables, table, entry);
	va_list args;

	va_start(args, format);
	add_finding(k, level, table->name, line, format, args);
	va_end(args);
}

struct routes *
check_open_routes(struct checks *k)
{
	struct routes *routes;
	struct str problem;

	str_init(&problem, LINE_MAX_OCTETS);
	routes = routes_open(k->control, &problem);
	/* what is damaged, check_compiled says: all else is looked at */
	if (routes == NULL || routes_read_lists(routes) == -1)
		k->has_failed = k->has_failed || errno == ENOMEM;
	str_free(&problem);
	return routes;
}

static void
find_user_of(const struct checks *k, const char *file, const char *preset, struct who *who)
{
	struct str line;

	str_init(&line, LINE_MAX_OCTETS);
	if (control_line(k->control, file, &line) == 1)
		who_find(who, str_slice(&line));
	else
		who_find(who, slice_of(preset));
	str_free(&line);
}

bool
checks_is_split(const struct control *c)
{
	struct stat spool, settings;

	if (stat(spool_path(), &spool) == -1 || spool.st_uid == 0)
		return false;
	return c->fd == -1 || (fstat(c->fd, &settings) == 0 && settings.st_uid == 0);
}

static void
find_users(struct checks *k)
{
	struct stat spool;

	k->has_spool = stat(spool_path(), &spool) == 0 && S_ISDIR(spool.st_mode);
	who_of(&k->owner, k->has_spool ? spool.st_uid : geteuid());
	k->is_split = k->has_spool && checks_is_split(k->control);
	k->mail_user = k->programs_user = k->owner;
	if (!k->is_split)
		return;
	find_user_of(k, "mailuser", CONTROL_MAILUSER, &k->mail_user);
	find_user_of(k, "programuser", CONTROL_PROGRAMUSER, &k->programs_user);
}

static void
add_unseen(struct checks *k)
{
	if (k->unseen_paths > 0)
		finding(k, FINDING_UNKNOWN, k->unseen.data, 0,
		    "this user cannot tell who may use it%s; run mailconf check as root",
		    k->unseen_paths > 1 ? ", nor some others" : "");
}

int
checks_run(struct checks *k, const struct control *c, struct str *out, bool asks_dns)
{
	*k = (struct checks){.control = c, .out = out, .asks_dns = asks_dns};
	str_init(&k->unseen, LINE_MAX_OCTETS);
	find_users(k);
	k->has_failed = check_tables_read(&k->tables, c) == -1;
	for (size_t i = 0; i < sizeof all / sizeof all[0] && !k->has_failed; i++)
		all[i](k);
	add_unseen(k);
	if (is_full(k) && str_format(out, "error: and so on: %zu in all\n",
			      k->counts[FINDING_ERROR] + k->counts[FINDING_WARNING]) == -1)
		k->has_failed = true;
	check_tables_free(&k->tables);
	str_free(&k->unseen);
	return k->has_failed ? -1 : 0;
}
