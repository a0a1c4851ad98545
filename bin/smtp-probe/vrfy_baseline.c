/* SPDX-License-Identifier: ISC */
/*
 * What a server says of two names that nobody can have, and of postmaster, whom every domain must
 * have (RFC 5321, 4.5.1). Without that, a yes may be one to everybody, and a no, too.
 */
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "vrfy_parts.h"

/* What was said of one name. */
struct said {
	enum answer answer;
	int code;
	struct judgement judgement;
};

void
vrfy_random_name(struct str *out, struct slice domain)
{
	size_t letters = 14 + random_below(6);

	str_clear(out);
	for (size_t i = 0; i < letters; i++)
		if (str_add_char(out, (char)('a' + (char)random_below(26))) == -1)
			probe_no_memory();
	if (domain.len > 0 && (str_add_char(out, '@') == -1 || str_add_slice(out, domain) == -1))
		probe_no_memory();
}

static struct said
ask(struct vrfy *v, const char *name)
{
	struct said said;

	said.answer = vrfy_ask(v, v->verb, name, "");
	said.code = said.answer == ANSWERED ? v->link.client.reply.code : 0;
	said.judgement = judge_reply(said.answer, &v->link.client.reply, ASK_ADDRESS);
	return said;
}

/* It says nothing of names, but that this is no time for questions, or not for a stranger's. */
static bool
is_limited(const struct said *said)
{
	return said->answer != ANSWERED || said->code / 100 == 4 ||
	       said->judgement.cause == CAUSE_RATE_LIMITED ||
	       said->judgement.cause == CAUSE_GREYLISTED || said->judgement.cause == CAUSE_AUTH ||
	       said->judgement.cause == CAUSE_TLS;
}

static enum vrfy_class
classify(struct vrfy_baseline *base, const struct said random[2], const struct said *postmaster,
    bool is_list)
{
	bool is_refused = random[0].code / 100 == 5;
	bool is_known =
	    postmaster->judgement.verdict == YES || (postmaster->code == 252 && is_refused);
	enum verdict verdict = random[0].judgement.verdict;

	if (is_limited(&random[0]) || is_limited(&random[1]))
		return VRFY_LIMITED;
	if (verdict != random[1].judgement.verdict || random[0].code != random[1].code)
		return VRFY_UNCLEAR;
	if (verdict == YES)
		return VRFY_CATCH_ALL;
	if (is_known) {
		base->is_alike = verdict == UNKNOWN && is_refused;
		return VRFY_VERIFIES;
	}
	if (verdict == NO) /* postmaster need not be a list */
		return postmaster->judgement.verdict == NO && !is_list ? VRFY_UNCLEAR
								       : VRFY_VERIFIES;
	return random[0].code == 252 ? VRFY_252 : VRFY_DISABLED;
}

static void
find_class(struct vrfy *v, struct vrfy_baseline *base, struct slice domain)
{
	struct said random[2], postmaster;
	struct str name;

	str_init(&name, 1000);
	for (size_t i = 0; i < 2; i++) {
		vrfy_random_name(&name, domain);
		random[i] = ask(v, name.data);
	}
	base->code = random[1].code;
	base->words = strndup(v->link.words.data, v->link.words.len);
	str_clear(&name);
	if (str_format(&name, "postmaster%s%.*s", domain.len > 0 ? "@" : "", (int)domain.len,
		domain.data) == -1 ||
	    base->words == NULL)
		probe_no_memory();
	postmaster = ask(v, name.data);
	base->class = classify(base, random, &postmaster, v->is_list);
	str_free(&name);
}

struct vrfy_baseline *
vrfy_baseline(struct vrfy *v, struct slice domain)
{
	struct vrfy_baseline *more;

	for (size_t i = v->baseline_count; i > 0; i--)
		if (slice_is_nocase(domain, v->baselines[i - 1].domain))
			return &v->baselines[i - 1];
	more = reallocarray(v->baselines, v->baseline_count + 1, sizeof *more);
	if (more == NULL)
		probe_no_memory();
	v->baselines = more;
	more += v->baseline_count++;
	*more = (struct vrfy_baseline){.domain = strndup(domain.data, domain.len)};
	if (more->domain == NULL)
		probe_no_memory();
	find_class(v, more, domain);
	vrfy_report_class(v, more);
	return more;
}

void
vrfy_baselines_free(struct vrfy *v)
{
	for (size_t i = 0; i < v->baseline_count; i++) {
		free(v->baselines[i].domain);
		free(v->baselines[i].words);
	}
	free(v->baselines);
}
