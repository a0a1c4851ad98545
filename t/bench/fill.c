/* SPDX-License-Identifier: ISC */
/*
 * fill [-d DOMAINS] [-o OFFSET] [-s SIZE] [-t ADDRESS] new|hold|deferred COUNT
 *
 * Writes COUNT messages into the spool as spool(5) has them, unsynced, for measurements of a large
 * queue. Each is made in new/ under an id of its arrival and then moved, as enqueue and qrun do.
 * They arrived at even distances over the last four days and were tried since as the retry curve
 * says; OFFSET seconds are added to the time of the next attempt (a negative one makes all of them
 * due). Recipients are
 * spread over DOMAINS domains, dN.test, or are all ADDRESS; "-d 0" gives each a domain of its own.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/crc32c.h"
#include "base/die.h"
#include "base/random.h"
#include "base/str.h"
#include "spool/id.h"
#include "spool/message.h"
#include "spool/schedule.h"
#include "spool/spool.h"

#define PROGRAM "fill"
#define AGE_MAX ((int64_t)4 * 24 * 3600) /* none is given up while it is measured */
#define NOTICE_AGE ((int64_t)4 * 3600)
#define LINE "The quick brown fox jumps over the lazy dog, and the queue grows by one.\r\n"
#define SLOTS_MAX 4096 /* that are open */

struct fill {
	struct spool spool;
	int target; /* directory, or -1 for new/ */
	bool is_deferred;
	long long domains, offset, size, count;
	const char *address;
	int64_t now;
	struct str envelope, body, file;
	struct {
		int64_t when;
		int fd;
	} slots[SLOTS_MAX];
	size_t slot_count;
};

static void
check(bool is_good, const char *what)
{
	if (!is_good)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to %s", what);
}

static int
open_slot(struct fill *f, int64_t when)
{
	char name[SCHEDULE_NAME_SIZE];
	int fd;

	for (size_t i = 0; i < f->slot_count; i++)
		if (f->slots[i].when == when)
			return f->slots[i].fd;
	schedule_slot_name(name, when);
	check(mkdirat(f->target, name, 0700) == 0 || errno == EEXIST, "make a slot");
	fd = openat(f->target, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	check(fd != -1 && f->slot_count < SLOTS_MAX, "open a slot");
	f->slots[f->slot_count].when = when;
	f->slots[f->slot_count++].fd = fd;
	return fd;
}

static void
make_envelope(struct fill *f, long long number)
{
	long long domain = f->domains == 0 ? number : (number * 7919) % f->domains;

	str_clear(&f->envelope);
	check(str_format(&f->envelope, "Fsender%lld@example.org\nSservice\n", number % 100) == 0 &&
		  (f->address != NULL ? str_format(&f->envelope, "T%s\n", f->address)
				      : str_format(&f->envelope, "Tuser%lld@d%lld.test\n", number,
					    domain)) == 0,
	    "make an envelope");
}

static void
make_file(struct fill *f, int64_t arrival, struct message_header *header)
{
	static const char reply[] = "4.4.1 - connection to mail server: Connection refused";
	struct recipient_state state = {.status = RECIPIENT_WAITING, .reply = slice_of("")};
	char bytes[MESSAGE_HEADER_SIZE], state_bytes[MESSAGE_STATE_SIZE];

	if (f->is_deferred) {
		state.attempts = 3;
		state.delay_told = f->now - arrival / 1000000 > NOTICE_AGE;
		state.last_attempt = f->now - 60;
		state.reply = slice_of(reply);
	}
	*header = (struct message_header){.envelope_length = f->envelope.len,
	    .recipients = 1,
	    .length = f->body.len,
	    .envelope_sum = crc32c(0, f->envelope.data, f->envelope.len),
	    .sum = crc32c(0, f->body.data, f->body.len)};
	id_make(header->id, arrival);
	message_header_encode(header, bytes);
	message_state_encode(&state, state_bytes);
	str_clear(&f->file);
	check(str_add(&f->file, bytes, sizeof bytes) == 0 &&
		  str_add_slice(&f->file, str_slice(&f->envelope)) == 0 &&
		  str_add(&f->file, state_bytes, sizeof state_bytes) == 0 &&
		  str_add_char(&f->file, '\n') == 0 &&
		  str_add_slice(&f->file, str_slice(&f->body)) == 0,
	    "make a message");
}

/* When the message is due: what attempt after attempt since its arrival has led to. */
static int64_t
due(const struct fill *f, int64_t arrival)
{
	static const struct schedule curve = {.minimum = 300, .maximum = 14400};
	int64_t when = arrival;
	uint32_t random;

	while (when <= f->now) {
		random_bytes(&random, sizeof random);
		when = schedule_next(&curve, arrival, when, random);
	}
	return when;
}

static void
write_message(struct fill *f, long long number)
{
	int64_t arrival = f->now - AGE_MAX + AGE_MAX * number / f->count;
	struct message_header header;
	int fd, target = f->target;

	make_envelope(f, number);
	make_file(f, arrival * 1000000 + number % 1000000, &header);
	fd = openat(f->spool.new_fd, header.id, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	check(fd != -1 && write(fd, f->file.data, f->file.len) == (ssize_t)f->file.len &&
		  close(fd) == 0,
	    "write a message");
	if (f->is_deferred)
		target = open_slot(f, due(f, arrival) + f->offset);
	check(target == -1 || renameat(f->spool.new_fd, header.id, target, header.id) == 0,
	    "move a message");
}

static long long
number_of(const char *text)
{
	char *end;
	long long value = strtoll(text, &end, 10);

	if (*text == '\0' || *end != '\0')
		die(PROGRAM, EXIT_PERMANENT, "'%s' is no number", text);
	return value;
}

static void
parse(struct fill *f, int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "d:o:s:t:")) != -1)
		switch (c) {
		case 'd':
			f->domains = number_of(optarg);
			break;
		case 'o':
			f->offset = number_of(optarg);
			break;
		case 's':
			f->size = number_of(optarg);
			break;
		case 't':
			f->address = optarg;
			break;
		default:
			exit(EXIT_PERMANENT);
		}
	if (argc - optind != 2)
		die(PROGRAM, EXIT_PERMANENT, "usage: fill [OPTION...] new|hold|deferred COUNT");
	f->is_deferred = strcmp(argv[optind], "deferred") == 0;
	f->count = number_of(argv[optind + 1]);
}

int
main(int argc, char **argv)
{
	static struct fill f = {.target = -1, .domains = 1000, .size = 1024};

	parse(&f, argc, argv);
	if (spool_become_owner(&f.spool) == -1 || spool_open(&f.spool) == -1)
		die(PROGRAM, EXIT_TEMPORARY, "%s", f.spool.problem.data);
	if (strcmp(argv[optind], "new") != 0)
		f.target = spool_open_directory(&f.spool, argv[optind]);
	if (strcmp(argv[optind], "new") != 0 && f.target == -1)
		die(PROGRAM, EXIT_PERMANENT, "%s", f.spool.problem.data);
	str_init(&f.envelope, 4096);
	str_init(&f.body, SIZE_MAX / 4);
	str_init(&f.file, SIZE_MAX / 4);
	f.now = clock_wall_seconds();
	check(str_format(&f.body, "From: sender@example.org\r\nSubject: filling\r\n\r\n") == 0,
	    "make a body");
	while ((long long)f.body.len < f.size)
		check(str_add(&f.body, LINE, strlen(LINE)) == 0, "make a body");
	for (long long i = 0; i < f.count; i++)
		write_message(&f, i);
	return EXIT_DONE;
}
