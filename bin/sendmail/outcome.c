/* SPDX-License-Identifier: ISC */
#include "outcome.h"

#include <stdio.h>

#include "base/escape.h"
#include "base/fields.h"
#include "base/str.h"
#include "options.h"

struct outcome {
	struct slice envelope;
	bool is_shown;
};

/* The recipient of that number. */
static struct slice
find_recipient(struct slice envelope, size_t recipient)
{
	struct field field;

	while (fields_next(&envelope, '\0', &field) == FIELDS_ONE)
		if (field.letter == 'T' && recipient-- == 0)
			return field.value;
	return slice_make(NULL, 0);
}

static const char *
describe(enum submit_state state)
{
	switch (state) {
	case SUBMIT_SENT:
		return "sent";
	case SUBMIT_FAILED:
		return "failed, and the sender is told";
	case SUBMIT_DEFERRED:
		return "not sent yet, and tried again later";
	default:
		return "not tried yet";
	}
}

/* One line for a person: REPLY is "CODE RELAY TEXT", escaped, or empty. */
static void
show(void *context, size_t recipient, enum submit_state state, struct slice reply)
{
	const struct outcome *o = context;
	struct slice code, relay;
	struct str to;

	if (!o->is_shown)
		return;
	str_init(&to, SIZE_MAX / 4);
	(void)escape_text(&to, find_recipient(o->envelope, recipient));
	printf(PROGRAM ": <%.*s>: %s", (int)to.len, to.data, describe(state));
	if (slice_take(&reply, ' ', &code) && slice_take(&reply, ' ', &relay)) {
		if (reply.len > 0)
			printf(": %.*s", (int)reply.len, reply.data);
		if (!slice_is(relay, "-"))
			printf(" (%.*s)", (int)relay.len, relay.data);
	}
	printf("\n");
	/* queued it is, whether anybody reads that or not */
	(void)fflush(stdout);
	str_free(&to);
}

void
outcome_await(struct submit *s, struct slice envelope, bool is_shown)
{
	struct outcome o = {.envelope = envelope, .is_shown = is_shown};

	submit_await(s, show, &o);
}
