/* SPDX-License-Identifier: ISC */
/* t/fuzz/run SECONDS list: the settings of a list, and the header fields that follow. */
#include <string.h>

#include "conf/lists.h"
#include "fuzz.h"
#include "mail/header.h"

/* They are fields, whole ones, and nothing else. */
static void
check_fields(const struct list *list)
{
	struct header_field field;
	struct slice rest;
	struct str out;

	str_init(&out, (size_t)1 << 20);
	must(list_add_fields(list, &out) == 0);
	rest = str_slice(&out);
	while (header_next(&rest, &field))
		must(slice_starts(field.name, "List-") || slice_is(field.name, "Precedence"));
	must(rest.len == 0 && memchr(out.data, '\r', out.len) == NULL);
	str_free(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct list list;

	if (size < 65536 && list_parse(slice_make((const char *)data, size), &list) == NULL)
		check_fields(&list);
	return 0;
}
