/* SPDX-License-Identifier: ISC */
/* t/fuzz/run SECONDS include: a file of a list's members. */
#include "conf/include.h"

#include "fuzz.h"
#include "mail/address.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct address address;
	struct include i;
	enum include_kind kind;
	struct slice text;
	size_t line = 0, count = 0;

	include_use(&i, slice_make((const char *)data, size));
	while ((kind = include_next(&i, &text)) != INCLUDE_END) {
		must(kind != INCLUDE_FAILED && count++ <= size);
		must(i.line >= line && i.line > 0);
		line = i.line;
		must(kind != INCLUDE_FILE || text.data[0] == '/');
		must(kind != INCLUDE_ADDRESS ||
		     (!slice_has_control(text) &&
			 address_parse(text, ADDRESS_UTF8 | ADDRESS_BARE, &address) == ADDRESS_OK));
	}
	include_close(&i);
	return 0;
}
