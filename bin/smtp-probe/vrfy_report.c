/* SPDX-License-Identifier: ISC */
/* The results of vrfy and expn, and what the baseline makes of a reply. */
#include <string.h>

#include "vrfy_parts.h"

/* A row for each class. */
static const struct {
	const char *word, *text, *doubt;
	enum verdict verdict;
	enum weight weight;
} classes[] = {
    [VRFY_VERIFIES] = {"verifies", "It tells names that there are from names that nobody can have.",
	"The reply says neither yes nor no.", YES, PLAIN},
    [VRFY_252] = {"252-to-all", "It says 252, that it cannot verify, of any name.",
	"It says 252 of any name, so that this one says nothing.", NO, PLAIN},
    [VRFY_DISABLED] = {"disabled", "It does not answer such questions.",
	"It does not answer such questions, of whatever name.", NO, PLAIN},
    [VRFY_CATCH_ALL] = {"catch-all", "It says yes to names that nobody can have.",
	"It says yes to any name, so that this yes says nothing.", NO, PLAIN},
    [VRFY_LIMITED] = {"limited", "It would not answer now, so that nothing can be told.",
	"It would not say what it makes of names that nobody can have.", UNKNOWN, WARNING},
    [VRFY_UNCLEAR] = {"unclear",
	"What it says contradicts itself: of names that nobody can have, or of postmaster, whom "
	"every domain has.",
	"What it says of names contradicts itself.", UNKNOWN, WARNING},
};

void
vrfy_report_class(struct vrfy *v, const struct vrfy_baseline *base)
{
	struct result *res = report_add(&v->p->report, v->is_list ? "expn" : "vrfy",
	    classes[base->class].verdict, classes[base->class].weight);

	if (base->domain[0] != '\0')
		result_about(res, "%s", base->domain);
	result_value(res, "%s", classes[base->class].word);
	result_text(res, "%s", classes[base->class].text);
	result_reply(res, slice_of(base->words));
	result_source(res, "RFC 5321, 3.5 and 7.3");
}

/* RFC 5321, 3.5.1: 553 is also how a name is answered that several have. */
static bool
is_ambiguous(const struct reply *reply)
{
	size_t len = strlen(reply->status);

	return reply->code == 553 && (strstr(reply->text.data, "mbiguous") != NULL ||
					 (len > 4 && strcmp(reply->status + len - 4, ".1.4") == 0));
}

/* What REPLY is worth, from a server whose answers are of this kind. */
static enum verdict
weigh(const struct vrfy_baseline *base, const struct reply *reply, enum verdict said)
{
	if (is_ambiguous(reply))
		return UNKNOWN;
	switch (base->class) {
	case VRFY_VERIFIES:
		if (said == UNKNOWN && base->is_alike && reply->code == base->code)
			return NO;
		/* who says that to names that there are alone has verified them (Postfix) */
		return reply->code == 252 && base->code / 100 == 5 ? YES : said;
	case VRFY_252:
	case VRFY_DISABLED: /* it may know some all the same */
		return said;
	case VRFY_CATCH_ALL:
	case VRFY_LIMITED:
		return said == NO ? NO : UNKNOWN;
	case VRFY_UNCLEAR:
	default:
		return UNKNOWN;
	}
}

/* What a line is about: what stands in <>, or the word that is an address. */
static struct slice
mailbox(struct slice line)
{
	size_t open = slice_find(line, '<');
	struct slice rest = slice_skip(line, open + 1), word;

	if (open < line.len && slice_find(rest, '>') < rest.len)
		return slice_make(rest.data, slice_find(rest, '>'));
	rest = line;
	while (slice_word(&rest, &word))
		if (slice_find(word, '@') < word.len)
			return word;
	return slice_of("");
}

/* Those that a reply names, a blank between. */
static void
tell_mailboxes(struct result *res, const struct reply *reply)
{
	struct slice rest = str_slice(&reply->text), line;
	struct str list;

	str_init(&list, REPLY_TEXT_MAX);
	while (slice_take(&rest, '\n', &line)) {
		struct slice one = mailbox(line);

		if (one.len > 0 && list.len > 0)
			(void)str_add_char(&list, ' ');
		(void)str_add_slice(&list, one);
	}
	result_value(res, "%s", list.data);
	str_free(&list);
}

static const char *
text_of(const struct vrfy *v, const struct vrfy_baseline *base, enum verdict verdict,
    struct judgement said)
{
	if (verdict == YES)
		return v->is_list ? "There is such a list, with these members."
				  : "There is such an address.";
	if (verdict == NO)
		return v->is_list ? "There is no such list." : "There is no such address.";
	if (v->link.answer != ANSWERED)
		return "There is no answer.";
	if (said.verdict == UNKNOWN && said.cause != CAUSE_UNKNOWN && said.cause != CAUSE_SYNTAX)
		return judge_sentence(said.cause);
	return classes[base->class].doubt;
}

void
vrfy_report_name(struct vrfy *v, const struct vrfy_baseline *base, const char *name)
{
	const struct reply *reply = &v->link.client.reply;
	struct judgement said = judge_reply(v->link.answer, reply, ASK_ADDRESS);
	enum verdict verdict =
	    v->link.answer == ANSWERED ? weigh(base, reply, said.verdict) : UNKNOWN;
	struct result *res =
	    report_add(&v->p->report, v->is_list ? "expn.address" : "vrfy.address", verdict,
		verdict == YES	? PLAIN
		: verdict == NO ? PROBLEM
				: WARNING);

	result_about(res, "%s", name);
	if (verdict == YES)
		tell_mailboxes(res, reply);
	result_text(res, "%s", text_of(v, base, verdict, said));
	result_reply(res, str_slice(&v->link.words));
	result_took(res, v->link.ms);
}
