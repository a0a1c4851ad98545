/* SPDX-License-Identifier: ISC */
/*
 * What the parts of qstat share. A form is a way to show messages: it is told of each, of its
 * recipients that are wanted, and of the end of each, while they are read; so memory is the same
 * for any queue.
 */
#ifndef QSTAT_QSTAT_H
#define QSTAT_QSTAT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "base/terminal.h"
#include "spool/survey.h"
#include "words.h"

#define PROGRAM "qstat"

struct qstat;

struct form {
	void (*begin)(struct qstat *q);	  /* each may be null */
	void (*heading)(struct qstat *q); /* before the first message that is shown */
	void (*message)(struct qstat *q, const struct survey_message *m);
	void (*recipient)(struct qstat *q, const struct survey_message *m,
	    const struct envelope_recipient *r, const struct recipient_state *state);
	void (*message_end)(struct qstat *q, const struct survey_message *m);
	void (*end)(struct qstat *q); /* all have been seen */
	bool wants_done;	      /* recipients that are done, too */
	bool skips_recipients;	      /* they need not be read, but where the selection does */
};

struct totals {
	uint64_t active, fresh, deferred, held, damaged, arriving; /* messages */
	uint64_t messages, recipients, octets;
	int64_t oldest; /* when it came; 0 for none */
};

struct qstat {
	/* what is asked for */
	struct selection selection;
	char **ids; /* of count messages; none: all */
	int count;
	bool wants_all;	 /* -a: recipients that are done, too */
	bool wants_json; /* --json */
	bool wants_body; /* show --body */
	bool wants_raw;	 /* show --raw */
	bool is_full;	 /* --full: however long */
	enum { BY_DOMAIN, BY_RECIPIENT, BY_SENDER, BY_SUBMITTER, BY_REASON } by; /* shape --by */
	uint64_t top;	      /* shape --top; 0 for what fits */
	const char *order;    /* list --sort; or null */
	bool is_reversed;     /* --reverse */
	uint64_t limit;	      /* --limit; 0 for all */
	bool is_limit_preset; /* --sort alone: what there is room for */
	const char *own_form; /* own_list's, for who may not read the spool */

	struct spool spool;
	struct terminal terminal;
	const struct form *form;
	struct survey survey;
	struct totals totals;
	int64_t now;
	struct str out;	    /* for standard output, not written yet */
	struct str text;    /* scratch: what safe gave */
	bool is_broken;	    /* standard output cannot be written */
	int64_t place_when; /* the time that place_words are of */
	char place_words[WORDS_SIZE];
	void *own;		 /* the form's */
	struct sorting *sorting; /* what is shown at the end; or null */
	int code;
};

/* Opens the spool, or ends the program: with a list of his own, for who may not read it. */
void queue_open(struct qstat *q);
/* Shows the messages of the selection in ORDER as q->form does. */
void queue_show(struct qstat *q, enum place_order order);
/* The exit code; closes everything. */
int queue_close(struct qstat *q);
/* What stands in q->out is written if there is much of it, or FORCE says so. */
void queue_flush(struct qstat *q, bool force);
/* q->out gets more; an error counts as output that cannot be written. */
void put(struct qstat *q, const char *text);
void put_slice(struct qstat *q, struct slice text);
void put_format(struct qstat *q, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* TEXT escaped, in q->text until the next call. */
struct slice safe(struct qstat *q, struct slice text);
/* The same for a reply that a state keeps: it has been escaped, but for what nobody wrote there. */
struct slice safe_reply(struct qstat *q, struct slice text);

/* The forms, each in the file of its name. */
extern const struct form plain_form, detail_form, table_form, ids_form, json_form, totals_form;
extern const struct form mailq_form, sendmail_form, show_form, shape_form;

/* "2 messages, 1 new, 1 deferred; 3 recipients, 2052 octets" and a line feed. */
void totals_put(struct qstat *q);
void totals_add(struct qstat *q, const struct survey_message *m);

/* qstat hosts. */
void hosts_show(struct qstat *q);

#endif
