/* SPDX-License-Identifier: ISC */
/*
 * redirect and resubmit: a new message for those who are waited for, by enqueue as any other, and
 * once it is durable nothing is left to do for them here. Killed in between, both are there.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "act.h"
#include "base/fields.h"
#include "base/io.h"

#define ENVELOPE_MAX ((size_t)256 << 20)
#define BLOCK ((size_t)65536)

/* The fields of the message, as its submitter said them. */
static int
add_message_fields(const struct claim *claim, struct str *out)
{
	struct slice text = str_slice(&claim->text);
	struct recipient_state first;
	struct field field;

	claim_state(claim, 0, &first);
	while (fields_next(&text, '\n', &field) == FIELDS_ONE && field.letter != 'T') {
		/* enqueue writes where it comes from, and its key is spent */
		if (field.letter == 'S' || field.letter == 'K')
			continue;
		if (field.letter == 'H' && first.is_released)
			continue;
		if (fields_add(out, field.letter, field.value, '\0') == -1)
			return -1;
	}
	return 0;
}

static int
add_recipient(struct str *out, const struct envelope_recipient *r)
{
	if (fields_add(out, 'T', r->address, '\0') == -1 ||
	    (r->notify.len > 0 && fields_add(out, 'N', r->notify, '\0') == -1) ||
	    (r->original.len > 0 && fields_add(out, 'O', r->original, '\0') == -1))
		return -1;
	return 0;
}

/*
 * One more, R, whose place TO takes. What they asked to be told of holds for him if all of them
 * asked for it; whom it was meant for at first, if it was one.
 */
static void
merge_recipient(struct envelope_recipient *to, const struct envelope_recipient *r, bool is_first)
{
	if (is_first) {
		to->notify = r->notify;
		to->original = r->original;
		return;
	}
	to->original = slice_of("");
	if (!slice_equal(to->notify, r->notify))
		to->notify = slice_of("");
}

/*
 * The recipients whom this is about, or in their place the one TO, unless it is null. How many it
 * is about, or -1 with errno.
 */
static int64_t
add_recipients(
    const struct act *a, const struct claim *claim, struct envelope_recipient *to, struct str *out)
{
	struct slice rest = claim->envelope.recipients;
	struct envelope_recipient r;
	int64_t count = 0;

	for (size_t i = 0; i < claim->header.recipients && envelope_next(&rest, &r); i++) {
		struct recipient_state state;

		claim_state(claim, i, &state);
		if (!deed_is_about(a, &r, &state))
			continue;
		if (to != NULL)
			merge_recipient(to, &r, count == 0);
		else if (add_recipient(out, &r) == -1)
			return -1;
		count++;
	}
	return to != NULL && count > 0 && add_recipient(out, to) == -1 ? -1 : count;
}

static enum submit_result
write_message(struct act *a, const struct claim *claim)
{
	uint64_t left = claim->header.length;
	off_t offset = message_offset(&claim->header);
	enum submit_result result = SUBMIT_OK;
	char *block = malloc(BLOCK);

	while (result == SUBMIT_OK && left > 0) {
		size_t len = left < BLOCK ? (size_t)left : BLOCK;

		if (block == NULL || io_pread(claim->fd, block, len, offset) == -1) {
			str_clear(&a->submit.reason);
			(void)str_add_text(&a->submit.reason, strerror(errno));
			result = SUBMIT_TEMPORARY;
			break;
		}
		result = submit_write(&a->submit, block, len);
		offset += (off_t)len;
		left -= len;
	}
	free(block);
	return result;
}

static enum deed
explain(struct act *a, enum submit_result result)
{
	const char *how = result == SUBMIT_UNKNOWN
			      ? "may have been submitted again, or not: see what qstat shows: "
			      : "is left as it is, as enqueue does not take it again: ";

	if (str_add_text(&a->why, how) == -1 ||
	    str_add_slice(&a->why, str_slice(&a->submit.reason)) == -1)
		return DEED_FAILED;
	return result == SUBMIT_PERMANENT ? DEED_REFUSED : DEED_PUT_OFF;
}

static enum deed
submit_again(struct act *a, struct claim *claim, struct slice envelope)
{
	enum submit_result result = submit_begin(&a->submit, envelope);

	if (result == SUBMIT_OK) {
		result = write_message(a, claim);
		if (result == SUBMIT_OK)
			result = submit_commit(&a->submit);
		else
			submit_abort(&a->submit);
	}
	return result == SUBMIT_OK ? DEED_DONE : explain(a, result);
}

/* From here on they are the new message's, whatever happens to this one. */
static enum deed
leave_to_new(struct act *a, struct claim *claim, struct str *reply, const char *word)
{
	/* what is not written down is still done */
	(void)str_format(reply, "2.0.0 - %s as %s", word, a->submit.id);
	(void)str_format(&a->note, " as %s", a->submit.id);
	return deed_leave(a, claim, deed_mark(a, claim, RECIPIENT_DELIVERED, reply->data) != -1);
}

/* For the recipients whom this is about, or for TO in their place. */
static enum deed
do_again(struct act *a, struct claim *claim, struct envelope_recipient *to, const char *word)
{
	enum deed deed = DEED_FAILED;
	struct str envelope, reply;
	int64_t count;

	str_init(&envelope, ENVELOPE_MAX);
	str_init(&reply, MESSAGE_REPLY_MAX * 4);
	count = add_message_fields(claim, &envelope) == -1
		    ? -1
		    : add_recipients(a, claim, to, &envelope);
	if (count == 0)
		deed = deed_refuse(a, DEED_REFUSED, "has nobody who is waited for");
	else if (count > 0)
		deed = submit_again(a, claim, str_slice(&envelope));
	if (count > 0 && deed == DEED_DONE)
		deed = leave_to_new(a, claim, &reply, word);
	str_free(&envelope);
	str_free(&reply);
	return deed;
}

enum deed
deed_redirect(struct act *a, const struct place *place, struct claim *claim)
{
	struct envelope_recipient to = {.address = slice_of(a->wish->to)};

	(void)place;
	return do_again(a, claim, &to, "redirected");
}

enum deed
deed_resubmit(struct act *a, const struct place *place, struct claim *claim)
{
	(void)place;
	return do_again(a, claim, NULL, "resubmitted");
}
