/* SPDX-License-Identifier: ISC */
/* Maildirs: names, folders, and what stands in their place. */
#include "mailbox/maildir.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mailbox/maildir_name.h"
#include "mailbox_scratch.h"
#include "tap.h"

static void
test_folder_names(void)
{
	static const struct {
		const char *name;
		bool good;
	} table[] = {
	    {"Lists", true},
	    {"Lists.dev", true},
	    {"a b", true},
	    {"&AOQ-", true},
	    {"", false},
	    {".", false},
	    {"..", false},
	    {".Lists", false},
	    {"Lists.", false},
	    {"Lists..dev", false},
	    {"a/b", false},
	    {"../cur", false},
	    {"a\nb", false},
	};
	char longest[202];

	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		tap_ok(maildir_is_folder_name(slice_of(table[i].name)) == table[i].good,
		    "folder name %zu, \"%.3s\", is %s", i, table[i].good ? table[i].name : "",
		    table[i].good ? "good" : "bad");
	memset(longest, 'a', sizeof longest);
	tap_ok(maildir_is_folder_name(slice_make(longest, 200)), "a name of 200 octets");
	tap_ok(!maildir_is_folder_name(slice_make(longest, 201)), "and one of 201");
}

static void
test_names(void)
{
	static const struct {
		const char *name;
		bool has_size, has_wire;
		uint64_t size, wire;
	} table[] = {
	    {"1.M2P3Q4.host,S=12,W=14", true, true, 12, 14},
	    {"1.M2P3Q4.host,W=14,S=12:2,RS", true, true, 12, 14},
	    {"1.M2P3Q4.host:2,S=5", false, false, 0, 0},
	    {"1.M2P3Q4.host,S=1,S=2", true, false, 2, 0},
	    {"1.M2P3Q4.S=9", false, false, 0, 0},
	    {"1.host,S=", false, false, 0, 0},
	    {"1.host,S=-1", false, false, 0, 0},
	    {"1.host,S=99999999999999999999", false, false, 0, 0},
	    {"", false, false, 0, 0},
	};
	struct str name;

	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		uint64_t size = 0, wire = 0;
		struct slice text = slice_of(table[i].name);

		tap_ok(maildir_name_size(text, &size) == table[i].has_size &&
			   size == table[i].size &&
			   maildir_name_wire_size(text, &wire) == table[i].has_wire &&
			   wire == table[i].wire,
		    "sizes of \"%s\"", table[i].name);
	}
	str_init(&name, MAILDIR_NAME_MAX);
	tap_ok(maildir_name_add(&name, 7, slice_of("a/b:c,d")) == 0 &&
		   strstr(name.data, "Q7.a\\057b\\072c\\054d") != NULL,
	    "signs in the host's name are escaped: %s", name.data);
	tap_ok(maildir_name_add_sizes(&name, 3, 4) == 0 &&
		   slice_ends_nocase(str_slice(&name), slice_of(",s=3,w=4")),
	    "sizes are added");
	str_free(&name);
}

static bool
opens(int base, const char *path, bool make, enum mailbox_fault_kind *kind)
{
	struct mailbox_fault fault;
	struct maildir m;

	if (maildir_open(&m, base, path, make, &fault) == -1) {
		*kind = fault.kind;
		printf("# %s\n", fault.text);
		return false;
	}
	maildir_release(&m);
	return true;
}

static bool
is_refused(int base, const char *path)
{
	enum mailbox_fault_kind kind = MAILBOX_FAULT_SYSTEM;

	return !opens(base, path, true, &kind) && kind == MAILBOX_FAULT_REFUSED;
}

static bool
exists(int base, const char *path)
{
	struct stat st;

	return fstatat(base, path, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

static void
test_making(int base)
{
	enum mailbox_fault_kind kind;

	tap_ok(
	    !opens(base, "a/b", false, &kind) && !exists(base, "a"), "a missing one is not made");
	tap_ok(
	    opens(base, "a/b", true, &kind) && exists(base, "a/b/cur"), "made with one above it");
	tap_ok(!opens(base, "x/y/z", true, &kind) && !exists(base, "x"), "two above are missing");
	tap_ok(!exists(base, "a/b/maildirfolder"), "a Maildir is no folder of one");
	tap_ok(opens(base, "a/b/.Lists", true, &kind) && exists(base, "a/b/.Lists/maildirfolder"),
	    "a folder is marked");
	tap_ok(opens(base, "a/new/.Sub", true, &kind) && exists(base, "a/new/cur") &&
		   exists(base, "a/new/.Sub/maildirfolder"),
	    "a folder of a missing Maildir: both are made");
	tap_ok(opens(base, "a/.hidden", true, &kind) && !exists(base, "a/.hidden/maildirfolder"),
	    "a name with a dot elsewhere is a plain Maildir");
	tap_ok(mkdirat(base, "a/full", 0700) == 0 && mkdirat(base, "a/full/x", 0700) == 0 &&
		   is_refused(base, "a/full"),
	    "a folder with other things is refused");
	tap_ok(mkdirat(base, "a/part", 0700) == 0 && mkdirat(base, "a/part/new", 0700) == 0 &&
		   opens(base, "a/part", true, &kind) && exists(base, "a/part/tmp"),
	    "one that was begun is completed");
	tap_ok(!opens(base, "a/..", true, &kind), "a path that ends with ..");
}

static void
test_hostile(int base)
{
	enum mailbox_fault_kind kind;

	(void)opens(base, "a/mine", true, &kind);
	tap_ok(symlinkat("mine", base, "a/link") == 0 && is_refused(base, "a/link"),
	    "a symbolic link to a Maildir");
	tap_ok(mkfifoat(base, "a/fifo", 0600) == 0 && is_refused(base, "a/fifo"), "a FIFO");
	tap_ok(mkdirat(base, "a/h", 0700) == 0 && symlinkat("../mine/tmp", base, "a/h/tmp") == 0 &&
		   is_refused(base, "a/h"),
	    "a symbolic link as tmp/");
	tap_ok(mkdirat(base, "a/i", 0700) == 0 && mkdirat(base, "a/i/tmp", 0700) == 0 &&
		   mkfifoat(base, "a/i/new", 0600) == 0 && is_refused(base, "a/i"),
	    "a FIFO as new/");
	(void)opens(base, "a/open", true, &kind);
	tap_ok(fchmodat(base, "a/open", 0777, 0) == 0 && is_refused(base, "a/open"),
	    "a Maildir that everybody can write to");
	tap_ok(fchmodat(base, "a/open", 0770, 0) == 0 && opens(base, "a/open", true, &kind),
	    "one that a group can write to");
	tap_ok(fchmodat(base, "a/open/new", 0777, 0) == 0 && is_refused(base, "a/open"),
	    "new/ that everybody can write to");
	if (geteuid() == 0) {
		(void)opens(base, "a/theirs", true, &kind);
		tap_ok(fchownat(base, "a/theirs/new", 65534, 65534, 0) == 0 &&
			   is_refused(base, "a/theirs"),
		    "new/ of another user");
		tap_ok(fchownat(base, "a/theirs", 65534, 65534, 0) == 0 &&
			   is_refused(base, "a/theirs"),
		    "a Maildir of another user");
	}
}

static void
test_quota_root(int base)
{
	struct mailbox_fault fault;
	struct maildir m;
	struct stat root, found;
	int fd;

	if (maildir_open(&m, base, "a/b/.Lists", true, &fault) == -1)
		return;
	fd = maildir_open_quota_root(m.root, "a/b/.Lists", &fault);
	tap_ok(fd != -1 && fstat(fd, &found) == 0 && fstatat(base, "a/b", &root, 0) == 0 &&
		   found.st_ino == root.st_ino,
	    "the quota of a folder is that of its Maildir");
	(void)close(fd);
	maildir_release(&m);
	if (maildir_open(&m, base, "a/mine", true, &fault) == -1)
		return;
	fd = openat(m.root, "maildirfolder", O_WRONLY | O_CREAT, 0600);
	(void)close(fd);
	fd = maildir_open_quota_root(m.root, "a/mine", &fault);
	tap_ok(fd != -1 && fstat(fd, &found) == 0 && fstat(m.root, &root) == 0 &&
		   found.st_ino == root.st_ino,
	    "maildirfolder below what is no Maildir leads nowhere");
	(void)close(fd);
	maildir_release(&m);
}

int
main(void)
{
	int base;

	test_folder_names();
	test_names();
	base = mailbox_scratch_open();
	test_making(base);
	test_hostile(base);
	test_quota_root(base);
	mailbox_scratch_remove(base);
	return tap_done();
}
