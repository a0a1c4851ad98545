/* SPDX-License-Identifier: ISC */
/*
 * clients CLIENTS COUNT
 *
 * CLIENTS processes together hand COUNT messages to the enqueue service, each over one connection,
 * and one line says how long it took. Recipients are nobody@held.test.
 */
#include <sys/wait.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/die.h"
#include "spool/submit.h"

#define PROGRAM "clients"
#define LINE "The quick brown fox jumps over the lazy dog, and the queue grows by one.\r\n"
#define LINES 14

static int
submit_one(struct submit *s)
{
	static const char envelope[] = "Fsender@example.org\0Tnobody@held.test";
	static const char head[] = "From: sender@example.org\r\nSubject: filling\r\n\r\n";

	if (submit_begin(s, slice_make(envelope, sizeof envelope)) != SUBMIT_OK ||
	    submit_write(s, head, strlen(head)) != SUBMIT_OK)
		return -1;
	for (int i = 0; i < LINES; i++)
		if (submit_write(s, LINE, strlen(LINE)) != SUBMIT_OK)
			return -1;
	return submit_commit(s) == SUBMIT_OK ? 0 : -1;
}

_Noreturn static void
be_client(long count)
{
	struct submit s;

	submit_init(&s);
	for (long i = 0; i < count; i++)
		if (submit_one(&s) == -1)
			die(PROGRAM, EXIT_TEMPORARY, "%s", s.reason.data);
	submit_free(&s);
	exit(EXIT_DONE);
}

int
main(int argc, char **argv)
{
	long clients = argc == 3 ? strtol(argv[1], NULL, 10) : 0;
	long count = argc == 3 ? strtol(argv[2], NULL, 10) : 0;
	int64_t begun = clock_wall_us(), took;
	int status, failures = 0;

	if (clients <= 0 || count <= 0)
		die(PROGRAM, EXIT_PERMANENT, "usage: clients CLIENTS COUNT");
	for (long i = 0; i < clients; i++)
		if (fork() == 0)
			be_client(count / clients);
	while (wait(&status) != -1)
		failures += status != 0;
	took = clock_wall_us() - begun;
	printf("%ld messages, %lld ms, %lld a second\n", count, (long long)took / 1000,
	    (long long)count * 1000000 / (long long)took);
	return failures == 0 ? EXIT_DONE : EXIT_TEMPORARY;
}
