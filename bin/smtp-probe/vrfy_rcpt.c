/* SPDX-License-Identifier: ISC */
/*
 * The second opinion: what the server says to RCPT, which it has to answer if it wants mail. A
 * transaction for each, begun with the null reverse-path and ended by RSET: nothing is sent.
 */
#include <stdlib.h>
#include <string.h>

#include "vrfy_parts.h"

/* The link has what was said to RCPT, or why it did not come to that. */
static struct judgement
ask(struct vrfy *v, const char *name)
{
	struct judgement judgement = {UNKNOWN, CAUSE_NO_ANSWER};
	unsigned failures = v->failures;

	if (vrfy_ask(v, "MAIL FROM:<", "", ">") != ANSWERED)
		return judgement;
	judgement = judge_reply(ANSWERED, &v->link.client.reply, ASK_MAIL);
	if (judgement.verdict != YES) {
		judgement.verdict = UNKNOWN; /* of the recipient */
		return judgement;
	}
	/* the transaction would be gone in another connection */
	if (link_say(&v->link, "RCPT TO:<%s>", name) != ANSWERED ||
	    v->link.client.reply.code == 421)
		v->failures = failures + 1;
	return judge_reply(v->link.answer, &v->link.client.reply, ASK_RCPT);
}

/* Keeps what the link has said. */
static void
reset(struct vrfy *v)
{
	if (link_is_open(&v->link))
		(void)link_say(&v->link, "RSET");
}

static void
find_baseline(struct vrfy *v, struct vrfy_baseline *base)
{
	struct str name;
	struct judgement said;
	struct result *res;

	if (base->knows_rcpt)
		return;
	str_init(&name, 1000);
	vrfy_random_name(&name, slice_of(base->domain));
	said = ask(v, name.data);
	base->knows_rcpt = true;
	base->rcpt = said.verdict;
	res = report_add(&v->p->report, "rcpt.catch-all", said.verdict, PLAIN);
	result_about(res, "%s", base->domain);
	result_text(res, "%s",
	    said.verdict == YES	 ? "RCPT is taken for a name that nobody can have."
	    : said.verdict == NO ? "RCPT is refused for a name that nobody can have."
				 : "What RCPT says of a name that nobody can have, is no answer.");
	result_reply(res, str_slice(&v->link.words));
	reset(v);
	str_free(&name);
}

static void
ask_name(struct vrfy *v, const struct vrfy_baseline *base, const char *name)
{
	struct judgement said = ask(v, name);
	bool is_of_all = said.verdict == YES && base->rcpt != NO;
	enum verdict verdict = is_of_all ? UNKNOWN : said.verdict;
	struct result *res = report_add(&v->p->report, "rcpt.address", verdict,
	    verdict == YES  ? PLAIN
	    : verdict == NO ? PROBLEM
			    : WARNING);

	result_about(res, "%s", name);
	result_text(res, "%s",
	    is_of_all	     ? "It is taken, but so may be any name."
	    : verdict == YES ? "Mail for it is taken, unlike that for names that nobody can have."
	    : verdict == UNKNOWN && v->link.answer != ANSWERED ? "There is no answer."
							       : judge_sentence(said.cause));
	result_reply(res, str_slice(&v->link.words));
	result_took(res, v->link.ms);
	reset(v);
}

void
vrfy_ask_rcpt(struct vrfy *v)
{
	for (size_t i = 0; i < v->names.count; i++) {
		struct slice domain = vrfy_domain(v->names.list[i]);
		struct vrfy_baseline *base = vrfy_baseline(v, domain);

		if (domain.len > 0) /* RCPT takes none without, but for postmaster */
			find_baseline(v, base);
		ask_name(v, base, v->names.list[i]);
	}
}
