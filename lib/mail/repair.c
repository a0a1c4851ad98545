/* SPDX-License-Identifier: ISC */
#include "mail/repair.h"

#include <stdio.h>

#include "mail/date.h"
#include "mail/encode.h"
#include "mail/message_id.h"
#include "mail/recipients.h"
#include "mail/repair_parts.h"
#include "mail/resent.h"

/* The fields that may come once (RFC 5322, 3.6), and which of several stays. */
enum single {
	FROM,
	DATE,
	MESSAGE_ID,
	TO,
	CC,
	REPLY_TO,
	SENDER,
	SUBJECT,
	IN_REPLY_TO,
	REFERENCES,
	SINGLES,
	OTHER = SINGLES,
};

enum rule { ANY, NOT_EMPTY, GOOD_DATE, GOOD_FROM, JOINED };

static const struct {
	const char *name;
	enum rule rule;
} singles[SINGLES] = {
    [FROM] = {"From", GOOD_FROM},
    [DATE] = {"Date", GOOD_DATE},
    [MESSAGE_ID] = {"Message-ID", NOT_EMPTY},
    [TO] = {"To", JOINED},
    [CC] = {"Cc", JOINED},
    [REPLY_TO] = {"Reply-To", JOINED},
    [SENDER] = {"Sender", NOT_EMPTY},
    [SUBJECT] = {"Subject", ANY},
    [IN_REPLY_TO] = {"In-Reply-To", NOT_EMPTY},
    [REFERENCES] = {"References", NOT_EMPTY},
};

/* What the header has. */
struct survey {
	struct slice header;
	struct header_field chosen[SINGLES]; /* whole is empty where there is none */
	size_t count[SINGLES];		     /* those that are not empty */
	bool is_bad[SINGLES];		     /* an address list of one of them is none */
	const char *resent;		     /* where the uppermost block of Resent fields begins */
	struct resent block;
	bool has_mime;
};

static enum single
single_of(struct slice name)
{
	size_t i = 0;

	while (i < SINGLES && !slice_is_nocase(name, singles[i].name))
		i++;
	return (enum single)i;
}

static bool
is_signature(struct slice name)
{
	return slice_is_nocase(name, "DKIM-Signature") ||
	       slice_is_nocase(name, "DomainKey-Signature") || slice_starts_nocase(name, "ARC-");
}

/* How many addresses BODY has; *is_bad if a part of it is none. -1 with errno. */
static int
count_addresses(struct slice body, bool *is_bad)
{
	enum recipients_result found;
	struct str address;
	int count = 0;

	*is_bad = false;
	str_init(&address, REPAIR_ADDRESS_MAX);
	while ((found = recipients_next(&body, &address)) != RECIPIENTS_END) {
		if (found == RECIPIENTS_FAILED)
			break;
		*is_bad = *is_bad || found == RECIPIENTS_BAD;
		count += found == RECIPIENTS_ONE && address.len > 0;
	}
	str_free(&address);
	return found == RECIPIENTS_FAILED ? -1 : count;
}

/* 1 if FIELD may be the one that stays. */
static int
is_good(struct survey *s, enum single which, const struct header_field *f)
{
	bool is_bad = false;
	int count = 0;

	switch (singles[which].rule) {
	case ANY:
		return 1;
	case GOOD_DATE:
		return date_is_valid(f->body);
	case GOOD_FROM:
	case JOINED:
		count = count_addresses(f->body, &is_bad);
		break;
	case NOT_EMPTY:
		break;
	}
	if (count == -1)
		return -1;
	s->is_bad[which] = s->is_bad[which] || is_bad;
	return singles[which].rule == GOOD_FROM ? count > 0 && !is_bad : f->body.len > 0;
}

/* The charset of the message counts for its header, if each octet of it is a character. */
static void
note_charset(struct repair *r, struct slice type)
{
	static const char *const known[] = {"iso-8859-", "windows-125", "koi8-"};
	size_t len = 0;

	while (type.len > 0 && !slice_starts_nocase(type, "charset="))
		type = slice_skip(type, 1);
	type = slice_skip(type, sizeof "charset=" - 1);
	if (type.len > 0 && type.data[0] == '"')
		type = slice_skip(type, 1);
	while (len < type.len && len < REPAIR_CHARSET_MAX &&
	       (ascii_is_alpha(type.data[len]) || ascii_is_digit(type.data[len]) ||
		   type.data[len] == '-'))
		len++;
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (slice_starts_nocase(slice_make(type.data, len), known[i]))
			(void)snprintf(r->charset, sizeof r->charset, "%.*s", (int)len, type.data);
}

static int
note_single(struct survey *s, const struct header_field *f)
{
	enum single which = single_of(f->name);
	int good;

	if (which == OTHER)
		return 0;
	good = is_good(s, which, f);
	if (good == -1)
		return -1;
	s->count[which] += f->body.len > 0;
	if (good == 1 && s->chosen[which].whole.len == 0)
		s->chosen[which] = *f;
	return 0;
}

static int
look(struct repair *r, struct survey *s)
{
	struct slice rest = s->header;
	struct header_field f;

	while (header_next(&rest, &f)) {
		if (note_single(s, &f) == -1)
			return -1;
		if (resent_take(&s->block, f.name) && s->resent == NULL)
			s->resent = f.whole.data;
		r->is_signed = r->is_signed || is_signature(f.name);
		if (slice_is_nocase(f.name, "Content-Type"))
			note_charset(r, f.body);
		s->has_mime = s->has_mime || slice_starts_nocase(f.name, "Content-") ||
			      slice_is_nocase(f.name, "MIME-Version");
	}
	return 0;
}

/* A field that is made of TEXT, whose lines end with CRLF. */
static int
add_made(struct repair *r, const struct str *text, struct str *out)
{
	struct slice rest = str_slice(text);
	struct header_field f;

	return header_next(&rest, &f) ? repair_field(r, &f, out) : 0;
}

/* All fields that are joined, in the place of the first (RFC 5322, 4.5.3). */
static int
add_joined(struct repair *r, const struct survey *s, enum single which, struct str *out)
{
	struct slice rest = s->header;
	struct header_field f;
	struct str text;
	int result;

	str_init(&text, out->cap);
	f = s->chosen[which];
	result = str_add(&text, f.whole.data, (size_t)(f.body.data + f.body.len - f.whole.data));
	while (result == 0 && header_next(&rest, &f)) {
		if (single_of(f.name) != which || f.body.len == 0 ||
		    f.whole.data == s->chosen[which].whole.data)
			continue;
		result = str_add_text(&text, ",\r\n ");
		if (result == 0)
			result = str_add_slice(&text, f.body);
	}
	if (result == 0)
		result = str_add_text(&text, "\r\n");
	if (result == 0)
		result = add_made(r, &text, out);
	str_free(&text);
	return result;
}

/* The field gives way to another, or to one that is made; what it said is kept under a new name. */
static int
add_renamed(struct repair *r, const struct header_field *f, struct str *out)
{
	struct str text;
	int result;

	str_init(&text, out->cap);
	result = str_add_text(&text, REPAIR_OLD_NAME);
	if (result == 0)
		result = str_add_slice(&text, f->whole);
	if (result == 0)
		result = add_made(r, &text, out);
	str_free(&text);
	return result;
}

static int
add_single(struct repair *r, const struct survey *s, enum single which,
    const struct header_field *f, struct str *out)
{
	const struct header_field *chosen = &s->chosen[which];
	bool is_joined = singles[which].rule == JOINED && s->count[which] > 1 && !s->is_bad[which];

	if (f->whole.data == chosen->whole.data)
		return is_joined ? add_joined(r, s, which, out) : repair_field(r, f, out);
	if (f->body.len == 0 || is_joined)
		return 0;
	if (singles[which].rule == JOINED)
		return repair_field(r, f, out);
	return slice_equal(f->body, chosen->body) ? 0 : add_renamed(r, f, out);
}

/* Blind copies stay blind, and the final delivery writes Return-Path (RFC 5321, 4.4). */
static bool
is_left_out(const struct repair *r, const struct header_field *f)
{
	enum repair_kind kind = repair_kind_of(f->name);

	if (slice_is_nocase(f->name, "Bcc") || slice_is_nocase(f->name, "Resent-Bcc") ||
	    slice_is_nocase(f->name, "Return-Path"))
		return true;
	/* an address list has an address (RFC 5322, 3.4) */
	return !r->is_signed && f->body.len == 0 &&
	       (kind == REPAIR_AUTHORS || kind == REPAIR_RECIPIENTS);
}

static int
add_line(
    struct repair *r, const char *name, int (*add)(struct repair *, struct str *), struct str *out)
{
	if (str_add_text(out, name) == -1 || str_add_text(out, ": ") == -1 || add(r, out) == -1)
		return -1;
	return str_add_text(out, "\r\n");
}

static int
add_author(struct repair *r, struct str *out)
{
	return r->asked->author(r->context, out);
}

static int
add_date(struct repair *r, struct str *out)
{
	return date_add(out, r->now);
}

static int
add_message_id(struct repair *r, struct str *out)
{
	struct str host;
	int result;

	str_init(&host, REPAIR_ADDRESS_MAX);
	result = r->asked->host(r->context, &host);
	if (result == 0)
		result = message_id_add(out, r->now, str_slice(&host));
	str_free(&host);
	return result;
}

/* On top of the block: the Resent fields that it must have (RFC 5322, 3.6.6). */
static int
add_resent(struct repair *r, const struct survey *s, struct str *out)
{
	static const struct {
		const char *name;
		int (*add)(struct repair *, struct str *);
	} wanted[] = {
	    {"Resent-From", add_author},
	    {"Resent-Date", add_date},
	    {"Resent-Message-ID", add_message_id},
	};

	if (s->block.has_trace)
		return 0;
	for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
		if (!resent_has(&s->block, wanted[i].name) &&
		    add_line(r, wanted[i].name, wanted[i].add, out) == -1)
			return -1;
	return 0;
}

static int
add_fields(struct repair *r, const struct survey *s, struct str *out)
{
	struct slice rest = s->header;
	struct header_field f;

	while (header_next(&rest, &f)) {
		enum single which = single_of(f.name);
		int result;

		if (f.whole.data == s->resent && add_resent(r, s, out) == -1)
			return -1;
		if (is_left_out(r, &f))
			continue;
		result = which == OTHER || r->is_signed ? repair_field(r, &f, out)
							: add_single(r, s, which, &f, out);
		if (result == -1)
			return -1;
	}
	return 0;
}

static bool
has(const struct repair *r, const struct survey *s, enum single which)
{
	return s->chosen[which].whole.len > 0 || (r->is_signed && s->count[which] > 0);
}

/* Some hosts refuse what says nobody whom it is for, though RFC 5322, 3.6 allows it. */
static int
add_to(struct repair *r, struct str *out)
{
	(void)r;
	return str_add_text(out, "undisclosed-recipients:;");
}

static int
add_mime(struct str *out)
{
	return str_add_text(out, "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
				 "Content-Transfer-Encoding: 8bit\r\n");
}

static int
add_missing(struct repair *r, const struct survey *s, struct str *out)
{
	if (!has(r, s, FROM) && add_line(r, "From", add_author, out) == -1)
		return -1;
	if (!has(r, s, TO) && !has(r, s, CC) && add_line(r, "To", add_to, out) == -1)
		return -1;
	if (!has(r, s, DATE) && add_line(r, "Date", add_date, out) == -1)
		return -1;
	if (!has(r, s, MESSAGE_ID) && add_line(r, "Message-ID", add_message_id, out) == -1)
		return -1;
	return r->is_body_utf8 && !s->has_mime && !r->is_signed ? add_mime(out) : 0;
}

int
repair_header(struct repair *r, struct slice header, struct str *out)
{
	struct survey s = {.header = header};

	r->is_signed = r->has_utf8_address = false;
	(void)snprintf(r->charset, sizeof r->charset, "%s", ENCODE_UNKNOWN);
	if (look(r, &s) == -1 || add_fields(r, &s, out) == -1)
		return -1;
	return add_missing(r, &s, out);
}
