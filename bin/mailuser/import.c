/* SPDX-License-Identifier: ISC */
/* mailuser import: reads the other server's file (mailuser(8), Imports). */
#include "import.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/die.h"
#include "base/io.h"
#include "base/utf8.h"
#include "box.h"
#include "conf/limits.h"
#include "domain.h"

#define FILE_MAX ((size_t)2 << 30)

static void
read_file(const char *path, struct str *text)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	ssize_t n = 1;

	str_init(text, FILE_MAX);
	if (fd == -1 || fstat(fd, &st) == -1)
		die_errno(PROGRAM, EXIT_PERMANENT, "unable to open %s", path);
	/* all at once, as far as that is known: hashes that grow leave copies behind */
	if (S_ISREG(st.st_mode) && st.st_size > 0 && (uint64_t)st.st_size < FILE_MAX &&
	    str_reserve(text, (size_t)st.st_size + 1) == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to read %s", path);
	while (n > 0) {
		char block[65536];

		n = io_read(fd, block, sizeof block, DEADLINE_NEVER);
		if (n == -1 || (n > 0 && str_add(text, block, (size_t)n) == -1))
			die_errno(PROGRAM, EXIT_TEMPORARY, "unable to read %s", path);
	}
	io_close(fd);
}

/* What the file says goes to a terminal, perhaps. */
static void
complain(struct batch *b, const char *path, const char *problem)
{
	struct slice rest = slice_of(problem);

	b->wrong_count++;
	fprintf(stderr, "%s:%zu: ", path, b->import.line);
	while (rest.len > 0) {
		size_t len = utf8_sequence(rest);
		bool is_plain = len > 0 && !slice_has_control(slice_make(rest.data, len));

		fprintf(stderr, "%.*s", is_plain ? (int)len : 1, is_plain ? rest.data : "?");
		rest = slice_skip(rest, len > 0 ? len : 1);
	}
	fputc('\n', stderr);
}

static void
read_entries(struct batch *b, const char *path)
{
	enum import_kind kind;

	while ((kind = import_next(&b->import)) != IMPORT_END) {
		const char *problem = b->import.problem.data;

		if (kind == IMPORT_FAILED)
			die_errno(PROGRAM, EXIT_TEMPORARY, "unable to read %s", path);
		if (kind == IMPORT_ACCOUNT)
			problem = batch_add_account(b);
		else if (kind == IMPORT_TARGETS)
			problem = batch_add_targets(b);
		else if (kind == IMPORT_DOMAIN)
			problem = batch_add_domain(b, str_slice(&b->import.name));
		if (problem != NULL)
			complain(b, path, problem);
	}
}

/* The keys of virtual: none can come twice. */
static void
read_virtual(struct batch *b, const struct control *c)
{
	struct str problem;
	struct table t;

	str_init(&problem, LINE_CAP);
	if (table_read(&t, c, "virtual", TABLE_PAIRS, &problem) == -1)
		die(PROGRAM, EXIT_PERMANENT, "unable to read %s/%s", c->path,
		    problem.len > 0 ? problem.data : "virtual");
	for (size_t i = 0; i < t.count; i++)
		if (!names_add(&b->addresses, t.entries[i].key, 0))
			die_errno(PROGRAM, EXIT_TEMPORARY, "unable to hold virtual");
	table_free(&t);
	str_free(&problem);
}

static void
batch_init(struct batch *b, const struct options *o, struct books *books)
{
	*b = (struct batch){.options = o, .books = books};
	str_init(&b->users, FILE_MAX);
	str_init(&b->secrets, FILE_MAX);
	str_init(&b->virtual, FILE_MAX);
	str_init(&b->domains, FILE_MAX);
	names_init(&b->accounts);
	names_init(&b->addresses);
	names_init(&b->places);
	box_root(&o->control, &b->root);
}

static void
batch_free(struct batch *b)
{
	import_free(&b->import);
	str_free(&b->users);
	str_wipe(&b->secrets);
	str_free(&b->virtual);
	str_free(&b->domains);
	str_free(&b->root);
	names_free(&b->accounts);
	names_free(&b->addresses);
	names_free(&b->places);
}

int
command_import(struct options *o)
{
	struct slice domain = slice_of(o->domain);
	enum import_format format;
	struct books books;
	struct batch b;
	struct str text;
	bool is_done;

	if (!import_find_format(slice_of(o->words[0]), &format))
		wrong_usage("formats are dovecot, postfix-mailbox, postfix-virtual and vpopmail");
	read_file(o->words[1], &text);
	books_open(&books, &o->control);
	batch_init(&b, o, &books);
	import_start(&b.import, format, str_slice(&text), domain);
	if (format == IMPORT_POSTFIX_VIRTUAL)
		read_virtual(&b, &o->control);
	read_entries(&b, o->words[1]);
	is_done = b.wrong_count == 0 || o->skip;
	if (is_done && !o->dry_run)
		batch_write(&b);
	printf("%s%zu accounts, %zu addresses, %zu domains\n",
	    !is_done	 ? "nothing imported of "
	    : o->dry_run ? "to be imported: "
			 : "imported: ",
	    b.account_count, b.address_count, b.domain_count);
	str_wipe(&text);
	is_done = b.wrong_count == 0;
	batch_free(&b);
	books_close(&books);
	return is_done ? EXIT_DONE : EXIT_PERMANENT;
}
