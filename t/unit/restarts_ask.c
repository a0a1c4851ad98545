/* SPDX-License-Identifier: ISC */
/* Questions to services that end while they are asked: who asks gets his answer all the same. */
#include <sys/stat.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fake_service.h"
#include "net/authd.h"
#include "net/sts.h"
#include "net/tlsd.h"
#include "tap.h"

static const struct authd_client client = {.service = "smtp", .address = "192.0.2.1"};

static bool
ask_names(const struct spool *spool)
{
	struct str names;
	bool good;

	(void)spool;
	str_init(&names, 100);
	good = authd_names(&client, &names) == 0 && slice_is(str_slice(&names), "PLAIN");
	str_free(&names);
	return good;
}

static bool
log_in(const struct spool *spool)
{
	const struct slice initial = slice_of("x");
	struct authd a;
	bool good;

	(void)spool;
	authd_init(&a);
	good = authd_begin(&a, &client, slice_of("PLAIN"), &initial) == AUTHD_ACCEPTED &&
	       strcmp(a.login, "ann") == 0;
	authd_close(&a);
	return good;
}

static bool
start_tls(const struct spool *spool)
{
	struct tlsd t;
	bool good;

	(void)spool;
	tlsd_init(&t);
	good = tlsd_start(&t, STDIN_FILENO, STDIN_FILENO, "", deadline_in_seconds(10));
	tlsd_free(&t);
	return good;
}

/* Of one who asks again and again: each question has all its tries. */
static bool
ask_policy(const struct spool *spool)
{
	static struct sts s = {.use = STS_USE_SERVICE, .helper = {.fd = -1}};
	struct sts_answer a;
	bool good;

	if (s.run_folder.cap == 0) {
		str_init(&s.run_folder, 200);
		str_init(&s.servers, 1);
		(void)str_format(&s.run_folder, "%s/run", spool->path);
	}
	sts_answer_init(&a);
	good = sts_ask(&s, slice_of("a.test"), deadline_in_seconds(10), &a) == STS_NONE &&
	       a.reason.len == 0;
	sts_answer_free(&a);
	return good;
}

static const struct {
	const char *service, *what;
	bool (*ask)(const struct spool *spool);
	const char *answer;
	size_t len;
} questions[] = {
    {"authd", "mechanisms", ask_names, "L\0\0\0\5PLAIN", 10},
    {"authd", "a login", log_in, "K\0\0\0\3ann", 8},
    {"tlsd", "TLS", start_tls, "G\0\0\0\0", 5},
    {"mta-sts", "a policy", ask_policy, "A\0\0\0\0", 5},
};

/* A worker that is ended, or the whole service, hangs up on who has asked, or is about to. */
static void
test_questions(const struct spool *spool)
{
	static const char *const moments[] = {
	    [EARLY] = "at once", [MIDWAY] = "midway", [LATE] = "late"};

	for (size_t i = 0; i < sizeof questions / sizeof questions[0]; i++)
		for (enum moment moment = EARLY; moment <= LATE; moment++) {
			struct fake fake = {.lost = HELPER_TRIES - 2,
			    .moment = moment,
			    .answer = slice_make(questions[i].answer, questions[i].len)};
			char path[200];
			pid_t pid;

			name_socket(spool, questions[i].service, path);
			pid = start_fake(path, &fake);
			tap_ok(questions[i].ask(spool),
			    "%s of %s that hangs up %s, and then does not", questions[i].what,
			    questions[i].service, moments[moment]);
			end(pid, path);
		}
}

/* Of a service that hangs up on everybody for a while: who asks has more workers than he may. */
static void
test_crowded(const struct spool *spool)
{
	const struct slice none = slice_make("A\0\0\0\0", 5);
	char path[200];
	int listener;
	pid_t pid;

	name_socket(spool, "mta-sts", path);
	listener = listen_at_path(path, 0600);
	pid = fork();
	if (pid == 0) {
		int fd = accept(listener, NULL, NULL);
		deadline until = deadline_in_ms(100);

		for (; deadline_poll_ms(until) > 0; fd = accept(listener, NULL, NULL))
			hang_up(fd, EARLY);
		answer(fd, none);
		_exit(0);
	}
	close(listener);
	tap_ok(ask_policy(spool), "a policy of mta-sts that has no room for a tenth of a second");
	end(pid, path);
}

/* What was executed for one question alone, and failed, would do so again. */
static void
test_executed(const struct spool *spool)
{
	char program[200], notes[200];
	struct stat st;

	snprintf(notes, sizeof notes, "%s/notes", spool_scratch);
	setenv("NOTES", notes, 1);
	for (size_t i = 0; i < sizeof questions / sizeof questions[0]; i++) {
		FILE *f;

		if (strcmp(questions[i].service, "mta-sts") == 0)
			continue; /* here it is a service or nobody */
		snprintf(program, sizeof program, "%s/%s", spool_scratch, questions[i].service);
		f = fopen(program, "w");
		if (f == NULL ||
		    fputs("#!/bin/sh\nprintf x >>\"$NOTES\"\nhead -c 1 >/dev/null\n", f) == EOF ||
		    fclose(f) == EOF || chmod(program, 0700) == -1)
			spool_scratch_fail("write a program");
		tap_ok(!questions[i].ask(spool) && stat(notes, &st) == 0 && st.st_size == 1,
		    "%s of %s that is executed, and ends: once", questions[i].what,
		    questions[i].service);
		(void)unlink(notes);
		(void)unlink(program);
	}
}

/* Who asks mta-sts does not take it to be out of use as soon as it is away. */
static void
test_policy_return(const struct spool *spool)
{
	const struct fake fake = {.answer = slice_make("A\0\0\0\0", 5)};
	char path[200];
	bool found, in_time;
	pid_t pid;

	name_socket(spool, "mta-sts", path);
	do { /* one that comes too late says nothing */
		deadline until = deadline_in_ms(HELPER_RETURN_MS);

		close(listen_at_path(path, 0600)); /* of one that was killed */
		pid = start_fake_later(path, &fake, until);
		found = ask_policy(spool);
		in_time = was_in_time(pid, path);
	} while (!found && !in_time);
	tap_ok(found, "a policy of mta-sts that was killed, and is back");
	(void)unlink(path);
}

int
main(void)
{
	struct spool spool;

	signal(SIGPIPE, SIG_IGN);
	spool_scratch_open(&spool);
	setenv("SATCHEL_BIN", spool_scratch, 1);
	test_questions(&spool);
	test_crowded(&spool);
	test_executed(&spool);
	test_policy_return(&spool);
	spool_scratch_remove(&spool);
	return tap_done();
}
