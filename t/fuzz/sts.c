/* SPDX-License-Identifier: ISC */
/*
 * t/fuzz/run SECONDS sts: the text of an MTA-STS policy, or a TXT record. What is read can be
 * written, and reads as the same again.
 */
#include <string.h>

#include "fuzz.h"
#include "net/sts_policy.h"

static void
check_record(struct slice text)
{
	char id[STS_ID_MAX + 1];

	if (sts_record_parse(text, id) == 1)
		must(strlen(id) > 0 && strlen(id) <= STS_ID_MAX &&
		     strspn(id, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz") ==
			 strlen(id));
}

static void
check_patterns(const struct sts_policy *p)
{
	struct slice rest = str_slice(&p->patterns), pattern;

	while (slice_word(&rest, &pattern)) {
		must(!slice_has_control(pattern) && slice_is_ascii(pattern));
		must(slice_find(pattern, '/') == pattern.len);
		if (!slice_starts(pattern, "*."))
			must(sts_policy_matches(p, pattern));
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = slice_make((const char *)data, size);
	struct sts_policy p, again;
	struct str problem, out;

	check_record(text);
	sts_policy_init(&p);
	sts_policy_init(&again);
	str_init(&problem, 200);
	str_init(&out, STS_TEXT_MAX * 4);
	if (sts_policy_parse(&p, text, &problem) == 0) {
		must(p.max_age <= STS_AGE_MAX);
		check_patterns(&p);
		must(sts_policy_add_text(&out, &p) == 0);
		must(sts_policy_parse(&again, str_slice(&out), &problem) == 0);
		must(again.mode == p.mode && again.max_age == p.max_age &&
		     slice_equal(str_slice(&again.patterns), str_slice(&p.patterns)));
	} else {
		must(problem.len > 0);
	}
	sts_policy_free(&p);
	sts_policy_free(&again);
	str_free(&problem);
	str_free(&out);
	return 0;
}
