/* SPDX-License-Identifier: ISC */
/* t/fuzz/run SECONDS alias: the right-hand side of an alias. */
#include "conf/alias.h"

#include "fuzz.h"

static void
check_target(struct slice whole, const struct alias_target *target)
{
	struct str text;

	if (target->kind == ALIAS_BAD)
		return;
	must(target->text.len > 0 && !slice_has_control(target->text));
	must(target->text.data >= whole.data &&
	     target->text.data + target->text.len <= whole.data + whole.len);
	must(target->kind != ALIAS_PATH || target->text.data[0] == '/');
	str_init(&text, whole.len + 1);
	must(alias_add_text(target, &text) == 0 && text.len > 0);
	str_free(&text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice whole = slice_make((const char *)data, size), rest = whole;
	struct alias_target target;
	bool has_bad = false;

	while (alias_next_target(&rest, &target)) {
		must(rest.len < size);
		check_target(whole, &target);
		has_bad |= target.kind == ALIAS_BAD;
	}
	must(!has_bad || alias_check_value(whole) != NULL);
	return 0;
}
