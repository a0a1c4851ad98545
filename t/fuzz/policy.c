/* SPDX-License-Identifier: ISC */
/*
 * t/fuzz/run SECONDS policy: what a policy service answers, and the header section of a submission
 * in two pieces, which must not depend on where it is cut.
 */
#include "smtp/policy.h"

#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "mail/complete.h"

static void
check_answer(struct slice answer)
{
	struct policy_verdict v = policy_understand(answer);

	must(v.action != POLICY_REPLY || (v.code >= 400 && v.code <= 599 && v.text.len > 0));
	must(v.code == 0 || v.status[0] == '0' + v.code / 100);
	must(v.action != POLICY_PREPEND || !slice_has_control(v.text));
	must(slice_find(v.text, '\n') == v.text.len);
}

/* The length of what passes when MESSAGE is cut at AT; what is added is of one length each time. */
static size_t
completed(struct slice message, size_t at)
{
	struct slice pieces[] = {slice_make(message.data, at), slice_skip(message, at)};
	struct complete c;
	struct str out;
	size_t len = 0;

	str_init(&out, (size_t)1 << 20);
	complete_init(&c, slice_of("here.test"), 1795000000);
	for (size_t i = 0; i < 2; i++) {
		if (complete_take(&c, &pieces[i], &out) == -1)
			len = SIZE_MAX / 2;
		must(pieces[i].len == 0 || c.is_over || len > 0);
		len += pieces[i].len;
	}
	if (complete_end(&c, &out) == -1)
		len = SIZE_MAX / 2;
	len += len < SIZE_MAX / 2 ? out.len : 0;
	complete_free(&c);
	str_free(&out);
	return len;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = slice_make((const char *)data, size);

	check_answer(text);
	must(completed(text, size / 2) == completed(text, 0));
	return 0;
}
