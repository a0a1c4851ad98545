/* SPDX-License-Identifier: ISC */
/* t/fuzz/run SECONDS fields: what is read as fields is written as the same octets. */
#include "base/fields.h"

#include <string.h>

#include "fuzz.h"

static void
check(struct slice whole, char terminator)
{
	enum fields_result result;
	struct slice rest = whole;
	struct field field;
	struct str again;

	str_init(&again, whole.len);
	while ((result = fields_next(&rest, terminator, &field)) == FIELDS_ONE)
		must(fields_add(&again, field.letter, field.value, terminator) == 0);
	must((result == FIELDS_END) == (rest.len == 0));
	must(again.len + rest.len == whole.len && memcmp(again.data, whole.data, again.len) == 0);
	str_free(&again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice whole = slice_make((const char *)data, size);

	check(whole, '\0');
	check(whole, '\n');
	return 0;
}
