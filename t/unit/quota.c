/* SPDX-License-Identifier: ISC */
/* maildirsize: what is read, counted, added and replaced, and what may stand in its place. */
#include "mailbox/quota.h"

#include <sys/stat.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mailbox/maildir.h"
#include "mailbox_scratch.h"
#include "tap.h"

#define WRITERS 4
#define MESSAGES 60

static void
test_limits(void)
{
	static const struct {
		const char *text;
		bool good;
		uint64_t octets, messages;
		const char *written;
	} table[] = {
	    {"10485760S,1000C", true, 10485760, 1000, "10485760S,1000C"},
	    {"1000C,5S", true, 5, 1000, "5S,1000C"},
	    {"77", true, 77, 0, "77S"},
	    {"1C", true, 0, 1, "1C"},
	    {"0", true, 0, 0, "0S"},
	    {"0S,0C", true, 0, 0, "0S"},
	    {"", false, 0, 0, NULL},
	    {"S", false, 0, 0, NULL},
	    {"5S,", false, 0, 0, NULL},
	    {",5S", false, 0, 0, NULL},
	    {"5S,6S", false, 0, 0, NULL},
	    {"5,6S", false, 0, 0, NULL},
	    {"5M", false, 0, 0, NULL},
	    {"-5S", false, 0, 0, NULL},
	    {"5S 6C", false, 0, 0, NULL},
	    {"1152921504606846977S", false, 0, 0, NULL},
	};

	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct quota_limits l;
		bool good = quota_limits_parse(slice_of(table[i].text), &l);
		struct str written;

		str_init(&written, 100);
		tap_ok(
		    good == table[i].good &&
			(!good || (l.octets == table[i].octets && l.messages == table[i].messages &&
				      quota_limits_add(&written, &l) == 0 &&
				      strcmp(written.data, table[i].written) == 0)),
		    "limits \"%s\"", table[i].text);
		str_free(&written);
	}
}

/* A Maildir with two messages in it, 10 and 5 octets, and a third of 7 in a folder. */
static struct maildir
make_maildir(int base, const char *path)
{
	struct mailbox_fault fault;
	struct maildir m, sub;
	char name[100];

	snprintf(name, sizeof name, "%s/.Sub", path);
	if (maildir_open(&m, base, path, true, &fault) == -1 ||
	    maildir_open(&sub, base, name, true, &fault) == -1) {
		printf("Bail out! %s\n", fault.text);
		exit(1);
	}
	mailbox_scratch_write(m.fresh, "1.a.host,S=10", "not ten octets in fact");
	mailbox_scratch_write(m.root, "cur/2.b.host:2,S", "12345");
	mailbox_scratch_write(sub.fresh, "3.c.host", "1234567");
	mailbox_scratch_write(m.fresh, ".hidden", "no message");
	maildir_release(&sub);
	return m;
}

struct reading {
	const char *name, *file; /* null: there is none */
	const char *wanted;	 /* null: what the file says */
	int result;
	uint64_t octets, messages;
	const char *after; /* null: as before */
};

static void
test_reading(int root)
{
	static const struct reading table[] = {
	    {"no file, no quota", NULL, NULL, 0, 0, 0, ""},
	    {"no file, quota 0", NULL, "0S", 0, 0, 0, ""},
	    {"counted at first", NULL, "100S", 1, 22, 3, "100S\n22 3\n"},
	    {"as it is", "50S,9C\n1 1\n2 1\n", NULL, 1, 3, 2, NULL},
	    {"blanks, as others pad it", "50S\n          12   1\n", NULL, 1, 12, 1, NULL},
	    {"what went", "50S\n12 2\n-2 -1\n", NULL, 1, 10, 1, NULL},
	    {"the same limits", "50S,9C\n1 1\n", "9C,50S", 1, 1, 1, NULL},
	    {"other limits", "50S,9C\n1 1\n", "60S", 1, 22, 3, "60S\n22 3\n"},
	    {"limits of nothing", "50S\n1 1\n", "0", 0, 22, 3, "0S\n22 3\n"},
	    {"no limits in it", "0S\n1 1\n", NULL, 0, 1, 1, NULL},
	    {"letters of others", "50S,3X\n1 1\n", NULL, 1, 1, 1, NULL},
	    {"no sum", "50S\n", NULL, 1, 22, 3, "50S\n22 3\n"},
	    {"half a line", "50S\n1 1\n2", NULL, 1, 22, 3, "50S\n22 3\n"},
	    {"words", "50S\n1 1\nhello\n", NULL, 1, 22, 3, "50S\n22 3\n"},
	    {"three numbers", "50S\n1 1 1\n", NULL, 1, 22, 3, "50S\n22 3\n"},
	    {"a sum below nothing", "50S\n1 1\n-5 -1\n", NULL, 1, 22, 3, "50S\n22 3\n"},
	    {"numbers too large", "50S\n9223372036854775807 1\n", NULL, 1, 22, 3, "50S\n22 3\n"},
	    {"not even limits", "hello\n", NULL, 0, 0, 0, NULL},
	    {"not even limits, but a quota", "hello\n", "7C", 1, 22, 3, "7C\n22 3\n"},
	    {"empty", "", "7C", 1, 22, 3, "7C\n22 3\n"},
	};

	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		const struct reading *r = &table[i];
		struct quota_limits wanted;
		struct mailbox_fault fault;
		struct quota q;
		int result;

		unlinkat(root, "maildirsize", 0);
		if (r->file != NULL)
			mailbox_scratch_write(root, "maildirsize", r->file);
		if (r->wanted != NULL && !quota_limits_parse(slice_of(r->wanted), &wanted))
			continue;
		result = maildir_quota_read(root, r->wanted == NULL ? NULL : &wanted, &q, &fault);
		tap_ok(result == r->result &&
			   (result == 0 || (q.octets == r->octets && q.messages == r->messages)),
		    "read: %s", r->name);
		tap_is_text(mailbox_scratch_read(root, "maildirsize"),
		    r->after == NULL ? r->file : r->after, r->name);
	}
}

static void
test_long_file(int root)
{
	struct str text;
	struct quota q;
	struct mailbox_fault fault;

	str_init(&text, 8000);
	(void)str_add_text(&text, "500S\n");
	while (text.len < 5113)
		(void)str_add_text(&text, "1 1\n");
	(void)str_add_text(&text, "10 10\n");
	mailbox_scratch_write(root, "maildirsize", text.data);
	tap_ok(maildir_quota_read(root, NULL, &q, &fault) == 1 && q.messages > 1000,
	    "5119 octets are read");
	text.data[text.len - 1] = '1';
	(void)str_add_text(&text, "\n");
	mailbox_scratch_write(root, "maildirsize", text.data);
	tap_ok(maildir_quota_read(root, NULL, &q, &fault) == 1 && q.messages == 3 &&
		   strcmp(mailbox_scratch_read(root, "maildirsize"), "500S\n22 3\n") == 0,
	    "5120 are counted anew");
	str_free(&text);
}

static enum quota_answer
take(int root, const char *limits, uint64_t octets)
{
	struct quota_limits wanted;
	struct mailbox_fault fault;
	struct quota q;

	if (limits != NULL && !quota_limits_parse(slice_of(limits), &wanted))
		return QUOTA_FAILED;
	return maildir_quota_take(root, limits == NULL ? NULL : &wanted, octets, &q, &fault);
}

static void
test_taking(int root)
{
	unlinkat(root, "maildirsize", 0);
	tap_ok(take(root, NULL, 1) == QUOTA_NONE, "without a quota");
	tap_ok(take(root, "30S", 8) == QUOTA_TAKEN, "what just fits");
	tap_is_text(mailbox_scratch_read(root, "maildirsize"), "30S\n22 3\n8 1\n", "is added");
	tap_ok(take(root, "30S", 31) == QUOTA_TOO_LARGE, "more than all");
	/* counted anew, for the message that was taken is not there: it never came */
	tap_ok(take(root, "30S", 9) == QUOTA_FULL, "what does not fit");
	tap_is_text(mailbox_scratch_read(root, "maildirsize"), "30S\n22 3\n", "made it count anew");
	mailbox_scratch_write(root, "maildirsize", "30S\n29 3\n");
	tap_ok(take(root, "30S", 8) == QUOTA_FULL, "a fresh count is believed");
	mailbox_scratch_write(root, "maildirsize", "30S\n29 3\n0 0\n");
	tap_ok(take(root, "30S", 8) == QUOTA_TAKEN, "one with lines behind it is not");
	tap_ok(take(root, "4C", 1000000) == QUOTA_TAKEN, "a limit of messages alone");
	tap_ok(take(root, "3C", 0) == QUOTA_FULL, "one message too many");
	tap_ok(take(root, "30S", UINT64_MAX) == QUOTA_TOO_LARGE, "a size beyond all numbers");
}

static void
test_adding(int root)
{
	struct mailbox_fault fault;
	struct quota q;

	mailbox_scratch_write(root, "maildirsize", "30S\n22 3\n");
	tap_ok(maildir_quota_add(root, -10, -1, &fault) == 0, "what went is added");
	tap_is_text(mailbox_scratch_read(root, "maildirsize"), "30S\n22 3\n-10 -1\n", "as a line");
	unlinkat(root, "maildirsize", 0);
	tap_ok(maildir_quota_add(root, 10, 1, &fault) == 0 &&
		   maildir_quota_read(root, NULL, &q, &fault) == 0,
	    "without the file nothing is added");
}

static void
test_hostile(int base, int root)
{
	struct stat st;

	unlinkat(root, "maildirsize", 0);
	mailbox_scratch_write(base, "precious", "1S\n1 1\n");
	tap_ok(
	    symlinkat("../precious", root, "maildirsize") == 0 && take(root, NULL, 5) == QUOTA_NONE,
	    "a symbolic link is no quota");
	tap_ok(take(root, "30S", 5) == QUOTA_TAKEN, "and is replaced by one");
	tap_is_text(
	    mailbox_scratch_read(base, "precious"), "1S\n1 1\n", "what it led to is as it was");
	unlinkat(root, "maildirsize", 0);
	tap_ok(linkat(base, "precious", root, "maildirsize", 0) == 0 &&
		   take(root, "30S", 5) == QUOTA_TAKEN,
	    "a hard link is replaced");
	tap_is_text(mailbox_scratch_read(base, "precious"), "1S\n1 1\n", "so is its other name");
	unlinkat(root, "maildirsize", 0);
	(void)mkfifoat(root, "maildirsize", 0600);
	tap_ok(take(root, "30S", 5) == QUOTA_TAKEN &&
		   fstatat(root, "maildirsize", &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		   S_ISREG(st.st_mode),
	    "a FIFO is replaced, and holds nobody up");
	mailbox_scratch_write(root, "maildirsize", "30S\n1 1\n");
	if (fstatat(root, "maildirsize", &st, 0) == 0) {
		int fd = openat(root, "maildirsize", O_WRONLY);

		tap_ok(ftruncate(fd, (off_t)1 << 40) == 0 && take(root, NULL, 5) == QUOTA_TAKEN,
		    "a huge one is counted anew");
		close(fd);
	}
	unlinkat(root, "maildirsize", 0);
	(void)mkdirat(root, "maildirsize", 0700);
	tap_ok(take(root, "30S", 5) == QUOTA_FAILED, "a folder is for somebody to see to");
	unlinkat(root, "maildirsize", AT_REMOVEDIR);
}

/* Takes and gives back, again and again: what is left is what was kept. */
static void
write_much(int root, int number)
{
	for (int i = 0; i < MESSAGES; i++) {
		char name[64];

		if (take(root, "1000000S,100C", 10) != QUOTA_TAKEN)
			continue;
		snprintf(name, sizeof name, "new/%d.%d.host,S=10", number, i);
		mailbox_scratch_write(root, name, "0123456789");
	}
	_exit(0);
}

/* More than fits, by several writers at once: never more than the limit, and the sum is right. */
static void
test_writers(int base)
{
	struct maildir m = make_maildir(base, "busy");
	struct mailbox_fault fault;
	struct quota_limits limits = {.octets = 1000000, .messages = 100};
	struct quota before, after;

	for (int i = 0; i < WRITERS; i++)
		if (fork() == 0)
			write_much(m.root, i);
	while (wait(NULL) != -1 || errno == EINTR)
		;
	tap_ok(maildir_quota_read(m.root, &limits, &before, &fault) == 1 &&
		   maildir_quota_recount(m.root, &limits, &after, &fault) == 0,
	    "read after several writers");
	/* what others have taken and not yet written may be missing from a count */
	tap_ok(after.messages <= 100 + 3 * WRITERS && after.messages >= 100 - WRITERS,
	    "%llu of 100 messages are there", (unsigned long long)after.messages);
	tap_ok(before.messages + 3 * WRITERS > after.messages &&
		   before.messages < after.messages + 3 * WRITERS,
	    "and maildirsize says %llu", (unsigned long long)before.messages);
	maildir_release(&m);
}

int
main(void)
{
	int base = mailbox_scratch_open();
	struct maildir m = make_maildir(base, "m");

	test_limits();
	test_reading(m.root);
	test_long_file(m.root);
	test_taking(m.root);
	test_adding(m.root);
	test_hostile(base, m.root);
	test_writers(base);
	maildir_release(&m);
	mailbox_scratch_remove(base);
	return tap_done();
}
