/* SPDX-License-Identifier: ISC */
#include "accept.h"

#include <sys/statvfs.h>

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "accept_parts.h"
#include "base/clock.h"
#include "base/crc32c.h"
#include "conf/control.h"
#include "conf/deliver.h"
#include "mail/date.h"
#include "spool/envelope.h"
#include "spool/id.h"

#define REASON_MAX 1000
#define ME_MAX 255
#define RECIPIENT_MAX ((size_t)1024)	  /* octets of a recipient with all its fields */
#define SCRATCH_KEPT ((size_t)256 * 1024) /* more is not kept for the next message */
/* octets that a submitter's own Received field, which no client counts, may have */
#define TRACE_MAX 4096
#define PIECE_MAX ((size_t)65536)

bool
accept_fail(struct accept *a, enum accept_code code, const char *format, ...)
{
	va_list args;

	if (a->code != ACCEPT_DONE)
		return false;
	a->code = code;
	str_clear(&a->reason);
	va_start(args, format);
	(void)str_vformat(&a->reason, format, args);
	va_end(args);
	return false;
}

static bool
read_settings(struct accept *a)
{
	struct control control;
	struct str problem;
	bool good = false;

	str_init(&problem, REASON_MAX);
	limits_default(&a->limits);
	if (control_open(&control) == -1)
		(void)accept_fail(a, ACCEPT_CONFIGURATION, CONTROL_UNOPENED, control.path,
		    strerror(errno), control_advice(errno));
	else if (limits_read(&a->limits, &control, &problem) == -1)
		(void)accept_fail(a, ACCEPT_CONFIGURATION, "%s",
		    problem.len > 0 ? problem.data : strerror(errno));
	else if (deliver_read(&a->is_prompt, &control, &problem) == -1)
		(void)accept_fail(a, ACCEPT_CONFIGURATION, "%s/%s", control.path,
		    problem.len > 0 ? problem.data : "deliver cannot be read");
	else if (control_me(&control, &a->me) == -1)
		(void)accept_fail(a, ACCEPT_CONFIGURATION, "unable to read %s/me: %s", control.path,
		    strerror(errno));
	else if (quota_open(&a->quota, &a->spool, &control, &problem) == -1)
		(void)accept_fail(a, ACCEPT_CONFIGURATION, "%s",
		    problem.len > 0 ? problem.data : strerror(errno));
	else
		good = true;
	control_close(&control);
	str_free(&problem);
	return good;
}

bool
accept_open(struct accept *a)
{
	*a = (struct accept){.code = ACCEPT_DONE};
	str_init(&a->me, ME_MAX);
	str_init(&a->reason, REASON_MAX);
	str_init(&a->scratch, MESSAGE_ENVELOPE_MAX);
	a->is_closed = true;
	tally_init(&a->quota.tally);
	spool_init(&a->spool);
	commit_init(&a->commit, &a->spool);
	if (!read_settings(a))
		return false;
	if (spool_open(&a->spool) == -1 ||
	    (a->limits.spool_cells > 0 && spool_open_free(&a->spool) == -1))
		return accept_fail(a, ACCEPT_SPOOL, "%s%s", a->spool.problem.data,
		    errno == EPERM ? "; or make enqueue set-user-ID, or run its service: enqueue(8)"
				   : "");
	a->is_closed = false;
	return true;
}

size_t
accept_envelope_max(const struct accept *a)
{
	return ((size_t)a->limits.message_recipients + 4) * RECIPIENT_MAX;
}

void
accept_close(struct accept *a)
{
	commit_free(&a->commit);
	quota_close(&a->quota);
	spool_close(&a->spool);
	str_free(&a->me);
	str_free(&a->reason);
	str_free(&a->scratch);
}

const char *
accept_id(const struct accept *a)
{
	return a->known[0] != '\0' ? a->known : a->commit.header.id;
}

static bool
fail_to_write(struct accept *a)
{
	enum accept_code code = errno == ENOMEM ? ACCEPT_NO_MEMORY : ACCEPT_CANNOT_WRITE;

	return accept_fail(a, code, "unable to write to the spool: %s", strerror(errno));
}

static bool
check_space(struct accept *a)
{
	struct statvfs fs;

	if (a->limits.spool_free == 0 || fstatvfs(a->spool.fd, &fs) == -1)
		return true; /* the write itself will tell */
	if ((uint64_t)fs.f_bavail * fs.f_frsize >= a->limits.spool_free)
		return true;
	return accept_fail(a, ACCEPT_CANNOT_WRITE, "the spool's file system is nearly full");
}

static bool
convert_envelope(struct accept *a, struct slice fields, uid_t uid, size_t *recipients)
{
	static const enum accept_code codes[] = {[ENVELOPE_MALFORMED] = ACCEPT_ENVELOPE,
	    [ENVELOPE_TOO_LONG] = ACCEPT_ADDRESS_TOO_LONG,
	    [ENVELOPE_TOO_MANY] = ACCEPT_REFUSED,
	    [ENVELOPE_NO_MEMORY] = ACCEPT_NO_MEMORY};
	struct envelope_origin origin;
	enum envelope_result result;
	const char *reason;
	char source[32];

	snprintf(source, sizeof source, "uid %ld", (long)uid);
	accept_take_key(a, fields, uid);
	origin = (struct envelope_origin){slice_of(source), slice_of(a->record)};
	str_clear(&a->scratch);
	result = envelope_convert(fields, &origin, (size_t)a->limits.message_recipients,
	    &a->scratch, recipients, &reason);
	return result == ENVELOPE_GOOD || accept_fail(a, codes[result], "%s", reason);
}

/* A binary body may hold what no other may. */
static bool
is_binary(struct slice converted)
{
	struct envelope e;

	return envelope_parse(converted, &e) && slice_is(e.body, "BINARYMIME");
}

static bool
begin_commit(struct accept *a, struct slice envelope, const struct quota_who *who)
{
	size_t recipients;
	bool good =
	    convert_envelope(a, envelope, who->uid, &recipients) && accept_check_quota(a, who);

	a->check.is_binary = good && is_binary(str_slice(&a->scratch));
	if (good && commit_begin(&a->commit, str_slice(&a->scratch), recipients) == -1)
		good = fail_to_write(a);
	a->commit.is_keyed = a->record[0] != '\0';
	if (a->scratch.room > SCRATCH_KEPT)
		str_free(&a->scratch);
	return good;
}

/* A Received field for what did not come by SMTP (RFC 5321, 4.4 has no better form for it). */
static bool
add_trace(struct accept *a, uid_t uid)
{
	str_clear(&a->scratch);
	if (str_format(&a->scratch, "Received: by %s (satchel, from uid %ld) id %s;\r\n\t",
		a->me.data, (long)uid, accept_id(a)) == -1 ||
	    date_add(&a->scratch, clock_wall_seconds()) == -1 ||
	    str_add_text(&a->scratch, "\r\n") == -1 ||
	    commit_write(&a->commit, a->scratch.data, a->scratch.len) == -1)
		return fail_to_write(a);
	return true;
}

bool
accept_begin(struct accept *a, struct slice envelope, const struct quota_who *who, bool own_trace)
{
	if (a->is_closed)
		return false;
	accept_abort(a);
	a->check = (struct wire_check){.malformed = false};
	if (!check_space(a) || !begin_commit(a, envelope, who))
		return false;
	a->active = true;
	a->submitted = 0;
	a->size_max = a->limits.message_size;
	if (own_trace && a->size_max > 0)
		a->size_max += TRACE_MAX;
	return own_trace || add_trace(a, who->uid);
}

void
accept_drop(struct accept *a)
{
	commit_abort(&a->commit);
	a->active = false;
}

static bool
check_piece(struct accept *a, struct slice data)
{
	if (a->size_max > 0 && a->submitted > a->size_max)
		return accept_fail(a, ACCEPT_REFUSED, "the message is larger than %llu octets",
		    (unsigned long long)a->limits.message_size);
	if (!wire_check_piece(&a->check, data))
		return accept_fail(a, ACCEPT_REFUSED,
		    a->check.is_binary ? "the header section holds a bare CR or LF, or a NUL"
				       : "the message holds a bare CR or LF, or a NUL");
	if (a->check.received > a->limits.hops)
		return accept_fail(a, ACCEPT_REFUSED,
		    "the message has more than %llu Received fields: a mail loop",
		    (unsigned long long)a->limits.hops);
	return true;
}

void
accept_data(struct accept *a, struct slice data)
{
	a->submitted += data.len;
	if (a->record[0] != '\0')
		a->content = crc32c(a->content, data.data, data.len);
	while (data.len > 0) {
		size_t len = data.len < PIECE_MAX ? data.len : PIECE_MAX;
		struct slice piece = slice_make(data.data, len);

		/* after a failure the rest is dropped: its reason is told at the end */
		if (a->code != ACCEPT_DONE || !a->active)
			return;
		if (!check_piece(a, piece) ||
		    (commit_write(&a->commit, piece.data, len) == -1 && !fail_to_write(a)))
			accept_drop(a);
		data = slice_skip(data, len);
	}
}

bool
accept_finish(struct accept *a)
{
	if (commit_finish(&a->commit) == -1)
		return fail_to_write(a);
	if (a->commit.found_no_cell && a->want_cells != NULL)
		a->want_cells(a->want_context);
	return true;
}

bool
accept_finish_counted(struct accept *a)
{
	if (accept_count_quota(a))
		return accept_finish(a);
	accept_drop(a);
	return false;
}

bool
accept_commit(struct accept *a, uint64_t length)
{
	if (a->code == ACCEPT_DONE && (!a->active || length != a->submitted))
		(void)accept_fail(a, ACCEPT_CANNOT_READ, "the message did not come whole");
	if (a->code == ACCEPT_DONE && !wire_check_end(&a->check))
		(void)accept_fail(a, ACCEPT_REFUSED, "the message ends within a line");
	if (a->code != ACCEPT_DONE) {
		accept_drop(a);
		return false;
	}
	a->active = false;
	return a->record[0] == '\0' ? accept_finish_counted(a) : accept_finish_by_key(a);
}

void
accept_abort(struct accept *a)
{
	accept_drop(a);
	a->record[0] = a->known[0] = '\0';
	if (!a->is_closed)
		a->code = ACCEPT_DONE;
}
