/* SPDX-License-Identifier: ISC */
/* Control files that are no files, or too long, or whose lines are odd. */
#include "conf/control.h"

#include <sys/stat.h>

#include <errno.h>

#include "conf/table.h"
#include "scratch.h"
#include "tap.h"

static void
test_what_is_no_file(const struct control *c)
{
	char path[400];
	struct str text;

	str_init(&text, 1000);
	snprintf(path, sizeof path, "%s/folder", c->path);
	tap_is_int(mkdir(path, 0700), 0, "a folder");
	tap_ok(control_read(c, "folder", &text) == -1 && errno == EISDIR, "is none");
	rmdir(path);
	snprintf(path, sizeof path, "%s/fifo", c->path);
	tap_is_int(mkfifo(path, 0600), 0, "a FIFO without a writer");
	tap_ok(control_read(c, "fifo", &text) == -1 && errno == ENOTSUP, "is none, at once");
	scratch_write("long", "");
	snprintf(path, sizeof path, "%s/long", c->path);
	tap_is_int(truncate(path, (off_t)1 << 40), 0, "a file of a terabyte");
	tap_ok(control_read(c, "long", &text) == -1 && errno == EFBIG, "is too long");
	tap_ok(text.room == 0, "and not a byte of it is read");
	tap_is_int(truncate(path, 1000), 0, "a file");
	tap_is_int(control_read(c, "absent", &text), 0, "no file");
	str_free(&text);
}

/* Aliases of TEXT: the keys, and how many. */
static void
test_aliases(const char *text, size_t count, const char *last)
{
	struct str copy, problem;
	struct table t;

	str_init(&copy, 1000);
	str_init(&problem, 1000);
	tap_is_int(str_add_text(&copy, text), 0, "aliases");
	tap_is_int(table_make(&t, "aliases", &copy, TABLE_ALIASES, &problem), 0, "are a table");
	tap_is_int((long long)t.count, (long long)count, "of so many");
	tap_ok(table_find(&t, slice_of(last)) != NULL, "%s is there", last);
	table_free(&t);
	str_free(&copy);
	str_free(&problem);
}

int
main(void)
{
	struct control c;

	test_what_is_no_file(scratch_open(&c));
	test_aliases("a: b\r\n\r\nc: d\r\n", 2, "c");
	test_aliases("a: b,\r\n\r\n\td\r\n", 1, "a");
	test_aliases("a: b\n\rc: d\n", 2, "c");
	control_close(&c);
	scratch_remove();
	return tap_done();
}
