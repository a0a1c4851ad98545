/* SPDX-License-Identifier: ISC */
/* --as-sender: what smtp-send does itself ("smtp-send --explain"), line by line made results. */
#include "sender.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/helper.h"
#include "base/program.h"
#include "probe.h"
#include "report_parts.h"
#include "target.h"

#define OUTPUT_MAX ((size_t)1 << 20)
#define COMMAND_MAX ((size_t)16384)
#define STEPS_PER_SERVER 6 /* each with a time-out of its own */

static const char *const passed[] = {
    "SATCHEL_CONTROL", "SATCHEL_SPOOL", "SATCHEL_BIN", "SSL_CERT_FILE", "SSL_CERT_DIR"};

enum { STEP, RESULT, SERVER, CODE, TOOK, WORDS, COLUMNS };

/* As smtp-send(8) names it. False: it has no such way. */
static bool
add_destination(struct str *out, const struct target *t)
{
	bool is_six = strchr(t->name, ':') != NULL;
	const char *kind = t->is_lmtp ? "lmtp" : t->is_implicit ? "smtps" : "smtp";

	switch (t->kind) {
	case TARGET_DOMAIN:
		return str_format(out, "mx:%s", t->name) == 0;
	case TARGET_HOST:
		return str_format(out, "%s:%s%s%s:%u", kind, is_six ? "[" : "", t->name,
			   is_six ? "]" : "", (unsigned)t->port) == 0;
	case TARGET_UNIX:
		return slice_find(t->place, ' ') == t->place.len &&
		       str_format(out, "lmtp:unix:%.*s", (int)t->place.len, t->place.data) == 0;
	case TARGET_SUBMISSION:
	case TARGET_PIPE:
		break;
	}
	return false;
}

static bool
add_command(struct str *out, const struct probe *p, const struct target *target)
{
	struct str path;
	bool done;

	str_init(&path, PATH_MAX);
	done = helper_program(&path, "smtp-send") == 0 &&
	       str_format(out, "%s --explain --timeout %lld", path.data,
		   (long long)p->timeout * STEPS_PER_SERVER) == 0 &&
	       (p->look.from == NULL || p->look.from[0] == '\0' ||
		   str_format(out, " --from %s", p->look.from) == 0) &&
	       str_add_text(out, " -- ") == 0 && add_destination(out, target);
	for (size_t i = 0; done && i < p->look.to_count; i++)
		done = str_format(out, " %s", p->look.to[i]) == 0;
	str_free(&path);
	return done;
}

/* The words that escape_text made, as they were: those that print escape again. */
static void
unescape(struct str *out, struct slice text)
{
	static const char hex[] = "0123456789abcdef";

	for (size_t i = 0; i < text.len; i++) {
		const char *high, *low;

		if (text.data[i] == '\\' && i + 3 < text.len && text.data[i + 1] == 'x' &&
		    (high = memchr(hex, ascii_lower(text.data[i + 2]), 16)) != NULL &&
		    (low = memchr(hex, ascii_lower(text.data[i + 3]), 16)) != NULL) {
			(void)str_add_char(out, (char)((high - hex) << 4 | (low - hex)));
			i += 3;
		} else {
			(void)str_add_char(out, text.data[i]);
		}
	}
}

static enum verdict
verdict_of(struct slice word)
{
	if (slice_is(word, "done"))
		return YES;
	if (slice_is(word, "permanent") || slice_is(word, "unmet"))
		return NO;
	return slice_is(word, "temporary") ? UNKNOWN : FACT;
}

/* A step that fails is got over if another server takes the mail: the result is what counts. */
static void
add_step(struct report *r, const struct slice *columns)
{
	enum verdict verdict = verdict_of(columns[RESULT]);
	bool is_end = slice_is(columns[STEP], "result");
	enum weight weight = verdict == YES || verdict == FACT ? PLAIN : is_end ? PROBLEM : WARNING;
	struct str id, words;
	struct result *res;
	uint64_t ms;

	str_init(&id, 64);
	str_init(&words, COMMAND_MAX);
	if (str_format(&id, "sender.%.*s", (int)columns[STEP].len, columns[STEP].data) == 0 &&
	    report_kind(str_slice(&id)) != NULL) {
		res = report_add(r, id.data, verdict, weight);
		unescape(&words, columns[SERVER]);
		if (!slice_is(columns[SERVER], "-"))
			result_about(res, "%s", words.data);
		str_clear(&words);
		unescape(&words, columns[WORDS]);
		if (!slice_is(columns[CODE], "-"))
			result_value(res, "%.*s", (int)columns[CODE].len, columns[CODE].data);
		else if (slice_is(columns[STEP], "policy")) /* whose word it is */
			result_value(
			    res, "%.*s", (int)slice_find(columns[WORDS], ':'), columns[WORDS].data);
		result_text(res, "%s", words.data);
		if (verdict == NO || verdict == UNKNOWN)
			result_reply(res, str_slice(&words));
		if (slice_number(columns[TOOK], INT64_MAX, &ms))
			result_took(res, (int64_t)ms);
	}
	str_free(&id);
	str_free(&words);
}

static size_t
add_steps(struct report *r, const struct str *output)
{
	struct slice rest = str_slice(output), line;
	size_t count = 0;

	while (slice_take(&rest, '\n', &line)) {
		struct slice columns[COLUMNS];
		size_t n = 0;

		while (n < COLUMNS && slice_take(&line, '\t', &columns[n]))
			n++;
		if (n != COLUMNS)
			continue;
		add_step(r, columns);
		count++;
	}
	return count;
}

/* Only who is told where to find them finds the same settings. */
static void
pass_environment(struct program *program, struct str *room)
{
	size_t starts[sizeof passed / sizeof passed[0]], count = 0;

	for (size_t i = 0; i < sizeof passed / sizeof passed[0]; i++) {
		const char *value = getenv(passed[i]);

		starts[count] = room->len;
		if (value != NULL && str_format(room, "%s=%s", passed[i], value) == 0 &&
		    str_add_char(room, '\0') == 0)
			count++;
	}
	for (size_t i = 0; i < count; i++)
		program->variables[i] = room->data + starts[i];
}

static void
add_failure(struct report *r, const char *why)
{
	struct result *res = report_add(r, "sender.result", UNKNOWN, PROBLEM);

	result_text(res, "smtp-send could not be asked: %s.", why);
}

static void
run(struct probe *p, const struct str *command)
{
	struct program program = {.command = str_slice(command)};
	struct str output, variables;
	int code;

	str_init(&output, OUTPUT_MAX);
	str_init(&variables, COMMAND_MAX);
	program.output = &output;
	program.until = deadline_in_seconds(p->timeout * (STEPS_PER_SERVER + 1));
	pass_environment(&program, &variables);
	code = program_run(&program);
	if (add_steps(&p->report, &output) == 0)
		add_failure(&p->report, code == -1 ? strerror(errno) : "it says nothing");
	str_free(&output);
	str_free(&variables);
}

void
sender_run(struct probe *p, const struct target *target)
{
	struct str command;

	str_init(&command, COMMAND_MAX);
	report_progress(&p->report, "having smtp-send go to %s", target->name);
	if (add_command(&command, p, target))
		run(p, &command);
	else
		add_failure(
		    &p->report, "it sends to a domain, a host and port, or a socket of LMTP");
	str_free(&command);
}
