/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "act.h"
#include "base/crc32c.h"
#include "base/die.h"
#include "base/escape.h"
#include "base/span.h"
#include "init.h"

#define MANY 10		 /* messages that are named are done without a question up to here */
#define SENDERS_MAX 1024 /* that are told apart */
#define SHOWN_MAX 3	 /* recipients */
#define NUMBER_SIZE 32

/* What a look at the messages comes to. */
struct count {
	struct act *a;
	uint64_t messages;
	uint64_t senders[SENDERS_MAX];
	size_t sender_count;
	bool has_more_senders;
	struct str line;
};

static void
add_sender(struct count *c, struct slice sender)
{
	uint64_t hash = (uint64_t)crc32c(0, sender.data, sender.len) << 32 |
			crc32c(0xa5a5a5a5, sender.data, sender.len);

	for (size_t i = 0; i < c->sender_count; i++)
		if (c->senders[i] == hash)
			return;
	if (c->sender_count < SENDERS_MAX)
		c->senders[c->sender_count++] = hash;
	else
		c->has_more_senders = true;
}

static void
show_recipients(struct count *c, const struct survey_message *m)
{
	struct envelope_recipient r;
	struct recipient_state state;
	uint64_t count = 0;

	while (view_next(m->view, &r, &state)) {
		if (c->a->verb->takes_recipients ? !deed_is_about(c->a, &r, &state)
						 : selection_is_done(&state))
			continue;
		if (count++ < SHOWN_MAX) {
			(void)str_add_text(&c->line, count == 1 ? " to <" : ", <");
			(void)escape_text(&c->line, r.address);
			(void)str_add_char(&c->line, '>');
		}
	}
	if (count > SHOWN_MAX)
		(void)str_format(&c->line, " and %" PRIu64 " more", count - SHOWN_MAX);
}

static bool
show_message(void *context, const struct survey_message *m)
{
	struct count *c = context;
	char age[SPAN_SIZE];

	if (m->result == VIEW_INCOMPLETE)
		return true;
	str_clear(&c->line);
	(void)str_format(&c->line, "%s %s: ", m->entry->id, c->a->verb->intended);
	(void)str_add_text(&c->line, span_text(age, m->age));
	if (m->result == VIEW_GOOD) {
		(void)str_add_text(&c->line, " old, from <");
		(void)escape_text(&c->line, m->view->envelope.reverse_path);
		(void)str_add_char(&c->line, '>');
		show_recipients(c, m);
	} else
		(void)str_add_text(&c->line, " old, and damaged");
	if (m->state == STATE_ACTIVE)
		(void)str_add_text(&c->line, " (being delivered now)");
	printf("%s\n", c->line.data);
	c->messages++;
	return ferror(stdout) == 0;
}

static bool
count_message(void *context, const struct survey_message *m)
{
	struct count *c = context;

	if (m->result == VIEW_INCOMPLETE)
		return true;
	c->messages++;
	if (m->result == VIEW_GOOD)
		add_sender(c, m->view->envelope.reverse_path);
	return true;
}

static void
complain_quietly(void *context, enum survey_trouble trouble, const char *name)
{
	(void)context;
	(void)trouble;
	(void)name;
}

static void
complain_aloud(void *context, enum survey_trouble trouble, const char *name)
{
	struct count *c = context;

	c->a->survey.complain(c->a, trouble, name);
}

static void
look(struct act *a, struct count *c, bool shows)
{
	struct survey survey = a->survey;

	survey.visit = shows ? show_message : count_message;
	survey.leave = NULL;
	survey.complain = shows ? complain_aloud : complain_quietly;
	survey.context = c;
	if (survey_run(&survey) == -1)
		die(PROGRAM, EXIT_TEMPORARY, "%s", a->spool.problem.data);
}

void
ask_show(struct act *a)
{
	struct count c = {.a = a};

	str_init(&c.line, (size_t)1 << 20);
	look(a, &c, true);
	str_free(&c.line);
}

/* With a space between each three digits. */
static const char *
show_number(char text[NUMBER_SIZE], uint64_t number)
{
	char digits[NUMBER_SIZE];
	int len = snprintf(digits, sizeof digits, "%" PRIu64, number), n = 0;

	for (int i = 0; i < len && n + 2 < NUMBER_SIZE; i++) {
		if (i > 0 && (len - i) % 3 == 0)
			text[n++] = ' ';
		text[n++] = digits[i];
	}
	text[n] = '\0';
	return text;
}

static bool
hears_yes(void)
{
	char answer[16];

	(void)fflush(stdout);
	if (fgets(answer, sizeof answer, stdin) == NULL) {
		putchar('\n'); /* nobody pressed Enter */
		return false;
	}
	return answer[0] == 'y' || answer[0] == 'Y';
}

static bool
is_many(const struct wish *w)
{
	/* what comes on standard input was named one by one, and can be read only once */
	for (int i = 0; i < w->id_count; i++)
		if (strcmp(w->ids[i], "-") == 0)
			return false;
	return w->id_count == 0 || w->id_count > MANY;
}

bool
ask_first(struct act *a)
{
	const struct wish *w = a->wish;
	struct count c = {.a = a};
	char messages[NUMBER_SIZE], senders[NUMBER_SIZE];

	if (!a->verb->asks || w->says_yes || !is_many(w))
		return true;
	if (isatty(STDIN_FILENO) == 0 || isatty(STDOUT_FILENO) == 0) {
		if (w->id_count > 0)
			return true; /* each of them was named */
		fprintf(stderr,
		    "%s: nobody can be asked whether to %s so many: say -y, or see with -n what "
		    "it would be\n",
		    PROGRAM, a->verb->name);
		a->code = EXIT_PERMANENT;
		return false;
	}
	a->asked_at = clock_wall_us();
	look(a, &c, false);
	if (c.messages == 0)
		return true;
	printf("%s %s message%s of %s%s sender%s? [y/N] ", a->verb->name,
	    show_number(messages, c.messages), c.messages == 1 ? "" : "s",
	    c.has_more_senders ? "more than " : "", show_number(senders, c.sender_count),
	    c.sender_count == 1 ? "" : "s");
	if (hears_yes())
		return true;
	fprintf(stderr, "%s: nothing was done\n", PROGRAM);
	a->code = EXIT_PERMANENT;
	return false;
}
