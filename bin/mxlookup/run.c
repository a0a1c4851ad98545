/* SPDX-License-Identifier: ISC */
#include "run.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/die.h"
#include "net/idn.h"
#include "policies.h"

#define RUNNING_MAX 2048	     /* domains that are being looked at */
#define QUEUED_MAX 65536	     /* these, and those done that wait for one before them */
#define TEXT_MAX ((size_t)4 << 20)   /* of one domain */
#define TEXTS_MAX ((size_t)32 << 20) /* of all that wait: then no other domain is begun */

struct task {
	struct task *next; /* that came behind it */
	char *domain, ascii[IDN_NAME_SIZE];
	struct look look;
	enum outcome outcome;
	struct str text;
	bool is_done;
};

struct run {
	struct settings *settings;
	struct input *input;
	struct dns_many *many;
	struct policies policies[WISHES];
	struct task *first, **end; /* in the order of input */
	size_t running, queued, texts;
	enum outcome worst;
	bool is_over; /* no more input */
};

static int
print(const struct run *r, struct task *t)
{
	static int (*const printers[])(struct str * out, const json_t *top, unsigned parts) = {
	    [FORM_TABLE] = print_table,
	    [FORM_TAB] = print_tab,
	    [FORM_PLAIN] = print_plain,
	    [FORM_JSON] = print_json,
	    [FORM_ENV] = print_env,
	};

	str_clear(&t->text);
	return printers[r->settings->form](&t->text, t->look.top, r->settings->parts);
}

static void
finish(struct run *r, struct task *t)
{
	int printed = print(r, t);

	/* whose DNS says so much must not keep others from their answers */
	if (printed == -1 && errno == EMSGSIZE) {
		t->outcome = look_give_up(&t->look);
		printed = print(r, t);
	}
	if (printed == -1 || t->look.has_failed)
		die(PROGRAM, EXIT_TEMPORARY, "out of memory");
	t->is_done = true;
	r->running--;
	r->texts += t->text.len;
	dns_sheet_free(t->look.sheet);
	for (size_t i = 0; i < WISHES; i++)
		sts_answer_free(&t->look.wishes[i].answer);
}

/* True if there is one to wait for. */
static bool
want_policies(struct run *r, struct look *l)
{
	bool waits = false;

	for (size_t i = 0; i < WISHES; i++) {
		if (l->wishes[i].state == WISH_WANTED)
			policies_want(&r->policies[i], &l->wishes[i]);
		if (l->wishes[i].state == WISH_ASKED)
			waits = true;
	}
	return waits;
}

/* From the beginning, with what is known by now. */
static void
attempt(struct run *r, struct task *t)
{
	struct look *l = &t->look;
	bool waits;

	dns_sheet_use(r->many, l->sheet);
	t->outcome = look_up(l);
	dns_sheet_use(r->many, NULL);
	waits = want_policies(r, l);
	if (!dns_sheet_lacks(l->sheet) && !waits)
		finish(r, t);
	json_decref(l->top);
	l->top = NULL;
}

static void
begin(struct run *r, const struct str *word)
{
	struct task *t = calloc(1, sizeof *t);

	if (t == NULL || (t->domain = strndup(word->data, word->len)) == NULL)
		die(PROGRAM, EXIT_TEMPORARY, "out of memory");
	str_init(&t->text, TEXT_MAX);
	t->look = (struct look){.settings = r->settings,
	    .domain = slice_of(t->domain),
	    .until = deadline_in_seconds(r->settings->timeout)};
	t->look.ascii = idn_to_ascii(t->look.domain, t->ascii) ? t->ascii : t->domain;
	for (size_t i = 0; i < WISHES; i++) {
		t->look.wishes[i].look = &t->look;
		sts_answer_init(&t->look.wishes[i].answer);
	}
	t->look.sheet = dns_sheet_new(r->many, t->look.until, t);
	if (t->look.sheet == NULL)
		die(PROGRAM, EXIT_TEMPORARY, "out of memory");
	*r->end = t;
	r->end = &t->next;
	r->running++;
	r->queued++;
	attempt(r, t);
}

/* Those at the front that are done. */
static void
print_done(struct run *r)
{
	bool any = false;

	while (r->first != NULL && r->first->is_done) {
		struct task *t = r->first;

		any = true;
		if (fwrite(t->text.data, 1, t->text.len, stdout) != t->text.len)
			die_errno(PROGRAM, EXIT_TEMPORARY, "unable to write");
		if (t->outcome > r->worst)
			r->worst = t->outcome;
		r->first = t->next;
		if (r->first == NULL)
			r->end = &r->first;
		r->queued--;
		r->texts -= t->text.len;
		str_free(&t->text);
		free(t->domain);
		free(t);
	}
	if (any && fflush(stdout) != 0)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to write");
}

/* True if standard input is to be waited for. */
static bool
begin_more(struct run *r)
{
	while (!r->is_over && r->running < RUNNING_MAX && r->queued < QUEUED_MAX &&
	       r->texts < TEXTS_MAX) {
		switch (input_next(r->input)) {
		case INPUT_WORD:
			begin(r, &r->input->word);
			break;
		case INPUT_WAIT:
			return true;
		case INPUT_END:
			r->is_over = true;
			break;
		case INPUT_FAILED:
			die_errno(PROGRAM, EXIT_TEMPORARY, "unable to keep what was read");
		}
	}
	return false;
}

static struct task *
task_of(const struct wish *wish)
{
	return dns_sheet_owner(wish->look->sheet);
}

static void
begin_policies(struct run *r)
{
	struct wish *wish;

	for (size_t i = 0; i < WISHES; i++)
		while ((wish = policies_begin(&r->policies[i])) != NULL)
			attempt(r, task_of(wish));
}

/* Waits for something, and goes on with those that it was waited for. */
static void
turn(struct run *r, bool reads)
{
	struct pollfd others[WISHES * POLICIES_MAX + 1];
	size_t counts[WISHES], count = 0, at = 0;
	deadline until = DEADLINE_NEVER;
	struct dns_sheet *sheet;
	struct wish *wish;

	for (size_t i = 0; i < WISHES; i++)
		count += counts[i] = policies_polled(&r->policies[i], others + count, &until);
	if (reads)
		others[count] = (struct pollfd){.fd = STDIN_FILENO, .events = POLLIN};
	if (dns_many_turn(r->many, others, count + reads, until) == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to wait");
	if (reads && others[count].revents != 0 && input_read(r->input) == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to read standard input");
	while ((sheet = dns_many_ready(r->many)) != NULL)
		attempt(r, dns_sheet_owner(sheet));
	for (size_t i = 0; i < WISHES; at += counts[i++])
		while ((wish = policies_take(&r->policies[i], others + at, counts[i])) != NULL)
			attempt(r, task_of(wish));
}

static void
open_policies(struct run *r, struct slice servers)
{
	struct tls *t = &r->settings->tls;

	for (size_t i = 0; i < WISHES; i++)
		policies_init(&r->policies[i]);
	if (policies_open_fresh(&r->policies[WISH_FRESH], servers) == -1)
		die(PROGRAM, EXIT_TEMPORARY, "out of memory");
	if ((r->settings->parts & PART_TLS) != 0 &&
	    policies_open_kept(&r->policies[WISH_KEPT], &t->control, &t->text) == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to read %s/mta-sts", t->control.path);
}

enum outcome
run_all(struct settings *settings, struct input *input, struct slice servers)
{
	struct run r = {.settings = settings, .input = input, .worst = FOUND};

	r.end = &r.first;
	r.many = dns_many_open(settings->dns);
	if (r.many == NULL)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to set up the resolver");
	open_policies(&r, servers);
	while (!r.is_over || r.first != NULL) {
		bool reads = begin_more(&r);

		begin_policies(&r);
		print_done(&r);
		if (r.running > 0 || reads)
			turn(&r, reads);
	}
	for (size_t i = 0; i < WISHES; i++)
		policies_close(&r.policies[i]);
	dns_many_close(r.many);
	return r.worst;
}
