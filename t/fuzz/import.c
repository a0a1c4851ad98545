/* SPDX-License-Identifier: ISC */
/*
 * t/fuzz/run SECONDS import: the first octet is the format, the rest another server's file. What
 * is found must fit into the lines of control files, and a path must not lead out of its folder.
 */
#include "conf/import.h"

#include <string.h>

#include "conf/account_words.h"
#include "fuzz.h"

static void
check_account(const struct import *i)
{
	struct str again;

	str_init(&again, ACCOUNT_LOGIN_MAX);
	must(account_name(&again, str_slice(&i->name)) == NULL);
	must(slice_equal(str_slice(&again), str_slice(&i->name)));
	must(slice_find(str_slice(&i->name), '/') == i->name.len);
	must(slice_find(str_slice(&i->name), ':') == i->name.len);
	must(!slice_has_control(str_slice(&i->name)));
	str_clear(&again);
	must(i->quota.len == 0 || account_quota(&again, str_slice(&i->quota)) == NULL);
	str_free(&again);
}

static void
check_targets(const struct import *i)
{
	must(i->targets.len > 0 && !slice_has_control(str_slice(&i->targets)));
	must(strchr("|/\\:#", i->targets.data[0]) == NULL);
	must(i->name.len > 0 && i->name.data[0] != '#' && !slice_has_control(str_slice(&i->name)));
	must(slice_find(str_slice(&i->name), ':') == i->name.len);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum import_kind kind;
	struct import i;
	size_t line = 0;

	if (size == 0)
		return 0;
	import_start(&i, (enum import_format)(data[0] % 4),
	    slice_make((const char *)data + 1, size - 1),
	    slice_of((data[0] & 4) != 0 ? "example.org" : NULL));
	while ((kind = import_next(&i)) != IMPORT_END) {
		must(kind != IMPORT_FAILED);
		must(i.line > line);
		line = i.line;
		if (kind == IMPORT_ACCOUNT)
			check_account(&i);
		else if (kind == IMPORT_TARGETS)
			check_targets(&i);
		else if (kind == IMPORT_WRONG)
			must(i.problem.len > 0);
	}
	import_free(&i);
	return 0;
}
