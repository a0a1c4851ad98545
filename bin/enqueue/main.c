/* SPDX-License-Identifier: ISC */
/* enqueue(8): the one door to the spool. */
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "accept.h"
#include "base/about.h"
#include "base/clock.h"
#include "base/die.h"
#include "base/fields.h"
#include "base/helper.h"
#include "base/io.h"
#include "mail/wire.h"
#include "service.h"

#define PROGRAM "enqueue"
#define BLOCK ((size_t)65536)
#define SENDER_MAX 1024 /* of the one made here */

struct options {
	const char *sender;
	bool speak, serve, print_id;
	char **recipients;
	int recipient_count;
};

static const char usage_text[] =
    "usage: enqueue [-i] [-f SENDER] RECIPIENT...   message on standard input\n"
    "       enqueue                                 message on descriptor 0, envelope on 1\n"
    "       enqueue -s                              helper protocol on descriptor 0\n"
    "       enqueue -w                              the same as a service\n"
    "  -f SENDER  reverse-path; <> for the null one; default: you at this host\n"
    "  -i         print the queue id\n"
    "  --help, --version\n"
    "See enqueue(8).\n";

_Noreturn static void
complain_of_usage(void)
{
	fprintf(stderr, "Try 'enqueue --help'.\n");
	exit(EXIT_PERMANENT);
}

static void
parse_options(struct options *o, int argc, char **argv)
{
	static const struct option longs[] = {{"help", no_argument, NULL, 'H'},
	    {"version", no_argument, NULL, 'V'}, {NULL, 0, NULL, 0}};
	int c;

	while ((c = getopt_long(argc, argv, "+f:isw", longs, NULL)) != -1)
		switch (c) {
		case 'f':
			o->sender = optarg;
			break;
		case 'i':
			o->print_id = true;
			break;
		case 's':
			o->speak = true;
			break;
		case 'w':
			o->serve = true;
			break;
		case 'H':
			about_help(usage_text);
		case 'V':
			about_version(PROGRAM);
		default:
			complain_of_usage();
		}
	o->recipients = argv + optind;
	o->recipient_count = argc - optind;
	if ((o->speak || o->serve) && (o->recipient_count > 0 || o->sender != NULL))
		complain_of_usage();
	if (o->speak && o->serve)
		complain_of_usage();
	if (!o->speak && !o->serve && o->recipient_count == 0 &&
	    (o->sender != NULL || o->print_id || isatty(STDOUT_FILENO))) {
		fprintf(stderr, "enqueue: no recipients\n");
		complain_of_usage();
	}
}

/*
 * Executed set-user-ID: nothing that the caller could set has a say from here on, and he cannot end
 * this process by a signal, a limit or a closed descriptor while it writes.
 */
static void
take_privilege(void)
{
	static const int limits[] = {
	    RLIMIT_FSIZE, RLIMIT_DATA, RLIMIT_AS, RLIMIT_NOFILE, RLIMIT_CPU};
	uid_t owner = geteuid();
	gid_t group = getegid();
	static const __itimer_which_t timers[] = {ITIMER_REAL, ITIMER_VIRTUAL, ITIMER_PROF};
	struct itimerval none = {.it_value = {0, 0}};

	if (!helper_is_privileged())
		return;
	for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
		struct rlimit l;

		if (getrlimit((__rlimit_resource_t)limits[i], &l) == 0) {
			l.rlim_cur = l.rlim_max;
			if (setrlimit((__rlimit_resource_t)limits[i], &l) == -1)
				die_errno(PROGRAM, EXIT_TEMPORARY, "unable to raise a limit");
		}
	}
	for (size_t i = 0; i < sizeof timers / sizeof timers[0]; i++)
		if (setitimer(timers[i], &none, NULL) == -1)
			die_errno(PROGRAM, EXIT_TEMPORARY, "unable to stop a timer");
	if (clearenv() != 0 || setresgid(group, group, group) == -1 ||
	    setresuid(owner, owner, owner) == -1 || chdir("/") == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to become the spool's owner");
}

static void
reset_signals(void)
{
	sigset_t none;

	for (int s = 1; s < NSIG; s++)
		if (s != SIGKILL && s != SIGSTOP && s != 32 && s != 33)
			signal(s, SIG_DFL);
	/* a write that fails says so by its result */
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

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

static bool
add_address(struct accept *a, struct str *envelope, char letter, const char *text)
{
	if (fields_add(envelope, letter, slice_of(text), '\0') == 0)
		return true;
	switch (errno) {
	case EINVAL:
		return accept_fail(a, ACCEPT_ENVELOPE, "an address holds a control character");
	case EMSGSIZE:
		return accept_fail(a, ACCEPT_REFUSED, "the envelope is too large");
	default:
		return accept_fail(a, ACCEPT_NO_MEMORY, "out of memory");
	}
}

static bool
envelope_of_options(struct accept *a, const struct options *o, struct str *envelope, uid_t uid)
{
	struct str sender;
	bool good;

	str_init(&sender, SENDER_MAX);
	if (o->sender == NULL && str_format(&sender, "%ld@%s", (long)uid, a->me.data) == -1)
		return accept_fail(a, ACCEPT_NO_MEMORY, "out of memory");
	if (o->sender == NULL || strcmp(o->sender, "<>") == 0)
		good = add_address(a, envelope, 'F', sender.data);
	else
		good = add_address(a, envelope, 'F', o->sender);
	for (int i = 0; good && i < o->recipient_count; i++)
		good = add_address(a, envelope, 'T', o->recipients[i]);
	str_free(&sender);
	return good;
}

/* Both ways that end with the process: the message is read whole before anything is held. */
static bool
take_one(struct accept *a, const struct options *o, uid_t uid)
{
	struct str message, envelope;
	bool good;

	str_init(&message, SIZE_MAX / 4);
	str_init(&envelope, accept_envelope_max(a));
	good = read_message(a, &message);
	if (good)
		good = o->recipient_count > 0 ? envelope_of_options(a, o, &envelope, uid)
					      : read_envelope(a, &envelope);
	if (good)
		good = accept_begin(a, str_slice(&envelope), uid, false);
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
	if (o->recipient_count == 0)
		return (int)a->code;
	return (a->code >= 11 && a->code <= 40) || a->code == ACCEPT_ENVELOPE ? EXIT_PERMANENT
									      : EXIT_TEMPORARY;
}

static int
speak(struct accept *a, uid_t uid)
{
	static const volatile sig_atomic_t never;
	sigset_t none;

	sigemptyset(&none);
	return service_speak(a, STDIN_FILENO, uid, &never, &none) ? EXIT_DONE : EXIT_TEMPORARY;
}

int
main(int argc, char **argv)
{
	struct options options = {.sender = NULL};
	uid_t uid = getuid();
	struct accept accept;
	int code = EXIT_DONE;
	bool is_open;

	/* a closed standard input must not look like an empty message, nor the spool like output */
	if (io_fill_standard() == -1)
		exit(EXIT_TEMPORARY);
	take_privilege();
	reset_signals();
	umask(077);
	parse_options(&options, argc, argv);
	if (options.serve && helper_is_privileged())
		/* a caller could stop it, by his terminal, and with it all who ask it */
		die(PROGRAM, EXIT_PERMANENT, "only the spool's owner may run the service");
	is_open = accept_open(&accept);
	if (options.speak) /* opened or not: the submitter is told why */
		code = speak(&accept, uid);
	else if (!is_open)
		code = options.serve ? EXIT_TEMPORARY : exit_code(&accept, &options);
	else if (options.serve)
		code = service_run(&accept);
	else if (!take_one(&accept, &options, uid))
		code = exit_code(&accept, &options);
	else if (options.print_id && printf("%s\n", accept_id(&accept)) < 0)
		code = EXIT_DONE; /* it is queued, whoever reads that or not */
	if (accept.code != ACCEPT_DONE && !options.speak && !(options.serve && is_open))
		fprintf(stderr, "enqueue: fatal: %s\n", accept.reason.data);
	accept_close(&accept);
	return code;
}
