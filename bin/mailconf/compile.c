/* SPDX-License-Identifier: ISC */
/* mailconf compile: from texts to what programs look things up in. */
#include "conf/compile.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/die.h"
#include "conf/accounts.h"
#include "mailconf.h"

#define PROBLEMS_MAX ((size_t)16 << 20)

static int
count_all(const struct accounts *a, size_t *count)
{
	struct accounts_cursor cursor = {.text = {.line = 0}};
	struct table_entry entry;
	int found;

	while ((found = accounts_next(a, &cursor, &entry)) == 1)
		++*count;
	return found;
}

/* Of users and secrets: text and base become one. */
static int
fold(const struct control *c, bool is_secret, size_t *count, struct str *problems)
{
	struct accounts accounts;
	int result = is_secret ? accounts_open_secrets(&accounts, c, problems)
			       : accounts_open(&accounts, c, problems);

	if (result == 0 && accounts_exist(&accounts))
		result =
		    count_all(&accounts, count) == -1 || accounts_fold(&accounts, NULL, c) == -1
			? -1
			: 1;
	accounts_close(&accounts);
	return result;
}

static int
compile(const struct control *c, const char *name, size_t *count, struct str *problems)
{
	if (strcmp(name, "users") == 0 || strcmp(name, "secrets") == 0)
		return fold(c, name[0] == 's', count, problems);
	return compile_table(c, name, count, problems);
}

/* An exit code. */
static int
compile_one(const struct control *c, const char *name)
{
	struct str problems;
	size_t count = 0;
	int result, saved;

	str_init(&problems, PROBLEMS_MAX);
	result = compile(c, name, &count, &problems);
	saved = errno;
	if (result == 1)
		printf("%s.cdb: %zu entries\n", name, count);
	else if (result == 0)
		fprintf(stderr, "%s: there is no %s in %s\n", PROGRAM, name, c->path);
	else if (saved == EINVAL)
		fprintf(stderr, "%s%s%s: %s is not compiled; what was in force stays so\n",
		    problems.data,
		    problems.len > 0 && problems.data[problems.len - 1] != '\n' ? "\n" : "",
		    PROGRAM, name);
	else
		fprintf(stderr, "%s: unable to compile %s: %s%s%s\n", PROGRAM, name, problems.data,
		    problems.len > 0 ? ": " : "", strerror(saved));
	str_free(&problems);
	if (result == 1)
		return EXIT_DONE;
	return result == 0 || saved == EINVAL || saved == EFBIG ? EXIT_PERMANENT : EXIT_TEMPORARY;
}

/* Held until the program ends. */
static void
lock(const struct control *c)
{
	if (c->fd != -1 && control_lock(c) == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to lock %s/%s", c->path, CONTROL_LOCK);
}

int
compile_tables(const struct control *c, char **names, size_t count)
{
	int worst = EXIT_DONE;

	for (size_t i = 0; i < count; i++)
		if (!compile_knows(names[i]) && strcmp(names[i], "users") != 0 &&
		    strcmp(names[i], "secrets") != 0)
			die(PROGRAM, EXIT_PERMANENT, "%s is no table that can be compiled",
			    names[i]);
	lock(c);
	for (size_t i = 0; i < count; i++) {
		int code = compile_one(c, names[i]);

		if (code == EXIT_PERMANENT || worst == EXIT_DONE)
			worst = code;
	}
	if (fflush(stdout) != 0)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to write");
	return worst;
}
