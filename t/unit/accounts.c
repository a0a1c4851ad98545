/* SPDX-License-Identifier: ISC */
/* The pair of users and users.cdb: the text over the base, and what is made of both. */
#include "conf/accounts.h"

#include <sys/stat.h>

#include <errno.h>

#include "scratch.h"
#include "tap.h"

static const struct {
	const char *value, *mailbox, *quota;
	bool is_disabled, is_wrong;
} values[] = {
    {"", "", "", false, false},
    {"/m/joe/", "/m/joe/", "", false, false},
    {"/m/joe", "/m/joe", "", false, false},
    {"disabled", "", "", true, false},
    {"Disabled /m/joe/ quota=5S,1C", "/m/joe/", "5S,1C", true, false},
    {"quota=5S\t/m/joe/  disabled", "/m/joe/", "5S", true, false},
    {"QUOTA=5S", "", "5S", false, false},
    {"x", "", "", false, true},
    {"m/joe/", "", "", false, true},
    {"/m/joe/ /m/ann/", "", "", false, true},
    {"quota=5S quota=6S", "", "", false, true},
    {"disable /m/joe/", "", "", false, true},
};

static void
test_values(void)
{
	for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
		struct account a;
		bool is_wrong = account_parse(slice_of(values[i].value), &a) != NULL;

		tap_ok(is_wrong == values[i].is_wrong &&
			   (is_wrong || (slice_is(a.mailbox, values[i].mailbox) &&
					    slice_is(a.quota, values[i].quota) &&
					    a.is_disabled == values[i].is_disabled)),
		    "\"%s\"", values[i].value);
	}
}

static void
open_or_fail(struct accounts *a, const struct control *c, bool is_secret)
{
	struct str problem;
	int result;

	str_init(&problem, 4096);
	result = is_secret ? accounts_open_secrets(a, c, &problem) : accounts_open(a, c, &problem);
	if (result == -1) {
		tap_show("problem", problem.data);
		scratch_fail("open the accounts");
	}
	str_free(&problem);
}

static void
fold(const struct control *c, bool is_secret)
{
	struct accounts a;

	open_or_fail(&a, c, is_secret);
	tap_is_int(accounts_fold(&a, NULL, c), 0, "text and base become one");
	accounts_close(&a);
}

struct wanted {
	const char *login;
	int found;
	const char *mailbox;
};

static void
test_logins(const struct control *c, const struct wanted *wanted, size_t count)
{
	struct accounts a;

	open_or_fail(&a, c, false);
	for (size_t i = 0; i < count; i++) {
		struct account account = {.is_disabled = false};
		int found = accounts_find(&a, slice_of(wanted[i].login), &account);

		tap_ok(found == wanted[i].found && slice_is(account.mailbox, wanted[i].mailbox),
		    "%s", wanted[i].login + (wanted[i].login[0] == '\n'));
	}
	accounts_close(&a);
}

static size_t
count_all(const struct control *c)
{
	struct accounts_cursor cursor = {.text = {.line = 0}};
	struct table_entry entry;
	struct accounts a;
	size_t count = 0;

	open_or_fail(&a, c, false);
	while (accounts_next(&a, &cursor, &entry) == 1)
		count++;
	accounts_close(&a);
	return count;
}

static void
test_pair(const struct control *c)
{
	static const struct wanted first[] = {{"joe@a.test", 1, "/m/joe/"},
	    {"JOE@A.test", 1, "/m/joe/"}, {"ann@a.test", 1, ""}, {"bob@a.test", 0, ""}, {"", 0, ""},
	    {"odd@a.test", -1, ""}};
	static const struct wanted second[] = {{"joe@a.test", 1, "/m/new/"}, {"ann@a.test", 0, ""},
	    {"Bob@A.TEST", 1, "/m/bob/"}, {"odd@a.test", 1, "/m/odd/"}, {"\nsamples ", 0, ""},
	    {"\nsatchel 1", 0, ""}};
	struct accounts a;

	open_or_fail(&a, c, false);
	tap_ok(!accounts_exist(&a), "no files");
	accounts_close(&a);
	scratch_write("users", "Joe@a.test: /m/joe/\nann@a.test:\nodd@a.test: m/odd\n");
	test_logins(c, first, sizeof first / sizeof first[0]);
	fold(c, false);
	scratch_unlink("users");
	test_logins(c, first, sizeof first / sizeof first[0]);
	tap_is_int((long long)count_all(c), 3, "three in the base");
	scratch_write("users",
	    "joe@A.test: /m/new/\nann@a.test: Removed\nbob@a.test: /m/bob/\nODD@a.test: /m/odd/\n");
	test_logins(c, second, sizeof second / sizeof second[0]);
	tap_is_int((long long)count_all(c), 3, "one replaced, one removed, one more");
	fold(c, false);
	test_logins(c, second, sizeof second / sizeof second[0]);
	scratch_unlink("users");
	test_logins(c, second, sizeof second / sizeof second[0]);
	scratch_unlink("users.cdb");
}

static void
write_secrets(const char *text, mode_t mode)
{
	char path[400];

	scratch_write("secrets", text);
	snprintf(path, sizeof path, "%s/secrets", scratch_dir);
	if (chmod(path, mode) == -1)
		scratch_fail("change a mode");
}

static void
test_secrets(const struct control *c)
{
	struct accounts a;
	struct slice logins;
	struct str problem;
	struct stat st;

	str_init(&problem, 4096);
	write_secrets("a: x\n", 0640);
	tap_is_int(accounts_open_secrets(&a, c, &problem), -1, "what others may read");
	tap_is_int(errno, EPERM, "is refused");
	accounts_close(&a);
	str_clear(&problem);
	write_secrets("a: x\nhunter2\n", 0600);
	tap_is_int(accounts_open_secrets(&a, c, &problem), -1, "a wrong line");
	tap_is_text(problem.data, "secrets, line 2: \"key: value\" is expected", "is not shown");
	accounts_close(&a);
	write_secrets(
	    "B@a.test: $y$1 {SCRAM-SHA-256}k\nc@a.test: {PLAIN}p\nd@a.test: $y$2\n", 0600);
	fold(c, true);
	scratch_unlink("secrets");
	tap_ok(fstatat(c->fd, "secrets.cdb", &st, 0) == 0 && (st.st_mode & 07777) == 0600,
	    "the base is its owner's alone");
	open_or_fail(&a, c, true);
	tap_is_int(accounts_samples(&a, "{scram-sha-256}", &logins), 1, "who has a key");
	tap_ok(slice_is(logins, "b@a.test\n"), "is known");
	tap_is_int(accounts_samples(&a, "{plain}", &logins), 1, "who has a password");
	tap_ok(slice_is(logins, "c@a.test\n"), "is known");
	tap_is_int(accounts_samples(&a, "", &logins), 1, "some");
	tap_is_int((long long)logins.len, 27, "are all");
	accounts_close(&a);
	str_free(&problem);
}

/* However many there are, 64 stand for them, and they are the same whatever the order. */
static void
test_samples(const struct control *c)
{
	struct str text, before, after;
	struct accounts a;
	struct slice logins;

	str_init(&text, 1 << 20);
	str_init(&before, 1 << 20);
	str_init(&after, 1 << 20);
	scratch_unlink("secrets.cdb");
	for (int i = 0; i < 1000; i++)
		(void)str_format(&text, "u%d: h\n", i);
	for (int round = 0; round < 2; round++) {
		write_secrets(text.data, 0600);
		fold(c, true);
		open_or_fail(&a, c, true);
		tap_is_int(accounts_samples(&a, "", &logins), 1, "samples of many");
		(void)str_add_slice(round == 0 ? &before : &after, logins);
		accounts_close(&a);
		scratch_unlink("secrets.cdb");
		str_clear(&text);
		for (int i = 999; i >= 0; i--)
			(void)str_format(&text, "U%d: h\n", i);
	}
	{
		struct slice rest = str_slice(&before), one;
		int count = 0;

		while (slice_take(&rest, '\n', &one))
			count++;
		tap_is_int(count, 64, "are 64");
	}
	tap_is_text(after.data, before.data, "and the same again");
	str_free(&text);
	str_free(&before);
	str_free(&after);
}

int
main(void)
{
	struct control c;

	(void)scratch_open(&c);
	test_values();
	test_pair(&c);
	test_secrets(&c);
	test_samples(&c);
	control_close(&c);
	scratch_remove();
	return tap_done();
}
