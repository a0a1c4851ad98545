/* SPDX-License-Identifier: ISC */
/* Keys of session tickets (net/tls_tickets.h): shared, made anew in time, and never from a file
 * that somebody else could have read. */
#include "net/tls_tickets.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "tap.h"

#define LIFETIME 1000

static char folder[] = "/tmp/satchel-tickets.XXXXXX";
static char file[64];

static bool
is_same(const struct tls_tickets *a, const struct tls_tickets *b)
{
	return a->count == b->count && memcmp(a->keys, b->keys, a->count * sizeof a->keys[0]) == 0;
}

static int
refresh(struct tls_tickets *t)
{
	struct str problem;
	int result;

	str_init(&problem, 200);
	result = tls_tickets_refresh(t, &problem);
	tap_ok((result == 0) == (problem.len == 0), "a failure has words: %s", problem.data);
	str_free(&problem);
	return result;
}

/* As if the newest key were so many seconds older. */
static void
age(int64_t seconds)
{
	int fd = open(file, O_RDWR);
	int64_t made;

	tap_ok(io_pread(fd, &made, sizeof made, 0) == 0, "read the time");
	made -= seconds;
	tap_ok(io_pwrite(fd, &made, sizeof made, 0) == 0, "wrote the time");
	close(fd);
}

static void
test_sharing(void)
{
	struct tls_tickets a, b;
	unsigned char first[16];
	bool is_old;

	tls_tickets_open(&a, folder, LIFETIME);
	tls_tickets_open(&b, folder, LIFETIME);
	tap_is_int(refresh(&a), 0, "made");
	tap_is_int(refresh(&b), 0, "found");
	tap_ok(a.count == 1, "one");
	tap_ok(is_same(&a, &b), "the same");
	memcpy(first, a.keys[0].name, sizeof first);
	tap_ok(tls_tickets_find(&b, first, &is_old) != NULL && !is_old, "by its name");
	age(LIFETIME + 1);
	tap_is_int(refresh(&b), 0, "made anew");
	tap_is_int(refresh(&a), 0, "found anew");
	tap_ok(a.count == 2, "two");
	tap_ok(is_same(&a, &b), "the same two");
	tap_ok(memcmp(tls_tickets_newest(&a)->name, first, sizeof first) != 0, "another is newest");
	tap_ok(tls_tickets_find(&a, first, &is_old) != NULL && is_old, "the first is old");
	age(LIFETIME);
	tap_is_int(refresh(&a), 0, "made once more");
	tap_ok(tls_tickets_find(&a, first, &is_old) == NULL, "the first is forgotten");
	tls_tickets_close(&a);
	tls_tickets_close(&b);
}

static void
test_safety(void)
{
	struct tls_tickets a;

	tap_is_int(chmod(file, 0640), 0, "others may read");
	tls_tickets_open(&a, folder, LIFETIME);
	tap_is_int(refresh(&a), -1, "refused");
	tap_ok(a.count == 1, "but there is a key");
	tls_tickets_close(&a);
	tap_is_int(truncate(file, 10), 0, "cut");
	tap_is_int(chmod(file, 0600), 0, "private");
	tls_tickets_open(&a, folder, LIFETIME);
	tap_is_int(refresh(&a), -1, "refused, too");
	tls_tickets_close(&a);
	tap_is_int(unlink(file), 0, "gone");
	tap_is_int(symlink("/dev/zero", file), 0, "a link");
	tls_tickets_open(&a, folder, LIFETIME);
	tap_is_int(refresh(&a), -1, "not followed");
	tls_tickets_close(&a);
	tap_is_int(unlink(file), 0, "gone");
	tls_tickets_open(&a, "/nonexistent", LIFETIME);
	tap_is_int(refresh(&a), 0, "no folder is no failure");
	tap_ok(tls_tickets_newest(&a) != NULL, "and a key for this process");
	tls_tickets_close(&a);
	tls_tickets_open(&a, folder, 0);
	tap_is_int(refresh(&a), 0, "switched off");
	tap_ok(tls_tickets_newest(&a) == NULL, "no key");
	tls_tickets_close(&a);
}

/* What stands where the new file is written is replaced, and not written to. */
static void
test_trap(void)
{
	struct tls_tickets a;
	struct stat st;
	char other[64], new[64];
	int fd;

	(void)snprintf(other, sizeof other, "%s/other", folder);
	(void)snprintf(new, sizeof new, "%s/tickets.new", folder);
	fd = open(other, O_WRONLY | O_CREAT | O_EXCL, 0644);
	tap_ok(fd != -1 && write(fd, "precious", 8) == 8 && close(fd) == 0, "another's file");
	tap_is_int(link(other, new), 0, "under the name of the new one, too");
	tls_tickets_open(&a, folder, LIFETIME);
	tap_is_int(refresh(&a), 0, "keys are made");
	tls_tickets_close(&a);
	tap_ok(stat(other, &st) == 0 && st.st_size == 8 && (st.st_mode & 0777) == 0644,
	    "and the other file is as it was");
	tap_ok(unlink(file) == 0 && unlink(other) == 0, "gone");
}

int
main(void)
{
	(void)umask(022); /* some of the files are to be readable by others */
	if (mkdtemp(folder) == NULL)
		return 1;
	(void)snprintf(file, sizeof file, "%s/tickets", folder);
	test_sharing();
	test_safety();
	test_trap();
	(void)rmdir(folder);
	return tap_done();
}
