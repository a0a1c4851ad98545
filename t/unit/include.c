/* SPDX-License-Identifier: ISC */
/* The files of a list's members: what is one, and what is refused. */
#include "conf/include.h"

#include <sys/stat.h>

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "scratch.h"
#include "tap.h"

static const struct {
	const char *text;
	const char *found; /* a word each: its line, and what it is */
} cases[] = {
    {"", ""},
    {"joe@example.org\n", "1:joe@example.org "},
    {"joe@example.org", "1:joe@example.org "},
    {"joe@example.org\r\nann@example.org\r\n", "1:joe@example.org 2:ann@example.org "},
    {"# a list\n\n  \t\n  joe@example.org  # since May\n", "4:joe@example.org "},
    {"#joe@example.org\na#b@example.org\n", "2:a#b@example.org "},
    {"joe\n", "1:joe "},
    {"joe@example.org, ann@example.org,,\nbob@example.org\n",
	"1:joe@example.org 1:ann@example.org 2:bob@example.org "},
    {"Joe Smith <joe@example.org>\n", "1:joe@example.org "},
    {"\"Smith, # Joe\" <joe@example.org>, bob@example.org\n",
	"1:joe@example.org 1:bob@example.org "},
    {"joe@example.org (Joe, at home)\n", "1:joe@example.org "},
    {"<joe@example.org>\n", "1:joe@example.org "},
    {"\"a b\"@example.org\n", "1:\"a b\"@example.org "},
    {"j\xc3\xb6@b\xc3\xbc"
     "cher.example\n",
	"1:j\xc3\xb6@b\xc3\xbc"
	"cher.example "},
    {":include:/etc/list\n", "1:FILE:/etc/list "},
    {":INCLUDE: /etc/a, b\n", "1:FILE:/etc/a, b "},
    {"\":include:/etc/list\"\njoe\n", "1:FILE:/etc/list 2:joe "},
    {":include:list\njoe\n", "1:BAD 2:joe "},
    {":include:\njoe\n", "1:BAD 2:joe "},
    /* a bad line does not stop the others */
    {"joe@@example.org\nann@example.org\n", "1:BAD 2:ann@example.org "},
    {"/etc/passwd\n|/bin/sh\n\"|/bin/sh -c x\"\nann\n", "1:BAD 2:BAD 3:BAD 4:ann "},
    {"a/b@example.org\n", "1:a/b@example.org "},
    {"joe@example.org ann@example.org\nbob\n", "1:BAD 2:bob "},
    {"\"joe\nann\n", "1:BAD 2:ann "},
    {"joe@example.org\tx\nann\n", "1:BAD 2:ann "},
    {"joe@example.org\001\nann\n", "1:BAD 2:ann "},
    {"<>\nann\n", "1:BAD 2:ann "},
};

static void
read_all(struct include *i, struct str *out)
{
	struct slice text;
	enum include_kind kind;

	str_clear(out);
	while ((kind = include_next(i, &text)) != INCLUDE_END) {
		(void)str_format(out, "%zu:", i->line);
		if (kind == INCLUDE_BAD)
			(void)str_add_text(out, "BAD");
		else
			(void)str_format(out, "%s%.*s", kind == INCLUDE_FILE ? "FILE:" : "",
			    (int)text.len, text.data);
		(void)str_add_char(out, ' ');
	}
}

static void
test_texts(struct str *out)
{
	for (size_t n = 0; n < sizeof cases / sizeof *cases; n++) {
		struct include i;

		include_use(&i, slice_of(cases[n].text));
		read_all(&i, out);
		tap_is_text(out->data, cases[n].found, cases[n].found);
		include_close(&i);
	}
}

/* What include_open says of NAME, or what is in it. */
static const char *
open_name(const char *name, struct str *out)
{
	struct str path, problem;
	struct include i;

	str_init(&path, 1000);
	str_init(&problem, 900);
	(void)str_format(&path, "%s/%s", scratch_dir, name);
	if (include_open(&i, str_slice(&path), &problem) == 0)
		read_all(&i, out);
	else {
		str_clear(out);
		(void)str_add_slice(out, slice_skip(str_slice(&problem), path.len + 1));
	}
	include_close(&i);
	str_free(&path);
	str_free(&problem);
	return out->data;
}

static void
make_file(int folder, const char *name, mode_t mode)
{
	int fd = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL, 0600);

	if (fd == -1 || write(fd, "joe\n", 4) != 4 || fchmod(fd, mode) == -1 || close(fd) == -1)
		scratch_fail("make a file");
}

static void
test_files(struct str *out)
{
	struct control c;
	int fd = scratch_open(&c)->fd;

	make_file(fd, "good", 0664);
	make_file(fd, "open", 0666);
	make_file(fd, "linked", 0600);
	if (linkat(fd, "linked", fd, "other", 0) == -1 || symlinkat("good", fd, "link") == -1 ||
	    mkfifoat(fd, "fifo", 0600) == -1)
		scratch_fail("make links");
	tap_is_text(open_name("good", out), "1:joe ", "a file");
	tap_is_text(open_name("open", out), "may be written by everybody", "mode 0666");
	tap_is_text(open_name("linked", out), "has hard links under other names", "a hard link");
	tap_is_text(open_name("link", out), "is a symbolic link", "a symbolic link");
	tap_is_text(open_name("fifo", out), "is no regular file", "a FIFO");
	tap_is_text(open_name("none", out), " No such file or directory", "nothing");
	tap_is_text(open_name("", out), "is no regular file", "a folder");
	tap_ok(strstr(open_name("go\nod", out), "is no path") != NULL, "a line feed");
	control_close(&c);
	scratch_remove();
}

int
main(void)
{
	struct str out;

	str_init(&out, 10000);
	test_texts(&out);
	test_files(&out);
	str_free(&out);
	return tap_done();
}
