/* SPDX-License-Identifier: ISC */
/* t/fuzz/run SECONDS parcel: what qctl import reads, and the files of messages in it. */
#include "spool/parcel.h"

#include <string.h>

#include "fuzz.h"
#include "spool/envelope.h"
#include "spool/verify.h"

struct outcome {
	unsigned events;
	uint64_t messages, good, octets;
	const char *problem;
};

/* A file that is taken for a message is one for all others who read it. */
static void
check_message(const struct verify *v)
{
	struct envelope e;
	struct envelope_recipient r;
	size_t count = 0;

	must(v->states == v->header.recipients && v->envelope.len == v->header.envelope_length);
	must(envelope_parse(str_slice(&v->envelope), &e));
	while (envelope_next(&e.recipients, &r))
		count++;
	must(count == v->header.recipients && e.recipients.len == 0);
	must(slice_find(e.record, '.') == e.record.len);
}

static void
take(struct parcel *p, struct verify *v, struct slice piece, struct outcome *o)
{
	enum parcel_event event;

	while ((event = parcel_next(p, &piece)) != PARCEL_MORE && event != PARCEL_BAD) {
		struct slice rest = p->octets;

		o->events++;
		if (event == PARCEL_BEGIN) {
			must(identity_is_valid(slice_of(p->origin)));
		} else if (event == PARCEL_MESSAGE) {
			must(parcel_is_place(slice_of(p->head.place)));
			must(id_is_valid(slice_of(p->head.id)));
			verify_free(v);
			verify_init(v);
			o->messages++;
		} else if (event == PARCEL_OCTETS) {
			o->events--; /* as many as pieces */
			o->octets += rest.len;
			(void)verify_feed(v, &rest);
		} else if (event == PARCEL_WHOLE && verify_end(v)) {
			o->good++;
			check_message(v);
		}
	}
	o->problem = p->problem;
}

static struct outcome
feed(struct slice text, size_t step)
{
	struct outcome o = {.events = 0};
	struct parcel p;
	struct verify v;

	parcel_init(&p);
	verify_init(&v);
	for (size_t i = 0; i < text.len; i += step)
		take(&p, &v, slice_make(text.data + i, text.len - i < step ? text.len - i : step),
		    &o);
	verify_free(&v);
	return o;
}

/* The same comes of it however it is cut. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = slice_make((const char *)data, size);
	struct outcome whole = feed(text, size > 0 ? size : 1), cut = feed(text, 7);

	must(whole.events == cut.events && whole.messages == cut.messages &&
	     whole.good == cut.good && whole.octets == cut.octets && whole.problem == cut.problem);
	return 0;
}
