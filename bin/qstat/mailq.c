/* SPDX-License-Identifier: ISC */
/*
 * The lists that programs for Postfix and for Sendmail read. Of both their widths are kept, though
 * ids are longer than theirs; readers split at blanks.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/die.h"
#include "qstat.h"
#include "words.h"

#define WHY_COLUMNS 76 /* reasons end there, or begin the line */
#define WHY_MAX ((size_t)512)
#define DATE_SIZE 32

struct mailq {
	uint64_t octets, messages;
	struct str why; /* of the recipient before */
};

static void
begin(struct qstat *q)
{
	struct mailq *l = calloc(1, sizeof *l);

	if (l == NULL)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to begin");
	str_init(&l->why, WHY_MAX);
	q->own = l;
}

/* As ctime(3) and in English, without the year. */
static const char *
show_date(char text[DATE_SIZE], int64_t seconds, bool with_seconds)
{
	static const char days[] = "SunMonTueWedThuFriSat";
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	time_t when = (time_t)seconds;
	struct tm tm;
	int n;

	if (localtime_r(&when, &tm) == NULL)
		return "?";
	n = snprintf(text, DATE_SIZE, "%.3s %.3s %2d %02d:%02d", days + 3 * tm.tm_wday,
	    months + 3 * tm.tm_mon, tm.tm_mday, tm.tm_hour, tm.tm_min);
	if (with_seconds)
		snprintf(text + n, DATE_SIZE - (size_t)n, ":%02d", tm.tm_sec);
	return text;
}

static uint64_t
size_of(const struct survey_message *m)
{
	return m->result == VIEW_GOOD ? m->view->header.length : m->view->size;
}

static char
mark_of(const struct survey_message *m)
{
	if (m->state == STATE_ACTIVE || m->state == STATE_ARRIVING)
		return '*';
	return m->state == STATE_HELD || m->place->kind == PLACE_CORRUPT ? '!' : ' ';
}

static void
count(struct mailq *l, const struct survey_message *m)
{
	l->messages++;
	l->octets += size_of(m);
	str_clear(&l->why);
}

static void
message(struct qstat *q, const struct survey_message *m)
{
	struct mailq *l = q->own;
	char date[DATE_SIZE];

	put(q, l->messages > 0
		   ? "\n"
		   : "-Queue ID-  --Size-- ----Arrival Time---- -Sender/Recipient-------\n");
	count(l, m);
	put_format(q, "%s%c %7" PRIu64 " %-20s ", m->entry->id, mark_of(m), size_of(m),
	    show_date(date, m->arrival, true));
	if (m->result != VIEW_GOOD)
		put(q, "(unreadable)");
	else if (m->view->envelope.reverse_path.len == 0)
		put(q, "MAILER-DAEMON");
	else
		put_slice(q, safe(q, m->view->envelope.reverse_path));
	put(q, "\n");
}

/* "host RELAY said: TEXT", or the text alone where nobody said it. */
static struct slice
say_why(struct qstat *q, const struct recipient_state *state)
{
	struct reply reply = words_reply(state->reply);
	struct slice code = words_code(&reply), text;
	struct str why;

	str_init(&why, WHY_MAX);
	if (reply.relay.len > 0)
		(void)str_format(&why, "host %.*s said: ", (int)reply.relay.len, reply.relay.data);
	(void)str_format(&why, "%.*s%s%.*s", (int)code.len, code.data,
	    code.len > 0 && reply.text.len > 0 ? " " : "", (int)reply.text.len, reply.text.data);
	text = safe_reply(q, str_slice(&why));
	str_free(&why);
	return text;
}

static void
recipient(struct qstat *q, const struct survey_message *m, const struct envelope_recipient *r,
    const struct recipient_state *state)
{
	struct mailq *l = q->own;
	struct slice why = say_why(q, state);

	(void)m;
	/* recipients of one reason stand below it together */
	if (!slice_equal(why, str_slice(&l->why))) {
		str_clear(&l->why);
		(void)str_add_slice(&l->why, why);
		if (why.len == 0)
			why = slice_of("reason unavailable");
		put_format(q, "%*s(", why.len < WHY_COLUMNS ? WHY_COLUMNS - (int)why.len : 0, "");
		put_slice(q, why);
		put(q, ")\n");
	}
	put_format(q, "%41s", "");
	put_slice(q, safe(q, r->address));
	put(q, "\n");
}

static void
end(struct qstat *q)
{
	struct mailq *l = q->own;

	if (l->messages == 0)
		put(q, "Mail queue is empty\n");
	else
		put_format(q, "\n-- %" PRIu64 " Kbytes in %" PRIu64 " Request%s.\n",
		    l->octets / 1024, l->messages, l->messages == 1 ? "" : "s");
	str_free(&l->why);
	free(l);
}

static void
sendmail_message(struct qstat *q, const struct survey_message *m)
{
	struct mailq *l = q->own;
	char date[DATE_SIZE];

	if (l->messages == 0)
		put(q, "-----Q-ID----- --Size-- -----Q-Time----- "
		       "------------Sender/Recipient-----------\n");
	count(l, m);
	put_format(q, "%s%c %8" PRIu64 " %s ", m->entry->id, mark_of(m), size_of(m),
	    show_date(date, m->arrival, false));
	put(q, "<");
	if (m->result == VIEW_GOOD)
		put_slice(q, safe(q, m->view->envelope.reverse_path));
	put(q, ">\n");
}

static void
sendmail_recipient(struct qstat *q, const struct survey_message *m,
    const struct envelope_recipient *r, const struct recipient_state *state)
{
	struct mailq *l = q->own;
	struct slice why = say_why(q, state);

	(void)m;
	if (why.len > 0 && !slice_equal(why, str_slice(&l->why))) {
		str_clear(&l->why);
		(void)str_add_slice(&l->why, why);
		put(q, "                 (Deferred: ");
		put_slice(q, why);
		put(q, ")\n");
	}
	put(q, "\t\t\t\t\t <");
	put_slice(q, safe(q, r->address));
	put(q, ">\n");
}

static void
sendmail_end(struct qstat *q)
{
	struct mailq *l = q->own;

	if (l->messages == 0)
		put(q, "mqueue is empty\n");
	put_format(q, "\t\tTotal requests: %" PRIu64 "\n", l->messages);
	str_free(&l->why);
	free(l);
}

const struct form mailq_form = {
    .begin = begin, .message = message, .recipient = recipient, .end = end};
const struct form sendmail_form = {.begin = begin,
    .message = sendmail_message,
    .recipient = sendmail_recipient,
    .end = sendmail_end};
