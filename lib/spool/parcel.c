/* SPDX-License-Identifier: ISC */
#include "spool/parcel.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/crc32c.h"
#include "spool/schedule.h"

#define MAGIC "satchel-queue1"
#define LENGTH_MAX ((uint64_t)INT64_MAX / 4)

static size_t
sum_line(struct parcel_writer *w, const char *line, int len)
{
	w->sum = crc32c(w->sum, line, (size_t)len);
	return (size_t)len;
}

size_t
parcel_begin(struct parcel_writer *w, char line[PARCEL_LINE_MAX], int64_t now, const char *origin)
{
	*w = (struct parcel_writer){.count = 0};
	return sum_line(
	    w, line, snprintf(line, PARCEL_LINE_MAX, MAGIC " %" PRId64 " %s\n", now, origin));
}

size_t
parcel_message(struct parcel_writer *w, char line[PARCEL_LINE_MAX], const struct parcel_head *head)
{
	int len = snprintf(
	    line, PARCEL_LINE_MAX, "M %s %" PRIu64 " %s\n", head->id, head->length, head->place);

	w->message_sum = crc32c(0, line, (size_t)len);
	return sum_line(w, line, len);
}

void
parcel_octets(struct parcel_writer *w, struct slice octets)
{
	w->message_sum = crc32c(w->message_sum, octets.data, octets.len);
}

size_t
parcel_message_end(struct parcel_writer *w, char line[PARCEL_LINE_MAX])
{
	w->count++;
	return sum_line(w, line, snprintf(line, PARCEL_LINE_MAX, "C %08x\n", w->message_sum));
}

size_t
parcel_end(struct parcel_writer *w, char line[PARCEL_LINE_MAX])
{
	return (size_t)snprintf(line, PARCEL_LINE_MAX, "E %" PRIu64 " %08x\n", w->count, w->sum);
}

/* A domain in lower case, or "+"; no name that leads elsewhere or is that of a message. */
static bool
is_folder(struct slice name)
{
	if (name.len == 0 || name.len > 255 || name.data[0] == '.' || id_is_valid(name) ||
	    slice_has_control(name) || slice_find(name, '/') < name.len)
		return false;
	for (size_t i = 0; i < name.len; i++)
		if (ascii_lower(name.data[i]) != name.data[i])
			return false;
	return true;
}

bool
parcel_is_place(struct slice name)
{
	char slot[SCHEDULE_NAME_SIZE] = "";

	if (slice_is(name, "new") || slice_is(name, "hold"))
		return true;
	if (slice_starts(name, "hold/"))
		return is_folder(slice_skip(name, 5));
	if (!slice_starts(name, "deferred/") || name.len - 9 >= sizeof slot)
		return false;
	memcpy(slot, name.data + 9, name.len - 9);
	return schedule_slot_time(slot) != -1;
}

void
parcel_init(struct parcel *p)
{
	*p = (struct parcel){.state = BEFORE};
}

static enum parcel_event
fail(struct parcel *p, const char *problem)
{
	p->problem = problem;
	return PARCEL_BAD;
}

/* "C SUM" and "E COUNT SUM" have one way to be written. */
static bool
is_sum(struct slice word, uint32_t sum)
{
	char text[16];

	snprintf(text, sizeof text, "%08x", sum);
	return slice_is(word, text);
}

static enum parcel_event
take_first(struct parcel *p, struct slice line)
{
	struct slice word;
	uint64_t time;

	if (!slice_word(&line, &word) || !slice_is(word, MAGIC) || !slice_word(&line, &word) ||
	    !slice_number(word, INT64_MAX, &time) || !slice_word(&line, &word) ||
	    !identity_is_valid(word) || line.len > 0)
		return fail(p, "this is no queue that 'qctl export' wrote");
	memcpy(p->origin, word.data, word.len);
	p->origin[word.len] = '\0';
	p->state = BETWEEN;
	return PARCEL_BEGIN;
}

static enum parcel_event
take_head(struct parcel *p, struct slice line)
{
	struct slice id, length;

	if (!slice_take(&line, ' ', &id) || !id_is_valid(id) || !slice_take(&line, ' ', &length) ||
	    !slice_number(length, LENGTH_MAX, &p->head.length) || !parcel_is_place(line))
		return fail(p, "the line before a message is malformed");
	memcpy(p->head.id, id.data, ID_LENGTH);
	p->head.id[ID_LENGTH] = '\0';
	memcpy(p->head.place, line.data, line.len);
	p->head.place[line.len] = '\0';
	p->left = p->head.length;
	p->state = p->left > 0 ? WITHIN : BEHIND_FILE;
	return PARCEL_MESSAGE;
}

static enum parcel_event
take_end(struct parcel *p, struct slice line, uint32_t sum)
{
	struct slice count;
	uint64_t number;

	if (!slice_take(&line, ' ', &count) || !slice_number(count, UINT64_MAX, &number))
		return fail(p, "the last line is malformed");
	if (number != p->count || !is_sum(line, sum))
		return fail(p, "the last line does not fit what came before");
	p->state = BEHIND_ALL;
	return PARCEL_END;
}

/* SUM is that of the lines before this one. */
static enum parcel_event
take_line(struct parcel *p, struct slice line, uint32_t sum)
{
	struct slice rest = slice_skip(line, 2);

	if (p->state == BEFORE)
		return take_first(p, line);
	if (p->state == BEHIND_FILE) {
		if (!slice_starts(line, "C ") || !is_sum(rest, p->message_sum))
			return fail(p, "the checksum behind a message does not fit");
		p->state = BETWEEN;
		p->count++;
		return PARCEL_WHOLE;
	}
	if (slice_starts(line, "M "))
		return take_head(p, rest);
	return slice_starts(line, "E ") ? take_end(p, rest, sum)
					: fail(p, "between messages stands something else");
}

static enum parcel_event
gather_line(struct parcel *p, struct slice *rest)
{
	size_t end = slice_find(*rest, '\n'), len = end < rest->len ? end + 1 : rest->len;
	uint32_t before = p->sum;
	bool is_whole = end < rest->len;

	if (len > sizeof p->line - p->have)
		return fail(p, p->state == BEFORE ? "this is no queue that 'qctl export' wrote"
						  : "a line is too long");
	memcpy(p->line + p->have, rest->data, len);
	p->have += len;
	*rest = slice_skip(*rest, len);
	if (!is_whole)
		return PARCEL_MORE;
	p->sum = crc32c(p->sum, p->line, p->have);
	if (p->state == BETWEEN)
		p->message_sum = crc32c(0, p->line, p->have);
	len = p->have - 1;
	p->have = 0;
	return take_line(p, slice_make(p->line, len), before);
}

static enum parcel_event
take_octets(struct parcel *p, struct slice *rest)
{
	size_t len = p->left < rest->len ? (size_t)p->left : rest->len;

	p->octets = slice_make(rest->data, len);
	p->message_sum = crc32c(p->message_sum, rest->data, len);
	p->left -= len;
	*rest = slice_skip(*rest, len);
	if (p->left == 0)
		p->state = BEHIND_FILE;
	return PARCEL_OCTETS;
}

enum parcel_event
parcel_next(struct parcel *p, struct slice *rest)
{
	enum parcel_event event = PARCEL_MORE;

	if (p->problem != NULL)
		return PARCEL_BAD;
	while (event == PARCEL_MORE && rest->len > 0) {
		if (p->state == BEHIND_ALL)
			return fail(p, "something stands behind the last line");
		event = p->state == WITHIN ? take_octets(p, rest) : gather_line(p, rest);
	}
	return event;
}
