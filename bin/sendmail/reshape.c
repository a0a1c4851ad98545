/* SPDX-License-Identifier: ISC */
#include "reshape.h"

#include <stdlib.h>
#include <sysexits.h>

#include "base/die.h"
#include "options.h"

/* Each octet becomes at most three, soft line breaks and a header section are added. */
#define OUT_MAX (4 * (HEADER_MAX + 3 * INPUT_GROWTH) + 2 * MIME_HEADER_MAX)

void
reshape_init(struct reshape *r)
{
	*r = (struct reshape){.convert = NULL};
}

void
reshape_free(struct reshape *r)
{
	if (r->convert != NULL)
		convert_free(r->convert);
	free(r->convert);
	reshape_init(r);
}

void
reshape_look(struct reshape *r, struct slice header, struct message *m)
{
	struct convert *c = malloc(sizeof *c);
	struct slice part;

	if (c == NULL)
		die_errno(PROGRAM, EX_OSERR, "unable to hold the message");
	r->convert = c;
	convert_init(c, CONVERT_TO_8BIT);
	(void)convert_look(c, header);
	while (message_next(m, &part))
		(void)convert_look(c, part);
	(void)convert_look_end(c);
	if (c->result == CONVERT_NO_MEMORY)
		die_errno(PROGRAM, EX_OSERR, "unable to hold the message");
	r->is_needed = c->result == CONVERT_POSSIBLE && c->is_needed;
	message_rewind(m);
}

bool
reshape_leaves_8bit(const struct reshape *r)
{
	return r->convert->leaves_8bit;
}

static void
check(int result)
{
	if (result == -1)
		die_errno(PROGRAM, EX_OSERR, "unable to re-encode the message");
}

static void
send_made(struct str *made, void (*send)(void *context, struct slice part), void *context)
{
	if (made->len > 0)
		send(context, str_slice(made));
	str_clear(made);
}

void
reshape_send(struct reshape *r, struct slice header, struct message *m,
    void (*send)(void *context, struct slice part), void *context)
{
	struct slice part;
	struct str made;

	str_init(&made, OUT_MAX);
	check(convert_take(r->convert, header, &made));
	send_made(&made, send, context);
	while (message_next(m, &part)) {
		check(convert_take(r->convert, part, &made));
		send_made(&made, send, context);
	}
	check(convert_take_end(r->convert, &made));
	send_made(&made, send, context);
	str_free(&made);
}
