/* SPDX-License-Identifier: ISC */
/* t/fuzz/run SECONDS recipients: a header section, and every field of it as an address list. */
#include "mail/recipients.h"

#include "fuzz.h"
#include "mail/header.h"

static void
check_list(struct slice list)
{
	struct str address;
	size_t left = list.len;

	str_init(&address, list.len);
	for (;;) {
		enum recipients_result result = recipients_next(&list, &address);

		if (result == RECIPIENTS_END)
			break;
		/* an element is never longer than its text, so memory alone can fail */
		must(result != RECIPIENTS_FAILED && list.len < left);
		left = list.len;
		for (size_t i = 0; result == RECIPIENTS_ONE && i < address.len; i++)
			must(address.data[i] != '\r' && address.data[i] != '\n');
	}
	must(list.len == 0);
	str_free(&address);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice rest = slice_make((const char *)data, size);
	struct header_field field;

	check_list(rest);
	for (;;) {
		struct slice before = rest;

		if (!header_next(&rest, &field)) {
			must(rest.data == before.data && rest.len == before.len);
			break;
		}
		must(field.whole.data == before.data);
		must(field.whole.len + rest.len == before.len && field.whole.len > 0);
		must(field.name.len > 0 && !slice_has_control(field.name));
		check_list(field.body);
	}
	return 0;
}
