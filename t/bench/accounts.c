/* SPDX-License-Identifier: ISC */
/*
 * accounts COUNT LOOKUPS
 *
 * Makes users.cdb of COUNT accounts in the control directory, then looks up LOOKUPS of them at
 * random, and as many that there are not, and says how long each took; and what one process needs
 * that opens the tables for one question, as authd does.
 */
#include "conf/accounts.h"

#include <sys/resource.h>

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/die.h"
#include "conf/cdb_writer.h"

#define PROGRAM "accounts"

/* Of the processor, so that others on the machine do not count. */
static int64_t
now_us(void)
{
	struct timespec now = {0, 0};

	if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now) == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to read the clock");
	return now.tv_sec * INT64_C(1000000) + now.tv_nsec / 1000;
}

static struct slice
login_text(char buffer[64], long number, const char *host)
{
	(void)snprintf(buffer, 64, "user%ld@%s%ld.example.org", number, host, number % 1000);
	return slice_of(buffer);
}

static void
make(const struct control *c, long count)
{
	struct cdb_writer *w = cdb_writer_open(c, "users.cdb", 0644);
	char login[64], value[128];

	for (long i = 0; w != NULL && i < count; i++) {
		(void)snprintf(value, sizeof value,
		    "/var/mail/example.org/domain%ld/user%ld/ quota=1073741824S", i % 1000, i);
		if (cdb_writer_add(w, login_text(login, i, "d"), slice_of(value)) == -1)
			die_errno(PROGRAM, EXIT_TEMPORARY, "unable to add an account");
	}
	if (w == NULL || cdb_writer_commit(w) == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to write users.cdb");
}

static void
open_all(struct accounts *a, const struct control *c)
{
	struct str problem;

	str_init(&problem, 4096);
	if (accounts_open(a, c, &problem) == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to open the accounts: %s", problem.data);
	str_free(&problem);
}

/* Microseconds a look-up; WANTED is what each must give. */
static double
look_up(const struct accounts *a, long count, long lookups, const char *host, int wanted)
{
	int64_t begun = now_us();
	unsigned short seed[3] = {1, 2, 3};
	struct account account;
	char login[64];

	for (long i = 0; i < lookups; i++)
		if (accounts_find(a, login_text(login, nrand48(seed) % count, host), &account) !=
		    wanted)
			die(PROGRAM, EXIT_PERMANENT, "a wrong answer");
	return (double)(now_us() - begun) / (double)lookups;
}

static double
open_and_look_up(const struct control *c, long count, long lookups)
{
	int64_t begun = now_us();
	struct accounts a;

	for (long i = 0; i < lookups; i++) {
		open_all(&a, c);
		(void)look_up(&a, count, 1, "d", 1);
		accounts_close(&a);
	}
	return (double)(now_us() - begun) / (double)lookups;
}

int
main(int argc, char **argv)
{
	long count = argc == 3 ? strtol(argv[1], NULL, 10) : 0;
	long lookups = argc == 3 ? strtol(argv[2], NULL, 10) : 0;
	struct control control;
	struct accounts a;
	struct rusage usage;
	int64_t begun = now_us();

	if (count <= 0 || lookups <= 0)
		die(PROGRAM, EXIT_PERMANENT, "usage: accounts COUNT LOOKUPS");
	if (control_open(&control) == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to open %s", control.path);
	make(&control, count);
	printf("%ld accounts made in %.1f s\n", count, (double)(now_us() - begun) / 1e6);
	open_all(&a, &control);
	printf("first look-ups %.2f us each\n", look_up(&a, count, 1000, "d", 1));
	printf("there          %.2f us each\n", look_up(&a, count, lookups, "d", 1));
	printf("not there      %.2f us each\n", look_up(&a, count, lookups, "e", 0));
	accounts_close(&a);
	printf("with an open   %.2f us each\n", open_and_look_up(&control, count, 1000));
	if (getrusage(RUSAGE_SELF, &usage) == 0)
		printf(
		    "memory         %ld KiB at most, the map of the file in it\n", usage.ru_maxrss);
	control_close(&control);
	return EXIT_DONE;
}
