/* SPDX-License-Identifier: ISC */
#include "base/tally.h"

#include <sys/stat.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "tap.h"

static char folder[] = "/tmp/satchel-tally.XXXXXX";
static char path[64];

static const struct tally_rate ten = {10, 3600};

/* The vectors of the paper's appendix: key 0, 1, 2 …, and so the input. */
static void
test_siphash(void)
{
	unsigned char key[SIPHASH_KEY_OCTETS];
	char input[15];

	for (unsigned char i = 0; i < sizeof key; i++)
		key[i] = i;
	for (int i = 0; i < (int)sizeof input; i++)
		input[i] = (char)i;
	tap_ok(siphash(key, slice_make(input, 15)) == UINT64_C(0xa129ca6149be45e5), "15 octets");
	tap_ok(siphash(key, slice_make(input, 0)) == UINT64_C(0x726fdb47dd0e0e31), "none");
	tap_ok(siphash(key, slice_make(input, 8)) == UINT64_C(0x93f5f5799a932462), "8 octets");
}

static void
test_counting(struct tally *t)
{
	struct slice a = slice_of("a"), b = slice_of("b");
	struct tally_rate none = {0, 1}, long_time = {1, TALLY_SECONDS_MAX};
	int64_t wait;

	tap_is_int(tally_level(t, a, &ten), 0, "nothing is used of a new key");
	tap_is_int(tally_add(t, a, 4, &ten, &wait), 1, "4 of 10");
	tap_is_int(tally_add(t, a, 6, &ten, &wait), 1, "all 10");
	tap_is_int(tally_level(t, a, &ten), 10, "which shows");
	tap_is_int(tally_look(t, a, 1, &ten, &wait), 0, "one more would be over");
	tap_is_int(tally_add(t, a, 1, &ten, &wait), 0, "one more is over");
	tap_ok(wait > 350 && wait <= 360, "for a tenth of the time");
	tap_is_int(tally_add(t, b, 10, &ten, NULL), 1, "another key is on its own");
	tap_is_int(tally_add(t, slice_of("c"), 11, &ten, &wait), 0, "more than ever fits");
	tap_ok(wait == INT64_MAX, "for ever");
	tap_is_int(tally_level(t, slice_of("c"), &ten), 0, "and is not counted");
	tap_is_int(tally_forget(t, a), 0, "forgotten");
	tap_is_int(tally_level(t, a, &ten), 0, "nothing is used");
	tap_is_int(tally_level(t, b, &ten), 10, "of that key alone");
	tap_is_int(tally_look(t, a, 10, &ten, &wait), 1, "a look");
	tap_is_int(tally_level(t, a, &ten), 0, "counts nothing");
	tap_is_int(tally_add(t, a, 1, &none, &wait), -1, "no rate");
	tap_is_int(tally_add(t, slice_of("d"), 1, &long_time, &wait), 1, "one a year");
	tap_is_int(tally_add(t, slice_of("d"), 1, &long_time, &wait), 0, "and not two");
}

static void
test_time(struct tally *t)
{
	struct tally_rate fast = {20, 1};
	struct slice key = slice_of("fast");
	deadline until = deadline_in_seconds(60);
	int64_t wait = 0, begun;
	int more;

	/* a twentieth of a second is all there is between the two */
	do {
		(void)tally_forget(t, key);
		begun = clock_monotonic_ms();
		tap_is_int(tally_add(t, key, 20, &fast, NULL), 1, "20 at once");
		more = tally_add(t, key, 1, &fast, &wait);
	} while (more == 1 && clock_monotonic_ms() - begun >= 50 && deadline_poll_ms(until) > 0);
	tap_is_int(more, 0, "no more");
	tap_is_int(wait, 1, "within the next second");
	while (tally_add(t, key, 1, &fast, NULL) == 0 && deadline_poll_ms(until) > 0)
		;
	tap_ok(deadline_poll_ms(until) > 30000, "time gives it back");
}

/* What was counted before the clock was set back seems to last until it is there again. */
static void
test_clock(struct tally *t)
{
	struct tally_rate fast = {20, 1}, long_time = {1, TALLY_SECONDS_MAX};
	struct slice key = slice_of("clock");
	deadline until = deadline_in_seconds(60);
	int64_t wait;

	tap_is_int(tally_add(t, key, 1, &long_time, NULL), 1, "until next year");
	tap_is_int(tally_look(t, key, 1, &fast, &wait), 0, "of which a second is believed");
	tap_is_int(wait, 1, "and not more");
	while (tally_look(t, key, 20, &fast, NULL) == 0 && deadline_poll_ms(until) > 0)
		;
	tap_ok(deadline_poll_ms(until) > 30000, "and then it is over");
}

/* Who has the lock may have to wait for a processor, for longer than others wait for him. */
static bool
takes_one(struct tally *t, const struct tally_rate *rate)
{
	int result;

	do
		result = tally_add(t, slice_of("shared"), 1, rate, NULL);
	while (result == -1 && (errno == EAGAIN || errno == EACCES));
	return result == 1;
}

/* Four processes want twice as many as there are. */
static void
test_processes(struct tally *t)
{
	struct tally_rate rate = {400, 31536000};
	int got = 0, status;

	for (int p = 0; p < 4; p++) {
		if (fork() != 0)
			continue;
		for (int i = 0; i < 200; i++)
			got += takes_one(t, &rate);
		_exit(got);
	}
	for (int p = 0; p < 4; p++) {
		if (wait(&status) == -1 || !WIFEXITED(status))
			got = -1000;
		got += WEXITSTATUS(status);
	}
	tap_is_int(got, 400, "four processes share a limit");
}

/* Who stops while he holds the lock blocks nobody for long, and who is killed not at all. */
static void
test_locks(struct tally *t)
{
	struct flock all = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	int64_t began;
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		if (fcntl(t->fd, F_SETLK, &all) == -1)
			_exit(1);
		raise(SIGSTOP);
		_exit(0);
	}
	if (waitpid(pid, &status, WUNTRACED) == -1 || !WIFSTOPPED(status))
		tap_ok(false, "a process that holds the lock");
	began = clock_monotonic_ms();
	tap_is_int(tally_add(t, slice_of("x"), 1, &ten, NULL), -1, "locked");
	tap_ok(clock_monotonic_ms() - began < 20000, "but not for long");
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	tap_is_int(tally_add(t, slice_of("x"), 1, &ten, NULL), 1, "the dead hold no lock");
}

/* However many keys there are: the file does not grow, and most are still known. */
static void
test_many(struct tally *t)
{
	int lost = 0;
	struct stat st;

	for (uint32_t i = 0; i < 50000; i++)
		if (tally_add(t, slice_make((char *)&i, sizeof i), 1, &ten, NULL) != 1)
			lost++;
	for (uint32_t i = 0; i < 50000; i++)
		if (tally_level(t, slice_make((char *)&i, sizeof i), &ten) != 1)
			lost++;
	tap_ok(lost < 50, "50000 keys: %d lost", lost);
	tap_ok(fstat(t->fd, &st) == 0 && st.st_size == TALLY_FILE_SIZE, "the size stays");
}

static void
test_files(struct tally *t)
{
	struct tally other;
	char garbage[4096], link[80];

	tap_ok(tally_open(&other, path) == 0, "opened twice");
	tap_is_int(tally_level(&other, slice_of("b"), &ten), 10, "it is the same");
	tally_close(&other);
	tap_is_int(tally_add(&other, slice_of("b"), 1, &ten, NULL), -1, "closed");

	memset(garbage, 0xff, sizeof garbage);
	for (int i = 1; i < TALLY_FILE_SIZE / 4096; i++)
		if (pwrite(t->fd, garbage, sizeof garbage, i * 4096) == -1)
			break;
	tap_ok(tally_look(t, slice_of("b"), 1, &ten, NULL) != -1, "garbage in the places");
	/* nothing is left of any bucket: which one is a key's follows from a secret */
	if (pwrite(t->fd, garbage, sizeof garbage, 0) == -1 || ftruncate(t->fd, 100) == -1)
		tap_ok(false, "no garbage");
	tap_is_int(tally_add(t, slice_of("far"), 1, &ten, NULL), -1, "a file cut short");
	tap_ok(tally_open(&other, path) == 0, "a damaged file is begun anew");
	tap_is_int(tally_level(&other, slice_of("b"), &ten), 0, "and empty");
	tally_close(&other);

	tap_ok(chmod(path, 0640) == 0 && tally_open(&other, path) == -1 && errno == EPERM,
	    "not one that others may read");
	snprintf(link, sizeof link, "%s/link", folder);
	tap_ok(chmod(path, 0600) == 0 && symlink(path, link) == 0 && tally_open(&other, link) == -1,
	    "not a symbolic link");
	unlink(link);
	tap_ok(tally_open(&other, "/nowhere/at/all/tally") == -1 && errno == ENOENT, "no folder");
}

int
main(void)
{
	struct tally t;

	if (mkdtemp(folder) == NULL) {
		puts("Bail out! no folder");
		return 1;
	}
	snprintf(path, sizeof path, "%s/smtpd/tally", folder);
	test_siphash();
	tap_ok(tally_open(&t, path) == 0, "made, with its folder");
	test_counting(&t);
	test_time(&t);
	test_clock(&t);
	test_processes(&t);
	test_locks(&t);
	test_many(&t);
	test_files(&t);
	tally_close(&t);
	unlink(path);
	snprintf(path, sizeof path, "%s/smtpd", folder);
	rmdir(path);
	rmdir(folder);
	return tap_done();
}
