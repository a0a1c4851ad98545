/* SPDX-License-Identifier: ISC */
/* bsmtp: takes a batch of SMTP from standard input into the queue (bsmtp(8)). */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/about.h"
#include "base/die.h"
#include "base/io.h"
#include "base/log.h"
#include "batch.h"
#include "bsmtp.h"
#include "conf/control.h"

#define PROBLEM_MAX ((size_t)4096)
#define OUTPUT_SIZE ((size_t)8192)
#define REPLY_SECONDS 300

struct options {
	const char *progress;
	bool is_verbose, is_restricted;
	char **domains;
	size_t domain_count;
};

static const struct option_row rows[] = {
    {'d', NULL, "DOMAIN", "take mail for recipients in DOMAIN alone (.DOMAIN: in all below it)",
	TAKES_DOMAIN, NULL},
    {'p', NULL, "FILE", "note there how far the batch was taken; a second run goes on from there",
	TAKES_FILE, NULL},
    {'r', NULL, NULL, "take mail for those alone whom strangers may write to", TAKES_TEXT, NULL},
    {'v', NULL, NULL, "reply on standard output", TAKES_TEXT, NULL},
    {0},
};

static const struct option_command commands[] = {
    {.usage = "[-rv] [-d DOMAIN]... [-p FILE] <BATCH", .rows = {rows}},
    {.usage = NULL},
};

static const struct option_program about = {.name = PROGRAM,
    .about = "Takes a batch of SMTP, as \"bsmtp:\" routes and UUCP's rsmtp send it, into the\n"
	     "queue.\n",
    .after = "Exit codes: 0 all is queued, 100 this is no batch and nothing is, 111 try again\n"
	     "later. See bsmtp(8).\n",
    .commands = commands};

static void
add_domain(struct options *o, const struct option_scan *scan)
{
	char *domain = scan->value;
	struct slice name = slice_of(domain[0] == '.' ? domain + 1 : domain);

	if (!address_is_domain(name, ADDRESS_UTF8) && !address_is_literal(name))
		about_wrong(scan, "-d takes a domain, which %s is not", domain);
	o->domains = reallocarray(o->domains, o->domain_count + 1, sizeof *o->domains);
	if (o->domains == NULL)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to hold the domains");
	o->domains[o->domain_count++] = domain;
}

static void
parse_options(struct options *o, int argc, char **argv)
{
	struct option_scan scan;
	int code;

	options_begin(&scan, &about, argc, argv);
	while ((code = about_option(&scan)) != OPTION_END)
		switch (code) {
		case 'd':
			add_domain(o, &scan);
			break;
		case 'p':
			o->progress = scan.value;
			break;
		case 'r':
			o->is_restricted = true;
			break;
		default:
			o->is_verbose = true;
		}
}

static void
read_settings(struct settings *settings, const struct options *o)
{
	struct control control;
	struct str problem;

	*settings = (struct settings){.domains = o->domains, .domain_count = o->domain_count};
	str_init(&problem, PROBLEM_MAX);
	str_init(&settings->me, ADDRESS_DOMAIN_MAX);
	if (control_open(&control) == -1)
		die(PROGRAM, EXIT_TEMPORARY, CONTROL_UNOPENED, control.path, strerror(errno),
		    control_advice(errno));
	if (limits_read(&settings->limits, &control, &problem) == -1 ||
	    control_me(&control, &settings->me) == -1 ||
	    (o->is_restricted && (settings->routes = routes_open(&control, &problem)) == NULL))
		die(PROGRAM, EXIT_TEMPORARY, "unable to read %s: %s", control.path,
		    problem.len > 0 ? problem.data : strerror(errno));
	control_close(&control);
	str_free(&problem);
}

static void
take_input(struct batch *batch)
{
	struct str problem;

	str_init(&problem, PROBLEM_MAX);
	switch (batch_open(batch, STDIN_FILENO, &problem)) {
	case BATCH_GOOD:
		break;
	case BATCH_WRONG:
		die(PROGRAM, EXIT_PERMANENT, "nothing of the batch was taken: %s", problem.data);
	case BATCH_FAILED:
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to read the batch");
	}
	/* a disk that was full leaves such files; who removes them might lose mail */
	if (batch->size == 0)
		die(PROGRAM, EXIT_PERMANENT, "the batch is empty");
	str_free(&problem);
}

static void
open_progress(struct progress *progress, const char *path, const struct batch *batch)
{
	struct str problem;

	str_init(&problem, PROBLEM_MAX);
	switch (progress_open(progress, path, batch, &problem)) {
	case PROGRESS_GOOD:
		break;
	case PROGRESS_OTHER:
		die(PROGRAM, EXIT_PERMANENT, "%s: %s", path, problem.data);
	case PROGRESS_BUSY:
		die(PROGRAM, EXIT_TEMPORARY, "%s: somebody else is at this batch", path);
	case PROGRESS_FAILED:
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to open %s", path);
	}
	str_free(&problem);
}

/* Whether all of it can be understood, before any of it is taken. */
static void
rehearse(const struct settings *settings, const struct batch *batch)
{
	struct session s;

	if (session_init(&s, settings, batch->fd) == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to begin");
	s.is_rehearsal = true;
	session_run(&s);
	if (s.end == SESSION_WRONG)
		die(PROGRAM, EXIT_PERMANENT, "nothing of the batch was taken: %s", s.problem.data);
	if (s.end == SESSION_TEMPORARY)
		die(PROGRAM, EXIT_TEMPORARY, "nothing of the batch was taken: %s", s.problem.data);
	session_free(&s);
}

static void
log_batch(const struct session *s)
{
	struct event e;

	event_start(&e, PROGRAM, "batch");
	event_number(&e, "messages", (int64_t)s->messages);
	event_number(&e, "refused", (int64_t)s->refused);
	event_text(&e, "end", s->end == SESSION_OVER ? "whole" : "early");
	event_send(&e);
}

static void
perform(
    const struct settings *settings, const struct batch *batch, struct progress *p, bool is_verbose)
{
	struct writer writer;
	struct session s;

	writer_init(&writer, STDOUT_FILENO, OUTPUT_SIZE);
	if (session_init(&s, settings, batch->fd) == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to begin");
	s.progress = p;
	if (is_verbose)
		s.writer = &writer;
	writer.until = deadline_in_seconds(REPLY_SECONDS);
	session_run(&s);
	if (s.end == SESSION_OVER && progress_finish(p) == -1)
		session_fail(&s, "unable to note the progress: ", strerror(errno));
	log_batch(&s);
	(void)writer_flush(&writer); /* it is queued, whether anybody reads that or not */
	if (s.end != SESSION_OVER)
		die(PROGRAM, s.end == SESSION_WRONG ? EXIT_BUG : EXIT_TEMPORARY,
		    "%s; %llu messages before it are queued%s", s.problem.data,
		    (unsigned long long)s.messages,
		    p->fd != -1 || s.messages == 0 ? "" : ", and would be again");
	session_free(&s);
	writer_free(&writer);
}

int
main(int argc, char **argv)
{
	struct options options = {.progress = NULL};
	struct settings settings;
	struct progress progress;
	struct batch batch;

	if (io_fill_standard() == -1)
		_exit(EXIT_TEMPORARY);
	parse_options(&options, argc, argv);
	if (signal(SIGPIPE, SIG_IGN) == SIG_ERR)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to ignore SIGPIPE");
	read_settings(&settings, &options);
	take_input(&batch);
	rehearse(&settings, &batch);
	open_progress(&progress, options.progress, &batch);
	perform(&settings, &batch, &progress, options.is_verbose);
	progress_close(&progress);
	batch_close(&batch);
	routes_free(settings.routes);
	str_free(&settings.me);
	free(options.domains);
	return EXIT_DONE;
}
