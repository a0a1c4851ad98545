/* SPDX-License-Identifier: ISC */
/* Jobs and results over a socket pair, as qrun and its workers exchange them, and hostile ones. */
#include "spool/job.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/packet.h"
#include "tap.h"

#define SOON deadline_in_seconds(60)

static char buf[PACKET_MAX];

static struct job
some_job(void)
{
	struct job job = {.number = 7,
	    .id = slice_of("0123456789abcdefghij"),
	    .destination = slice_of("mx:d.test"),
	    .reverse_path = slice_of("a@b.test"),
	    .body = slice_of("8BITMIME"),
	    .envelope_id = slice_of("x+3D"),
	    .return_part = slice_of("HDRS"),
	    .submitter = slice_of("<>"),
	    .deliver_by = slice_of("1800000000;R"),
	    .priority = -4,
	    .is_utf8 = true,
	    .requires_tls = true,
	    .deadline = 3600,
	    .per_connection = 20,
	    .offset = 500,
	    .length = 1234,
	    .fd = STDIN_FILENO,
	    .count = 2};

	job.recipients[0] = (struct job_recipient){.address = slice_of("c@d.test"),
	    .extension = slice_of("ext"),
	    .targets = slice_of("/a/\t\t|b c\td@e.test"),
	    .notify = slice_of("NEVER"),
	    .original = slice_of("rfc822;c@d.test")};
	job.recipients[1] = (struct job_recipient){.address = slice_of("")};
	return job;
}

/* Counts the targets, which stand between TABs, and compares them with WANTED. */
static bool
has_targets(struct slice targets, const char *const *wanted)
{
	struct slice one;

	while (slice_take(&targets, '\t', &one))
		if (one.len > 0 && (*wanted == NULL || !slice_is(one, *wanted++)))
			return false;
	return *wanted == NULL;
}

static void
test_job(int ends[2])
{
	static const char *const targets[] = {"/a/", "|b c", "d@e.test", NULL};
	struct job job = some_job(), got;

	tap_is_int(job_send(ends[0], &job, SOON), 0, "send a job");
	tap_is_int(job_receive(ends[1], &got, SOON), 1, "receive it");
	tap_ok(got.number == 7 && slice_equal(got.id, job.id) &&
		   slice_equal(got.destination, job.destination) &&
		   slice_equal(got.reverse_path, job.reverse_path) &&
		   slice_equal(got.body, job.body) &&
		   slice_equal(got.envelope_id, job.envelope_id) &&
		   slice_equal(got.return_part, job.return_part) && got.deadline == 3600 &&
		   got.per_connection == 20 && got.offset == 500 && got.length == 1234,
	    "its fields");
	tap_ok(slice_equal(got.submitter, job.submitter) &&
		   slice_equal(got.deliver_by, job.deliver_by) && got.priority == -4 &&
		   got.is_utf8 && got.requires_tls,
	    "and those that are seldom there");
	tap_ok(got.count == 2 &&
		   slice_equal(got.recipients[0].address, job.recipients[0].address) &&
		   slice_is(got.recipients[0].extension, "ext") &&
		   slice_is(got.recipients[0].notify, "NEVER") &&
		   slice_is(got.recipients[0].original, "rfc822;c@d.test"),
	    "its recipient");
	tap_ok(has_targets(got.recipients[0].targets, targets), "its targets");
	tap_ok(got.recipients[1].address.len == 0 && got.recipients[1].targets.len == 0,
	    "the other recipient");
	tap_ok(got.fd > STDERR_FILENO && fcntl(got.fd, F_GETFD) == FD_CLOEXEC, "its descriptor");
	job_free(&got);
	tap_is_int(got.fd, -1, "freed");
}

static void
test_job_bounds(int ends[2])
{
	static char address[60000];
	struct job job = some_job(), got;

	for (size_t i = 0; i < JOB_RECIPIENTS_MAX; i++)
		job.recipients[i] = (struct job_recipient){.address = slice_of("x@y.test")};
	job.count = JOB_RECIPIENTS_MAX;
	tap_ok(job_send(ends[0], &job, SOON) == 0 && job_receive(ends[1], &got, SOON) == 1 &&
		   got.count == JOB_RECIPIENTS_MAX,
	    "as many recipients as there may be");
	job_free(&got);
	memset(address, 'x', sizeof address);
	job.recipients[0].address = slice_make(address, sizeof address);
	job.recipients[1].address = slice_make(address, sizeof address);
	errno = 0;
	tap_ok(job_send(ends[0], &job, SOON) == -1 && errno == EMSGSIZE, "a job too large");
	job.recipients[0].address = slice_of("a\nb");
	errno = 0;
	tap_ok(job_send(ends[0], &job, SOON) == -1 && errno == EINVAL, "a control character");
	errno = 0;
	tap_ok(job_receive(ends[1], &got, deadline_in_ms(1)) == -1 && errno == ETIMEDOUT &&
		   got.fd == -1,
	    "none of it was sent");
}

static void
test_hostile_jobs(int ends[2])
{
	static const struct {
		const char *fields; /* with | for NUL */
		bool with_descriptor;
	} bad[] = {
	    {"J1|Dmx:a|F|Tb|", false},
	    {"J1|F|Tb|", true},
	    {"J1|Dmx:a|F|", true},
	    {"J1|Dmx:a|F|Tb", true},
	    {"J1|Dmx:a|F|Tb||", true},
	    {"Jx|Dmx:a|F|Tb|", true},
	    {"J-1|Dmx:a|F|Tb|", true},
	    {"J99999999999999999999|Dmx:a|F|Tb|", true},
	    {"J1|Dmx:a|F|P9223372036854775808|Tb|", true},
	    {"J1|Dmx:a|F|Xb|Tb|", true},
	    {"J1|Dmx:a|F|Tb|Qx|", true},
	    {"J1|Dmx:a|F|W12|Tb|", true},
	    {"J1|Dmx:a|F|z1|Tb|", true},
	    {"J1|Dmx:a|F|Tb|Ga|Nx|Gb|", true},
	    {"J1|Dmx:a\n|F|Tb|", true},
	    {"|", true},
	    {"x", true},
	};
	struct job got;

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		size_t len = strlen(bad[i].fields);
		int before = dup(STDIN_FILENO), after;

		close(before);
		memcpy(buf, bad[i].fields, len);
		for (size_t k = 0; k < len; k++)
			if (buf[k] == '|')
				buf[k] = '\0';
		(void)packet_send(ends[0], slice_make(buf, len),
		    bad[i].with_descriptor ? STDIN_FILENO : -1, SOON);
		errno = 0;
		tap_ok(job_receive(ends[1], &got, SOON) == -1 && errno == EPROTO, "hostile job %zu",
		    i);
		after = dup(STDIN_FILENO);
		close(after);
		tap_is_int(after, before, "leaves no descriptor");
	}
}

static void
test_random(int ends[2])
{
	static const char letters[] = "JIDFBVREPLTXGNOZSCYKM";
	struct job_result result;
	bool good = true;
	struct job job;

	srand(1);
	for (int i = 0; i < 4000; i++) {
		size_t len = 1 + (size_t)rand() % 60;

		for (size_t k = 0; k < len; k++)
			buf[k] =
			    rand() % 3 == 0 ? '\0' : letters[(size_t)rand() % (sizeof letters - 1)];
		buf[len - 1] = '\0';
		(void)packet_send(ends[0], slice_make(buf, len), STDIN_FILENO, SOON);
		if (job_receive(ends[1], &job, SOON) == 1)
			job_free(&job);
		else
			good = good && errno == EPROTO;
		(void)packet_send(ends[0], slice_make(buf, len), -1, SOON);
		good = good &&
		       (job_receive_result(ends[1], buf, &result, SOON) == 1 || errno == EPROTO);
	}
	tap_ok(good, "random fields do no harm");
}

static void
test_result(int ends[2])
{
	static char reply[JOB_REPLY_MAX * 2];
	struct job_result sent = {.number = 7,
			      .recipient = JOB_RECIPIENTS_MAX - 1,
			      .status = JOB_PERMANENT,
			      .code = slice_of("5.1.1"),
			      .relay = slice_of("mx.d.test[192.0.2.1]:25"),
			      .tls = slice_of("TLSv1.3 dane"),
			      .reply = slice_of("550 no\r\nsuch \x01 user"),
			      .connect_ms = 12,
			      .transfer_ms = 34,
			      .notifies = true},
			  got;

	tap_is_int(job_send_result(ends[1], &sent, SOON), 0, "send a result");
	tap_is_int(job_receive_result(ends[0], buf, &got, SOON), 1, "receive it");
	tap_ok(got.number == 7 && got.recipient == JOB_RECIPIENTS_MAX - 1 && !got.done &&
		   got.status == JOB_PERMANENT && slice_is(got.code, "5.1.1") &&
		   slice_equal(got.relay, sent.relay) && slice_is(got.tls, "TLSv1.3 dane") &&
		   got.connect_ms == 12 && got.transfer_ms == 34 && got.notifies,
	    "its fields");
	tap_ok(slice_is(got.reply, "550 no\\x0d\\x0asuch \\x01 user"), "its reply, escaped");
	memset(reply, '\x01', sizeof reply);
	sent.reply = slice_make(reply, sizeof reply);
	sent.status = JOB_TEMPORARY;
	sent.recipient = 0;
	tap_ok(job_send_result(ends[1], &sent, SOON) == 0 &&
		   job_receive_result(ends[0], buf, &got, SOON) == 1 &&
		   got.status == JOB_TEMPORARY && got.reply.len == 4 * JOB_REPLY_MAX,
	    "a long reply is cut");
	tap_ok(job_send_done(ends[1], 8, SOON) == 0 &&
		   job_receive_result(ends[0], buf, &got, SOON) == 1 && got.done && got.number == 8,
	    "done");
	tap_ok(!got.answers && !got.returned, "and nothing else");
	sent.done = true;
	tap_ok(job_send_result(ends[1], &sent, SOON) == 0 &&
		   job_receive_result(ends[0], buf, &got, SOON) == 1 && got.done && got.answers &&
		   got.status == JOB_TEMPORARY,
	    "done, with the last result");
	tap_ok(job_send_returned(ends[1], 9, SOON) == 0 &&
		   job_receive_result(ends[0], buf, &got, SOON) == 1 && got.returned && !got.done &&
		   !got.answers && got.number == 9,
	    "given back");
}

static void
test_hostile_results(int ends[2])
{
	static const char *const bad[] = {"J1|I100|SD|", "J1|I0|", "J1|", "J1|I0|SX|", "J1|I0|SDD|",
	    "J1|I0|SD|U|", "J1|U|Z|", "J1|I-1|SD|", "J1|I0|SD|Qx|", "J1|I0|SD|Kx|", "J1|I0|SD",
	    "J1|I0|SD|Xa\nb|", "Jx|Z|", "|"};
	struct job_result got;
	int before = dup(STDIN_FILENO), after;

	close(before);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		size_t len = strlen(bad[i]);

		memcpy(buf, bad[i], len);
		for (size_t k = 0; k < len; k++)
			if (buf[k] == '|')
				buf[k] = '\0';
		(void)packet_send(ends[1], slice_make(buf, len), -1, SOON);
		errno = 0;
		tap_ok(job_receive_result(ends[0], buf, &got, SOON) == -1 && errno == EPROTO,
		    "hostile result %zu", i);
	}
	(void)packet_send(ends[1], slice_make("J1\0Z\0", 5), STDIN_FILENO, SOON);
	errno = 0;
	tap_ok(job_receive_result(ends[0], buf, &got, SOON) == -1 && errno == EPROTO,
	    "a result with a descriptor");
	after = dup(STDIN_FILENO);
	close(after);
	tap_is_int(after, before, "leaves none");
}

static void
test_end(int ends[2])
{
	struct job_result result;
	struct job job;

	close(ends[0]);
	tap_is_int(job_receive(ends[1], &job, SOON), 0, "qrun has gone");
	errno = 0;
	tap_ok(job_send_done(ends[1], 1, SOON) == -1 && errno == EPIPE, "nobody to tell");
	close(ends[1]);
	if (packet_pair(ends) == -1)
		return;
	close(ends[1]);
	tap_is_int(job_receive_result(ends[0], buf, &result, SOON), 0, "the worker has gone");
	close(ends[0]);
}

int
main(void)
{
	int ends[2];

	if (packet_pair(ends) == -1) {
		puts("Bail out! unable to make a socketpair");
		return 1;
	}
	test_job(ends);
	test_job_bounds(ends);
	test_hostile_jobs(ends);
	test_random(ends);
	test_result(ends);
	test_hostile_results(ends);
	test_end(ends);
	return tap_done();
}
