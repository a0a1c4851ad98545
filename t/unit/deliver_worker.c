/* SPDX-License-Identifier: ISC */
/*
 * qrun's part for t/deliver.bats: starts "deliver -w", hands it one job COUNT times before it reads
 *an answer, and prints what comes back:
 *
 *	deliver_worker COUNT DESTINATION SENDER FILE ADDRESS[=TARGETS]...
 *
 * FILE is in wire format, TARGETS stand between TABs. DEADLINE in the environment is that of the
 * job, in seconds; EXTENSION and ORCPT are those of its recipients. Without arguments there is
 *nothing to test.
 */
#include <sys/stat.h>
#include <sys/wait.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/helper.h"
#include "base/packet.h"
#include "spool/job.h"

#define ANSWER_SECONDS 60
#define WINDOW 8

static const char *const states[] = {
    [JOB_DELIVERED] = "delivered", [JOB_TEMPORARY] = "temporary", [JOB_PERMANENT] = "permanent"};

_Noreturn static void
give_up(const char *what)
{
	perror(what);
	exit(EXIT_FAILURE);
}

static pid_t
start_worker(int *fd)
{
	char *argv[] = {"deliver", "-w", NULL};
	struct str path;
	int ends[2];
	pid_t pid;

	str_init(&path, 4096);
	if (helper_program(&path, argv[0]) == -1 || packet_pair(ends) == -1)
		give_up("packet_pair");
	pid = fork();
	if (pid == 0) {
		if (dup2(ends[1], STDIN_FILENO) != -1)
			execv(path.data, argv);
		_exit(127);
	}
	if (pid == -1 || close(ends[1]) == -1)
		give_up("fork");
	str_free(&path);
	*fd = ends[0];
	return pid;
}

static void
add_recipient(struct job *job, const char *text)
{
	struct slice rest = slice_of(text), address;

	if (job->count == JOB_RECIPIENTS_MAX || !slice_take(&rest, '=', &address))
		return;
	job->recipients[job->count].address = address;
	if (getenv("EXTENSION") != NULL)
		job->recipients[job->count].extension = slice_of(getenv("EXTENSION"));
	if (getenv("ORCPT") != NULL)
		job->recipients[job->count].original = slice_of(getenv("ORCPT"));
	job->recipients[job->count++].targets = rest;
}

static void
print_result(const struct job_result *r)
{
	printf("%llu/%zu %s %.*s [%.*s] %.*s\n", (unsigned long long)r->number, r->recipient,
	    states[r->status], (int)r->code.len, r->code.data, (int)r->relay.len, r->relay.data,
	    (int)r->reply.len, r->reply.data);
}

/* Reads until one more job is done. False if the worker has gone. */
static bool
print_answers(int fd)
{
	static char buf[PACKET_MAX];
	deadline until = deadline_in_seconds(ANSWER_SECONDS);
	struct job_result r = {.done = false};
	int received;

	while (!r.done) {
		received = job_receive_result(fd, buf, &r, until);
		if (received == -1)
			give_up("job_receive_result");
		if (received == 0)
			return false;
		if (r.answers)
			print_result(&r);
		if (r.done)
			printf("%llu done\n", (unsigned long long)r.number);
	}
	return true;
}

static void
hand_over(int fd, unsigned count, struct job *job)
{
	unsigned sent = 0, done = 0;

	while (done < count) {
		if (sent < count && sent < done + WINDOW) {
			job->number = ++sent;
			if (job_send(fd, job, deadline_in_seconds(ANSWER_SECONDS)) == -1)
				give_up("job_send");
		} else if (print_answers(fd))
			done++;
		else
			return;
	}
}

static int
run(unsigned count, struct job *job)
{
	int fd, status;
	pid_t pid = start_worker(&fd);

	hand_over(fd, count, job);
	close(fd);
	if (waitpid(pid, &status, 0) == -1)
		give_up("waitpid");
	printf("exit %d\n", WIFEXITED(status) ? WEXITSTATUS(status) : -1);
	return 0;
}

int
main(int argc, char **argv)
{
	struct job job = {.id = slice_of("00000000000000000001"), .deadline = 60};
	struct stat st;

	if (argc < 6) {
		puts("1..0 # SKIP run by t/deliver.bats");
		return 0;
	}
	if (setvbuf(stdout, NULL, _IOLBF, BUFSIZ) !=
	    0) /* who reads along sees answers as they come */
		give_up("setvbuf");
	if (getenv("DEADLINE") != NULL)
		job.deadline = strtoull(getenv("DEADLINE"), NULL, 10);
	job.destination = slice_of(argv[2]);
	job.reverse_path = slice_of(argv[3]);
	job.fd = open(argv[4], O_RDONLY | O_CLOEXEC);
	if (job.fd == -1 || fstat(job.fd, &st) == -1)
		give_up(argv[4]);
	job.length = (uint64_t)st.st_size;
	for (int i = 5; i < argc; i++)
		add_recipient(&job, argv[i]);
	return run((unsigned)strtoul(argv[1], NULL, 10), &job);
}
