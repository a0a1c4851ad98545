/* SPDX-License-Identifier: ISC */
/* t/fuzz/run SECONDS srs: a sender wrapped and unwrapped, and whatever says that it is wrapped. */
#include "conf/srs.h"

#include <string.h>

#include "fuzz.h"
#include "mail/address.h"

#define NOW ((int64_t)1790000000)

static struct slice
local_of(struct slice address)
{
	return slice_make(address.data, slice_find_last(address, '@'));
}

static bool
is_address(struct slice text)
{
	struct address a;

	return address_parse(text, ADDRESS_UTF8, &a) == ADDRESS_OK;
}

/* What was wrapped is an address, is known as one of ours, and leads back. */
static void
check_way_back(const struct srs *s, struct slice sender)
{
	struct str made, back;
	struct slice local;

	str_init(&made, 1000);
	str_init(&back, 1000);
	if (srs_wrap(s, sender, NOW, &made) == 1) {
		local = local_of(str_slice(&made));
		must(is_address(str_slice(&made)) && local.len <= ADDRESS_LOCAL_MAX);
		must(srs_is_wrapped(s, local, str_slice(&s->domain)));
		must(srs_unwrap(s, local, NOW, &back) == SRS_GOOD);
		must(is_address(str_slice(&back)));
		/* what another host wrapped leads to that host, and all else to where it came from
		 */
		must(slice_equal(str_slice(&back), sender) || slice_starts(local, "SRS1="));
	} else {
		must(made.len == 0);
	}
	str_free(&made);
	str_free(&back);
}

/* Nothing here has the key, so nothing is good: by luck once in a thousand million inputs. */
static void
check_forgery(const struct srs *s, struct slice local)
{
	struct str out;

	str_init(&out, 1000);
	if (srs_is_wrapped(s, local, str_slice(&s->domain)))
		must(srs_unwrap(s, local, NOW, &out) == SRS_FORGED && out.len == 0);
	str_free(&out);
}

/* With what is signed right, the parts behind may still be anything. */
static void
check_signed(const struct srs *s, struct slice text)
{
	struct srs open = *s;
	struct str out;

	str_init(&out, 1000);
	open.is_closed = true;
	if (srs_is_wrapped(s, text, str_slice(&s->domain)) && slice_find(text, '=') < text.len) {
		enum srs_result result = srs_unwrap(&open, text, NOW, &out);

		must((result == SRS_CLOSED || result == SRS_FORGED) && out.len == 0);
	}
	str_free(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = slice_make((const char *)data, size);
	struct srs s = {.days = 21, .count = 1};

	str_init(&s.domain, ADDRESS_DOMAIN_MAX);
	must(str_add_text(&s.domain, "srs.example.org") == 0);
	memcpy(s.keys[0], "0123456789abcdef", sizeof s.keys[0]);
	check_way_back(&s, text);
	check_forgery(&s, text);
	check_signed(&s, text);
	srs_free(&s);
	return 0;
}
