/* SPDX-License-Identifier: ISC */
/* enqueue(8): the one door to the spool. */
#include <sys/stat.h>

#include <errno.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "accept.h"
#include "attempt.h"
#include "base/clock.h"
#include "base/die.h"
#include "base/helper.h"
#include "base/io.h"
#include "explain.h"
#include "mail/wire.h"
#include "options.h"
#include "privilege.h"
#include "service.h"

#define BLOCK ((size_t)65536)

/* Reads a local program's message, LF or CRLF, to its end, as wire format. False with code, reason.
 */
static bool
read_message(struct accept *a, struct str *message)
{
	struct wire_convert convert = {.after_cr = false};
	uint64_t max = a->limits.message_size;
	deadline until = deadline_in_seconds((int64_t)a->limits.enqueue_timeout);
	char block[BLOCK];
	ssize_t n;

	while ((n = io_read(STDIN_FILENO, block, sizeof block, until)) > 0) {
		if (wire_convert_piece(&convert, slice_make(block, (size_t)n), message) == -1)
			return accept_fail(a, ACCEPT_NO_MEMORY, "out of memory");
		if (max > 0 && message->len > max)
			return accept_fail(a, ACCEPT_REFUSED,
			    "the message is larger than %llu octets", (unsigned long long)max);
		until = deadline_in_seconds((int64_t)a->limits.enqueue_timeout);
	}
	if (n == -1 && errno == ETIMEDOUT)
		return accept_fail(a, ACCEPT_TIMEOUT, "the message did not come in time");
	if (n == -1)
		return accept_fail(
		    a, ACCEPT_CANNOT_READ, "unable to read the message: %s", strerror(errno));
	return wire_convert_end(&convert, message) == 0 ||
	       accept_fail(a, ACCEPT_NO_MEMORY, "out of memory");
}

/* qmail-queue's envelope from descriptor 1: fields, then an empty one; without that, nothing
 * counts. */
static bool
read_envelope(struct accept *a, struct str *envelope)
{
	deadline until = deadline_in_seconds((int64_t)a->limits.enqueue_timeout);
	char block[BLOCK];
	ssize_t n;

	while ((n = io_read(STDOUT_FILENO, block, sizeof block, until)) > 0)
		if (str_add(envelope, block, (size_t)n) == -1)
			return accept_fail(a, errno == EMSGSIZE ? ACCEPT_REFUSED : ACCEPT_NO_MEMORY,
			    "the envelope is too large");
	if (n == -1)
		return accept_fail(a, errno == ETIMEDOUT ? ACCEPT_TIMEOUT : ACCEPT_CANNOT_READ,
		    "unable to read the envelope: %s", strerror(errno));
	if (envelope->len < 2 || envelope->data[envelope->len - 1] != '\0' ||
	    envelope->data[envelope->len - 2] != '\0')
		return accept_fail(a, ACCEPT_CANNOT_READ, "the envelope ends too early");
	str_truncate(envelope, envelope->len - 1);
	return true;
}

/* Both ways that end with the process: the message is read whole before anything is held. */
static bool
take_one(struct accept *a, const struct options *o, const struct quota_who *who)
{
	struct str message, envelope;
	bool good;

	str_init(&message, SIZE_MAX / 4);
	str_init(&envelope, accept_envelope_max(a));
	good = read_message(a, &message);
	if (good)
		good = o->recipient_count > 0 ? options_envelope(o, a, who->uid, &envelope)
					      : read_envelope(a, &envelope);
	if (good)
		good = accept_begin(a, str_slice(&envelope), who, false);
	if (good && a->check.is_binary) /* line ends were made of what may be none */
		good = accept_fail(a, ACCEPT_ENVELOPE, "a BINARYMIME message cannot come this way");
	if (good) {
		accept_data(a, str_slice(&message));
		good = accept_commit(a, message.len);
	}
	str_free(&message);
	str_free(&envelope);
	return good;
}

static int
exit_code(const struct accept *a, const struct options *o)
{
	if (o->recipient_count == 0 && !o->show_quota)
		return (int)a->code;
	return (a->code >= 11 && a->code <= 40) || a->code == ACCEPT_ENVELOPE ? EXIT_PERMANENT
									      : EXIT_TEMPORARY;
}

static bool
add_quota(struct accept *a, const struct quota_who *who, struct str *out)
{
	return quota_show(&a->quota, who, out) == 0 ||
	       accept_fail(a, ACCEPT_NO_MEMORY, "out of memory");
}

/* Of WHO, or, for who may know, of the users named. */
static bool
show_quota(struct accept *a, const struct options *o, const struct quota_who *who)
{
	bool good = true;
	struct str out;

	str_init(&out, SIZE_MAX / 4);
	if (o->recipient_count > 0 && who->uid != 0 && who->uid != geteuid())
		good =
		    accept_fail(a, ACCEPT_NOT_ALLOWED, "only root may see what others have used");
	else if (o->recipient_count == 0)
		good = add_quota(a, who, &out);
	for (int i = 0; good && i < o->recipient_count; i++) {
		const struct passwd *user = getpwnam(o->recipients[i]);
		uint64_t uid = user == NULL ? 0 : user->pw_uid;

		if (user == NULL && !slice_number(slice_of(o->recipients[i]), UINT32_MAX, &uid))
			good = accept_fail(
			    a, ACCEPT_REFUSED, "there is no user '%s'", o->recipients[i]);
		else
			good = add_quota(a, &(struct quota_who){.uid = (uid_t)uid}, &out);
	}
	if (good && (fputs(out.data, stdout) == EOF || fflush(stdout) == EOF))
		good = accept_fail(a, ACCEPT_CANNOT_WRITE, "unable to write: %s", strerror(errno));
	str_free(&out);
	return good;
}

/* It is queued, whoever reads this or not. */
static void
say_what_came_of_it(const struct accept *a, const struct options *o)
{
	if (a->is_other)
		fprintf(stderr,
		    PROGRAM
		    ": another message came by this key before, and stays the only one: %s\n",
		    accept_id(a));
	if (o->print_id && printf("%s\n", accept_id(a)) < 0)
		return;
}

int
main(int argc, char **argv)
{
	struct options options = {.sender = NULL};
	const struct quota_who who = {getuid(), getppid()};
	struct accept accept;
	int code = EXIT_DONE;
	bool is_open;

	/* a closed standard input must not look like an empty message, nor the spool like output */
	if (io_fill_standard() == -1)
		exit(EXIT_TEMPORARY);
	options_read(&options, argc, argv);
	if (options.explain)
		explain(&options);
	privilege_take();
	privilege_reset_signals();
	umask(077);
	if (options.serve && helper_is_privileged())
		/* a caller could stop it, by his terminal, and with it all who ask it */
		die(PROGRAM, EXIT_PERMANENT, "only the spool's owner may run the service");
	is_open = accept_open(&accept);
	if (options.speak) /* opened or not: the submitter is told why */
		code = service_speak(&accept, STDIN_FILENO, &who) ? EXIT_DONE : EXIT_TEMPORARY;
	else if (!is_open)
		code = options.serve ? EXIT_TEMPORARY : exit_code(&accept, &options);
	else if (options.serve)
		code = service_run(&accept);
	else if (options.show_quota)
		code =
		    show_quota(&accept, &options, &who) ? EXIT_DONE : exit_code(&accept, &options);
	else if (!take_one(&accept, &options, &who))
		code = exit_code(&accept, &options);
	else
		say_what_came_of_it(&accept, &options);
	if (accept.code != ACCEPT_DONE && !options.speak && !(options.serve && is_open))
		fprintf(stderr, "enqueue: fatal: %s\n", accept.reason.data);
	if (accept.is_prompt && accept.code == ACCEPT_DONE && !options.speak && !options.serve)
		attempt_start(&accept, who.uid);
	accept_close(&accept);
	return code;
}
