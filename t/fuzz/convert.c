/* SPDX-License-Identifier: ISC */
/*
 * t/fuzz/run SECONDS convert: a message in pieces of any size, converted. What comes out does not
 * depend on the pieces, is in wire format and fit for its domain, has nothing left to convert, and
 * has as many sections as what went in.
 */
#include "mail/convert.h"

#include "base/str.h"
#include "fuzz.h"
#include "mail/wire.h"

#define OUT_MAX ((size_t)1 << 20)

struct outcome {
	enum convert_result result;
	unsigned needs;
	bool is_needed, is_8bit;
	size_t sections;
	struct str out;
};

static void
look(struct convert *c, struct slice message, size_t size)
{
	while (message.len > 0) {
		size_t len = message.len < size ? message.len : size;

		(void)convert_look(c, slice_make(message.data, len));
		message = slice_skip(message, len);
	}
	(void)convert_look_end(c);
}

static void
take(struct convert *c, struct slice message, size_t size, struct str *out)
{
	while (message.len > 0) {
		size_t len = message.len < size ? message.len : size;

		must(convert_take(c, slice_make(message.data, len), out) == 0);
		message = slice_skip(message, len);
	}
	must(convert_take_end(c, out) == 0);
	must(c->next == c->plan.len);
}

static void
run(struct outcome *o, enum convert_domain domain, struct slice message, size_t size)
{
	struct convert c;

	str_init(&o->out, OUT_MAX);
	convert_init(&c, domain);
	look(&c, message, size);
	o->result = c.result;
	o->needs = c.needs;
	o->is_needed = c.is_needed;
	o->is_8bit = c.leaves_8bit;
	o->sections = c.plan.len;
	if (c.result == CONVERT_POSSIBLE)
		take(&c, message, size, &o->out);
	convert_free(&c);
}

static void
check(const struct outcome *o, enum convert_domain domain)
{
	struct wire_check wire = {.malformed = false};
	struct slice out = str_slice(&o->out);
	struct outcome again;

	must(wire_check_piece(&wire, out) && wire_check_end(&wire));
	must(domain == CONVERT_TO_8BIT || slice_is_ascii(out));
	must(o->is_8bit || slice_is_ascii(out));
	run(&again, domain, out, 1000);
	must(again.result == CONVERT_POSSIBLE && !again.is_needed);
	must(again.sections == o->sections);
	str_free(&again.out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice message;
	struct outcome whole, pieces;
	enum convert_domain domain;

	if (size < 2)
		return 0;
	domain = (data[0] & 1) != 0 ? CONVERT_TO_7BIT : CONVERT_TO_8BIT;
	message = slice_make((const char *)data + 2, size - 2);
	run(&whole, domain, message, size);
	run(&pieces, domain, message, 1U + data[1]);
	must(whole.result == pieces.result && whole.is_needed == pieces.is_needed);
	must(whole.result != CONVERT_POSSIBLE || whole.needs == pieces.needs);
	must(slice_equal(str_slice(&whole.out), str_slice(&pieces.out)));
	if (whole.result == CONVERT_POSSIBLE)
		check(&whole, domain);
	str_free(&whole.out);
	str_free(&pieces.out);
	return 0;
}
