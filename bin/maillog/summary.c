/* SPDX-License-Identifier: ISC */
#include "summary.h"

#include <string.h>

#include "reason.h"

#define NAME_MAX_SIZE 4096

const char *const status_words[STATUS_COUNT] = {"sent", "deferred", "failed"};
const char *const span_words[SPAN_COUNT] = {"delay", "queue", "connect", "transfer"};

void
summary_init(struct summary *s)
{
	memset(s, 0, sizeof *s);
	selection_init(&s->filter.selection);
	distinct_init(&s->ids);
	for (int i = 0; i < DIMENSION_COUNT; i++)
		top_init(&s->tops[i]);
	str_init(&s->name, NAME_MAX_SIZE);
}

void
summary_free(struct summary *s)
{
	selection_free(&s->filter.selection);
	distinct_free(&s->ids);
	for (int i = 0; i < DIMENSION_COUNT; i++)
		top_free(&s->tops[i]);
	hours_free(&s->hours);
	str_free(&s->name);
}

uint64_t
summary_deliveries(const struct summary *s)
{
	return s->deliveries[SENT] + s->deliveries[DEFERRED] + s->deliveries[FAILED];
}

/* What was logged as F, in S's scratch where it differs. */
static struct slice
plain(struct summary *s, const struct log_field *f)
{
	if (f == NULL)
		return slice_make(NULL, 0);
	if (!f->is_escaped)
		return f->value;
	str_clear(&s->name);
	if (log_line_unescape(&s->name, f->value) == -1)
		return f->value;
	return str_slice(&s->name);
}

/* "0.481" in milliseconds. False for what is no such time. */
static bool
read_ms(struct slice text, uint64_t *ms)
{
	size_t point = slice_find(text, '.');
	uint64_t seconds, part;

	if (text.len != point + 4 ||
	    !slice_number(slice_make(text.data, point), INT64_MAX / 1000, &seconds) ||
	    !slice_number(slice_skip(text, point + 1), 999, &part))
		return false;
	*ms = seconds * 1000 + part;
	return true;
}

static uint64_t
read_number(const struct record *r, const char *key)
{
	uint64_t value;

	return slice_number(record_value(r, key), INT64_MAX, &value) ? value : 0;
}

static void
count(struct summary *s, enum dimension by, struct slice name, enum status status)
{
	top_touch(&s->tops[by], name)->counts[status]++;
}

static void
count_lower(
    struct summary *s, enum dimension by, struct slice name, enum status status, uint64_t delay_ms)
{
	char lower[TOP_NAME_MAX];
	struct top_entry *e;

	if (name.len > sizeof lower)
		name.len = sizeof lower;
	for (size_t i = 0; i < name.len; i++)
		lower[i] = ascii_lower(name.data[i]);
	e = top_touch(&s->tops[by], slice_make(lower, name.len));
	e->counts[status]++;
	e->delay_ms += delay_ms;
	if (delay_ms > e->longest_ms)
		e->longest_ms = delay_ms;
}

/* "mx.example.org[192.0.2.1]:25" is the host's name; "maildir:/path" the kind of place. */
static struct slice
relay_name(struct slice relay)
{
	size_t bracket = slice_find(relay, '['), colon = slice_find(relay, ':');

	if (relay.len == 0)
		return slice_of("none");
	if (bracket == 0) /* an address alone */
		return slice_make(relay.data, slice_find(relay, ']') + 1);
	return slice_make(relay.data, bracket < relay.len ? bracket : colon);
}

/* "550", or "550-5.1.1" where more lines follow. */
static bool
is_code(struct slice word)
{
	return word.len >= 3 && ascii_is_digit(word.data[0]) && ascii_is_digit(word.data[1]) &&
	       ascii_is_digit(word.data[2]) && (word.len == 3 || word.data[3] == '-');
}

static void
count_reason(struct summary *s, const struct record *r, enum status status)
{
	const struct log_field *reply = record_find(r, "reply");
	struct slice text = plain(s, reply), code = record_value(r, "dsn"), rest = text, word;
	struct str reason;

	str_init(&reason, NAME_MAX_SIZE);
	/* who was not asked, or has no code in his words: ours stands before them */
	if (!slice_word(&rest, &word) || !is_code(word)) {
		(void)str_add_slice(&reason, code);
		(void)str_add_char(&reason, ' ');
	}
	if (reason_add(&reason, text) == 0)
		count(s, BY_REASON, str_slice(&reason), status);
	str_free(&reason);
}

static bool
read_status(const struct record *r, enum status *status)
{
	struct slice word = record_value(r, "status");

	for (int i = 0; i < STATUS_COUNT; i++)
		if (slice_is(word, status_words[i])) {
			*status = (enum status)i;
			return true;
		}
	return false;
}

/* As the spool has a reply: "CODE RELAY TEXT". */
static bool
has_reason(const struct summary *s, const struct record *r, struct slice to)
{
	struct str reply;
	bool has;

	if (s->filter.selection.lists[SELECTION_REASON].len == 0)
		return selection_has_recipient(&s->filter.selection, to, slice_make(NULL, 0));
	str_init(&reply, NAME_MAX_SIZE);
	(void)str_add_slice(&reply, record_value(r, "dsn"));
	(void)str_add_text(&reply, " - ");
	(void)str_add_slice(&reply, record_value(r, "reply"));
	has = selection_has_recipient(&s->filter.selection, to, str_slice(&reply));
	str_free(&reply);
	return has;
}

static bool
is_wanted(struct summary *s, const struct record *r, enum status status)
{
	struct selection_message m = {.has_envelope = true};

	if (!s->filter.is_partial)
		return true;
	if (!s->filter.statuses[status])
		return false;
	m.reverse_path = plain(s, record_find(r, "from"));
	return selection_has_message(&s->filter.selection, &m) &&
	       has_reason(s, r, plain(s, record_find(r, "to")));
}

static void
count_spans(struct summary *s, const struct record *r, uint64_t *delay)
{
	*delay = 0;
	for (int i = 0; i < SPAN_COUNT; i++) {
		uint64_t ms;

		if (!read_ms(record_value(r, span_words[i]), &ms))
			continue;
		histogram_add(&s->spans[i], ms);
		if (i == SPAN_DELAY)
			*delay = ms;
	}
}

static void
count_names(struct summary *s, const struct record *r, enum status status, uint64_t delay)
{
	struct slice name = plain(s, record_find(r, "to"));
	const struct log_field *tls = record_find(r, "tls");

	name = slice_skip(name, slice_find_last(name, '@') + 1);
	count_lower(s, BY_DOMAIN, name, status, delay);
	name = plain(s, record_find(r, "relay"));
	count_lower(s, BY_RELAY, relay_name(name), status, delay);
	name = plain(s, record_find(r, "from"));
	count_lower(s, BY_SENDER, name.len == 0 ? slice_of("<>") : name, status, delay);
	if (tls != NULL && status == SENT)
		count(s, BY_TLS, plain(s, tls), status);
	if (status != SENT)
		count_reason(s, r, status);
}

static void
add_delivery(struct summary *s, const struct record *r)
{
	enum status status;
	struct hour *hour;
	uint64_t delay;

	if (!read_status(r, &status)) {
		s->garbled++;
		return;
	}
	if (!is_wanted(s, r, status))
		return;
	s->deliveries[status]++;
	s->skipped += slice_is(record_value(r, "tried"), "no");
	distinct_add(&s->ids, record_value(r, "id"));
	count_spans(s, r, &delay);
	count_names(s, r, status, delay);
	hour = r->has_time ? hours_touch(&s->hours, r->time) : NULL;
	if (hour != NULL) {
		hour->counts[status]++;
		histogram_add(&hour->delay, delay);
	} else if (r->has_time)
		s->hours.left_out++;
}

static void
add_removed(struct summary *s, const struct record *r)
{
	(void)r;
	s->removed++;
}

static void
add_bounce(struct summary *s, const struct record *r)
{
	s->bounces += slice_is(record_value(r, "status"), "queued");
}

static void
add_expired(struct summary *s, const struct record *r)
{
	(void)r;
	s->expired++;
}

static void
add_accepted(struct summary *s, const struct record *r)
{
	s->accepted++;
	s->octets += read_number(r, "size");
	s->rcpts += read_number(r, "rcpts");
	s->accepted_tls += record_find(r, "tls") != NULL;
}

static void
add_refused(struct summary *s, const struct record *r)
{
	struct str reason;

	s->refused++;
	str_init(&reason, NAME_MAX_SIZE);
	if (reason_add(&reason, plain(s, record_find(r, "reply"))) == 0)
		count(s, BY_REFUSAL, str_slice(&reason), SENT);
	str_free(&reason);
	count(s, BY_CLIENT, plain(s, record_find(r, "client")), SENT);
}

static void
add_login(struct summary *s, const struct record *r)
{
	struct slice result = record_value(r, "result");

	if (slice_is(result, "accepted"))
		s->logins++;
	else if (slice_is(result, "refused") || slice_is(result, "limit")) {
		s->logins_failed++;
		count(s, BY_LOGIN_CLIENT, plain(s, record_find(r, "client")), SENT);
	}
}

static void
add_smtp_session(struct summary *s, const struct record *r)
{
	(void)r;
	s->smtp_sessions++;
}

static void
add_pop_session(struct summary *s, const struct record *r)
{
	s->pop_sessions++;
	s->retrieved += read_number(r, "retrieved");
	s->pop_octets += read_number(r, "octets");
}

static void
add_problem(struct summary *s, const struct record *r)
{
	struct slice text = r->text;
	struct str reason;

	s->problems++;
	if (r->count > 0) { /* an event: its words alone */
		const struct log_field *reason_field = record_find(r, "reason");

		if (reason_field != NULL)
			text = plain(s, reason_field);
	}
	str_init(&reason, NAME_MAX_SIZE);
	(void)str_add_slice(&reason, r->program);
	(void)str_add_text(&reason, ": ");
	if (reason_add(&reason, text) == 0)
		count(s, BY_PROBLEM, str_slice(&reason), SENT);
	str_free(&reason);
}

static void
add_event(struct summary *s, const struct record *r)
{
	static const struct {
		const char *program, *event;
		bool is_delivery; /* also counts where only some deliveries are wanted */
		void (*add)(struct summary *s, const struct record *r);
	} table[] = {
	    {"qrun", "delivery", true, add_delivery},
	    {"qrun", "removed", false, add_removed},
	    {"smtpd", "message", false, add_accepted},
	    {"smtpd", "refused", false, add_refused},
	    {"smtpd", "session", false, add_smtp_session},
	    {"smtpd", "auth", false, add_login},
	    {"pop3d", "auth", false, add_login},
	    {"pop3d", "session", false, add_pop_session},
	    {"qrun", "bounce", false, add_bounce},
	    {"qrun", "expired", false, add_expired},
	    {NULL, "warning", false, add_problem},
	    {NULL, "failed", false, add_problem},
	    {NULL, "fatal", false, add_problem},
	    {NULL, "problem", false, add_problem},
	    {NULL, "worker-lost", false, add_problem},
	    {NULL, "corrupt", false, add_problem},
	};

	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
		if (slice_is(r->event, table[i].event) &&
		    (table[i].program == NULL || slice_is(r->program, table[i].program))) {
			if (table[i].is_delivery || !s->filter.is_partial)
				table[i].add(s, r);
			return;
		}
}

/* True if it lies in the time that is asked for. */
static bool
is_in_time(struct summary *s, const struct record *r)
{
	if (!r->has_time) {
		s->undated++;
		return !s->filter.has_since && !s->filter.has_until;
	}
	if ((s->filter.has_since && r->time < s->filter.since) ||
	    (s->filter.has_until && r->time >= s->filter.until)) {
		s->out_of_time++;
		return false;
	}
	if (!s->has_time || r->time < s->first)
		s->first = r->time;
	if (!s->has_time || r->time > s->last)
		s->last = r->time;
	s->has_time = true;
	return true;
}

void
summary_add(struct summary *s, enum record_kind kind, const struct record *r)
{
	s->lines++;
	if (kind == RECORD_OTHER) {
		s->others++;
		return;
	}
	if (!is_in_time(s, r))
		return;
	switch (kind) {
	case RECORD_OURS:
		add_event(s, r);
		break;
	case RECORD_PROBLEM:
		if (!s->filter.is_partial)
			add_problem(s, r);
		break;
	default:
		s->garbled++;
	}
}
