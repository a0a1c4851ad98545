/* SPDX-License-Identifier: ISC */
/* t/fuzz/run SECONDS address: addresses, domains and literals, with and without UTF-8. */
#include "mail/address.h"

#include "fuzz.h"

static void
check_address(struct slice text, const struct address *a, unsigned flags)
{
	must(!slice_has_control(text) && text.len <= ADDRESS_PATH_MAX);
	must((flags & ADDRESS_UTF8) != 0 || slice_is_ascii(text));
	must(a->local.data == text.data && a->local.len > 0 && a->local.len <= ADDRESS_LOCAL_MAX);
	if (a->domain.len == 0) {
		must((flags & ADDRESS_BARE) != 0 && a->local.len == text.len);
		return;
	}
	must(a->local.len + 1 + a->domain.len == text.len && text.data[a->local.len] == '@');
	must(address_is_domain(a->domain, flags) || address_is_literal(a->domain));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = slice_make((const char *)data, size);

	(void)address_is_domain(text, 0);
	(void)address_is_literal(text);
	for (unsigned flags = 0; flags <= (ADDRESS_UTF8 | ADDRESS_BARE); flags++) {
		struct address a;
		struct str unquoted;

		if (address_parse(text, flags, &a) != ADDRESS_OK)
			continue;
		check_address(text, &a, flags);
		str_init(&unquoted, ADDRESS_LOCAL_MAX);
		must(address_unquoted_local(&a, &unquoted) == 0 && unquoted.len <= a.local.len);
		str_free(&unquoted);
	}
	return 0;
}
