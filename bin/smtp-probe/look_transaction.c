/* SPDX-License-Identifier: ISC */
/*
 * --to, --from, --size: MAIL and RCPT as a sender would say them, then RSET, never DATA. It is here
 * that greylisting, relaying, limits and full mailboxes show.
 */
#include <string.h>

#include "look_parts.h"

static const char *
sender(const struct look *k)
{
	return k->probe->look.from == NULL ? "" : k->probe->look.from;
}

/* What it says of itself, in numbers; 0: no limit. */
static uint64_t
size_limit(const struct look *k)
{
	struct slice value, word;
	uint64_t octets = 0;

	if (look_hello_find(k->hello, "SIZE", &value) && slice_word(&value, &word))
		(void)slice_number(word, UINT64_MAX, &octets);
	return octets;
}

static void
add_fit(struct look *k, enum verdict verdict, bool is_asked)
{
	struct result *res = report_add(k->report, "size.fits", verdict, PROBLEM);
	unsigned long long size = k->probe->look.size, limit = size_limit(k);

	result_source(res, "RFC 1870, 6");
	result_value(res, "%llu", size);
	if (is_asked)
		result_reply(res, str_slice(&k->link.words));
	if (verdict == YES)
		result_text(res, "It begins to take a message of %llu octets.", size);
	else if (verdict == NO && limit > 0 && limit < size)
		result_text(res, "A message of %llu octets is too big: it takes %llu at most.",
		    size, limit);
	else if (verdict == NO)
		result_text(res, "A message of %llu octets is too big.", size);
	else
		result_text(res,
		    "Whether it takes %llu octets, it would say at the end of the "
		    "message alone.",
		    size);
	if (verdict == NO)
		result_advice(res, "Send less at once, or raise the limit there.");
}

/* MAIL, with SIZE if that is offered and WITH_SIZE. */
static struct judgement
say_mail(struct look *k, bool with_size)
{
	if (with_size)
		(void)link_say(&k->link, "MAIL FROM:<%s> SIZE=%llu", sender(k),
		    (unsigned long long)k->probe->look.size);
	else
		(void)link_say(&k->link, "MAIL FROM:<%s>", sender(k));
	(void)look_note(k);
	return look_judge(k, ASK_MAIL);
}

/* False, with "mail" judged, if there is nobody to go on with. */
static bool
ask_mail(struct look *k)
{
	uint64_t size = k->probe->look.size, limit = size_limit(k);
	struct slice value;
	bool with_size = size > 0 && look_hello_find(k->hello, "SIZE", &value);
	struct judgement j = say_mail(k, with_size);
	bool is_too_big = j.cause == CAUSE_TOO_BIG;

	if (size > 0 && (is_too_big || (limit > 0 && size > limit)))
		add_fit(k, NO, is_too_big);
	/* what else it would say of the sender and of recipients */
	if (with_size && is_too_big && link_is_open(&k->link))
		j = say_mail(k, false);
	(void)look_add_judged(k, "mail", j, PROBLEM);
	return j.verdict == YES;
}

/* A reply to RCPT may be about the size, too (RFC 1870, 6.1). */
static bool
ask_rcpt(struct look *k, const char *to)
{
	struct judgement j;
	struct result *res;

	(void)link_say(&k->link, "RCPT TO:<%s>", to);
	(void)look_note(k);
	j = look_judge(k, ASK_RCPT);
	if (j.cause == CAUSE_TOO_BIG && report_find(k->report, "size.fits") == NULL)
		add_fit(k, j.verdict, true);
	res = look_add_judged(k, "rcpt", j, PROBLEM);
	result_about(res, "%s", to);
	if (j.verdict == YES)
		result_text(res, "It begins to take mail for this recipient.");
	return link_is_open(&k->link) && k->link.answer == ANSWERED &&
	       k->link.client.reply.code != 421;
}

static void
add_unasked(struct look *k, size_t from)
{
	for (size_t i = from; i < k->probe->look.to_count; i++) {
		struct result *res = look_add(k, "rcpt", UNKNOWN, PLAIN);

		result_about(res, "%s", k->probe->look.to[i]);
		result_text(res, "It was not asked, as nothing goes on behind the step before.");
	}
}

/* Whoever comes to the end with nothing said of the size, has it taken as far as can be told. */
static void
finish_size(struct look *k, bool is_taken)
{
	struct slice value;

	if (k->probe->look.size == 0 || report_find(k->report, "size.fits") != NULL)
		return;
	add_fit(k, is_taken && look_hello_find(k->hello, "SIZE", &value) ? YES : UNKNOWN, false);
}

void
look_transaction(struct look *k)
{
	size_t i = 0, count = k->probe->look.to_count;
	bool is_taken;

	if (count == 0 && k->probe->look.size == 0)
		return;
	report_progress(k->report, "asking %s for recipients", k->server->where);
	is_taken = ask_mail(k);
	while (is_taken && i < count)
		if (!ask_rcpt(k, k->probe->look.to[i++]))
			break;
	add_unasked(k, i);
	finish_size(k, is_taken);
	if (!link_is_open(&k->link) || k->link.answer != ANSWERED ||
	    k->link.client.reply.code == 421) {
		(void)look_leave(k);
		return;
	}
	(void)link_say(&k->link, "RSET");
	if (!look_note(k))
		(void)look_leave(k);
}
