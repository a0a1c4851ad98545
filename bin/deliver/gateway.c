/* SPDX-License-Identifier: ISC */
#include "gateway.h"

#include <errno.h>
#include <pwd.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "bsmtp.h"
#include "conf/gateway.h"
#include "conf/listed.h"
#include "environment.h"
#include "exit_code.h"
#include "handoff.h"
#include "mbox_quote.h"
#include "prefix.h"
#include "words.h"

#define PIPE "pipe:"
#define BSMTP "bsmtp:"

/* One job at work; the recipients that go together are those of INDICES. */
struct errand {
	struct courier *courier;
	const struct job *job;
	struct gateway gateway;
	struct str program; /* its path */
	size_t indices[JOB_RECIPIENTS_MAX];
	size_t count;
	deadline until;
};

bool
gateway_is_destination(struct slice destination)
{
	return slice_starts(destination, PIPE) || slice_starts(destination, BSMTP);
}

/*
 * qrun says what is to be run, and as whom it has us run: that this is what the administrator
 * wrote is looked up here once more, so that whoever takes over qrun can run nothing else.
 */
static int
check_listed(struct courier *c, struct slice destination, struct outcome *o)
{
	struct str problem;
	int listed;

	str_init(&problem, 1000);
	listed = listed_read(&c->listed, &problem);
	if (listed == 0)
		listed = listed_has(&c->listed, destination) ? 1 : 0;
	if (listed == -1)
		(void)outcome_fail(
		    o, JOB_TEMPORARY, "4.3.5", "unable to read the routes: %s", problem.data);
	else if (listed == 0)
		(void)outcome_fail(o, JOB_TEMPORARY, "4.3.5",
		    "\"%.*s\" is in no route; qrun may have to be started anew",
		    (int)destination.len, destination.data);
	str_free(&problem);
	return listed == 1 ? 0 : -1;
}

static int
check_user(struct slice wanted, struct outcome *o)
{
	const struct passwd *user;

	if (geteuid() == 0 || getuid() == 0)
		return outcome_fail(o, JOB_TEMPORARY, "4.3.5",
		    "deliver runs as the user ID 0, which no gateway is used as");
	if (wanted.len == 0)
		return 0;
	user = getpwuid(geteuid());
	if (user != NULL && slice_is(wanted, user->pw_name))
		return 0;
	return outcome_fail(o, JOB_TEMPORARY, "4.3.5",
	    "the route is for the user %.*s, and deliver runs as %lu", (int)wanted.len, wanted.data,
	    (unsigned long)geteuid());
}

/* Takes the destination apart and finds out whether it may be used. */
static int
prepare(struct errand *e, struct outcome *o)
{
	struct slice destination = e->job->destination, rest, word;
	bool is_pipe = slice_starts(destination, PIPE);
	struct slice text = slice_skip(destination, strlen(is_pipe ? PIPE : BSMTP));
	const char *problem = is_pipe ? gateway_parse_program(text, &e->gateway)
				      : gateway_parse_file(text, &e->gateway);

	if (problem != NULL)
		return outcome_fail(o, JOB_TEMPORARY, "4.3.5", "%s", problem);
	rest = e->gateway.command;
	if (!is_pipe || !slice_word(&rest, &word))
		word = e->gateway.command;
	if (str_add_slice(&e->program, word) == -1)
		return outcome_errno(o, "unable to keep the path");
	outcome_try(o, is_pipe ? "pipe" : "bsmtp", word);
	if (check_user(e->gateway.user, o) == -1 || check_listed(e->courier, destination, o) == -1)
		return -1;
	return courier_check_content(e->courier, o);
}

/* What a mailbox would have in front, unless the route says otherwise. */
static int
make_prefix(const struct errand *e, struct str *prefix)
{
	const struct content *content = &e->courier->content;
	struct slice sender = e->job->reverse_path, recipient = slice_of("");

	if (e->gateway.has_from && mbox_add_separator(prefix, sender, clock_wall_seconds()) == -1)
		return -1;
	if (e->gateway.is_bare)
		return 0;
	if (e->count == 1) /* several would learn of one another */
		recipient = e->job->recipients[e->indices[0]].address;
	return prefix_add(prefix, sender, recipient, content);
}

static void
run(struct errand *e, const struct words *words, const struct environment *environment,
    struct slice prefix, struct outcome *o)
{
	struct str output;
	struct handoff h = {.words = words->list,
	    .environment = environment->list,
	    .folder = "/",
	    .prefix = prefix,
	    .content = &e->courier->content,
	    .is_wire = e->gateway.is_wire,
	    .until = e->until,
	    .output = &output};
	enum handoff_result result;
	int number = 0;

	str_init(&output, HANDOFF_OUTPUT_MAX);
	result = handoff_run(&h, &number);
	exit_code_judge(o, e->program.data, result, number, str_slice(&output));
	str_free(&output);
}

/* To the recipients of e->indices at once. */
static void
pipe_to_program(struct errand *e, struct outcome *o)
{
	struct environment environment;
	struct words words;
	struct str prefix;

	str_init(&prefix, PREFIX_MAX);
	if (words_make(&words, e->gateway.command, e->job, e->indices, e->count, o) == 0) {
		if (environment_make(&environment, &e->courier->extensions, e->job, e->indices,
			e->count) == -1 ||
		    make_prefix(e, &prefix) == -1)
			(void)outcome_errno(o, "unable to prepare the program");
		else
			run(e, &words, &environment, str_slice(&prefix), o);
		environment_free(&environment);
	}
	words_free(&words);
	str_free(&prefix);
}

static void
append_batch(struct errand *e, struct outcome *o)
{
	const struct bsmtp_message m = {.job = e->job,
	    .indices = e->indices,
	    .count = e->count,
	    .path = e->gateway.command,
	    .has_dsn = e->gateway.has_dsn,
	    .until = e->until};

	if (bsmtp_append(e->courier, &m, o) == -1)
		return;
	outcome_say(o, "added to batch");
	o->notifies = m.has_dsn;
}

/* One outcome for all that go together. */
static void
deliver_together(struct errand *e, const struct outcome *prepared, struct outcome *outcomes)
{
	struct outcome o;

	if (e->count == 0)
		return;
	outcome_init(&o);
	outcome_copy(&o, prepared);
	if (o.status == JOB_DELIVERED && clock_monotonic_ms() >= e->until)
		(void)outcome_fail(&o, JOB_TEMPORARY, "4.3.0", "no time was left");
	else if (o.status == JOB_DELIVERED && slice_starts(e->job->destination, PIPE))
		pipe_to_program(e, &o);
	else if (o.status == JOB_DELIVERED)
		append_batch(e, &o);
	for (size_t i = 0; i < e->count; i++)
		outcome_copy(&outcomes[e->indices[i]], &o);
	outcome_free(&o);
	e->count = 0;
}

static void
deliver_all(struct errand *e, const struct outcome *prepared, struct outcome *outcomes)
{
	bool together = slice_starts(e->job->destination, BSMTP) ||
			gateway_has_word(e->gateway.command, GATEWAY_RECIPIENTS);

	for (size_t i = 0; i < e->job->count; i++) {
		if (outcomes[i].status != JOB_DELIVERED)
			continue;
		e->indices[e->count++] = i;
		if (!together)
			deliver_together(e, prepared, outcomes);
	}
	deliver_together(e, prepared, outcomes);
}

void
gateway_deliver(struct courier *c, const struct job *job, struct outcome *outcomes)
{
	struct errand e = {.courier = c,
	    .job = job,
	    .until = deadline_in_seconds((int64_t)job->deadline),
	    .gateway.command = slice_of("")};
	struct outcome prepared;

	outcome_init(&prepared);
	str_init(&e.program, DELIVER_PATH_MAX);
	(void)prepare(&e, &prepared);
	deliver_all(&e, &prepared, outcomes);
	str_free(&e.program);
	outcome_free(&prepared);
}
