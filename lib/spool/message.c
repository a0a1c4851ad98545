/* SPDX-License-Identifier: ISC */
#include "spool/message.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/crc32c.h"

#define MAGIC "satchel1"
#define TEXT_END 91 /* what stands behind is padding */

#define STATE_ATTEMPTS 3
#define STATE_TIME 8
#define STATE_TIME_WIDTH 12
#define STATE_REPLY 21
#define ATTEMPTS_MAX 9999

off_t
message_state_offset(const struct message_header *h, size_t recipient)
{
	return (off_t)(MESSAGE_HEADER_SIZE + h->envelope_length + recipient * MESSAGE_STATE_SIZE);
}

off_t
message_offset(const struct message_header *h)
{
	return message_state_offset(h, h->recipients) + 1;
}

uint64_t
message_file_size(const struct message_header *h)
{
	return (uint64_t)message_offset(h) + h->length;
}

/*
 * VALUE in WIDTH digits, and the space behind them: what is behind. Without printf, which would be
 * a third of what it costs to look at a message.
 */
static char *
put_digits(char *to, uint64_t value, unsigned base, size_t width)
{
	for (size_t i = width; i > 0; i--, value /= base)
		to[i - 1] = "0123456789abcdef"[value % base];
	return to + width + 1;
}

void
message_header_encode(const struct message_header *h, char bytes[MESSAGE_HEADER_SIZE])
{
	char *to = bytes + sizeof MAGIC;

	memset(bytes, ' ', MESSAGE_HEADER_SIZE);
	memcpy(bytes, MAGIC, sizeof MAGIC - 1);
	memcpy(to, h->id, strnlen(h->id, ID_LENGTH));
	to = put_digits(to + ID_LENGTH + 1, h->envelope_length, 10, 10);
	to = put_digits(to, h->recipients, 10, 7);
	to = put_digits(to, h->length, 10, 15);
	to = put_digits(to, h->envelope_sum, 16, 8);
	to = put_digits(to, h->sum, 16, 8);
	(void)put_digits(to, crc32c(0, bytes, (size_t)(to - bytes)), 16, 8);
	bytes[MESSAGE_HEADER_SIZE - 1] = '\n';
}

static bool
take_hexadecimal(struct slice word, uint32_t *value)
{
	char text[9], *end;

	if (word.len != 8)
		return false;
	memcpy(text, word.data, 8);
	text[8] = '\0';
	*value = (uint32_t)strtoul(text, &end, 16);
	return *end == '\0';
}

static bool
take_fields(struct message_header *h, struct slice text)
{
	struct slice magic, id, words[6];
	uint64_t envelope, recipients;

	if (!slice_word(&text, &magic) || !slice_is(magic, MAGIC) || !slice_word(&text, &id) ||
	    !id_is_valid(id))
		return false;
	for (size_t i = 0; i < 6; i++)
		if (!slice_word(&text, &words[i]))
			return false;
	if (!slice_number(words[0], MESSAGE_ENVELOPE_MAX, &envelope) ||
	    !slice_number(words[1], MESSAGE_RECIPIENTS_MAX, &recipients) || recipients == 0 ||
	    !slice_number(words[2], INT64_MAX / 2, &h->length) ||
	    !take_hexadecimal(words[3], &h->envelope_sum) || !take_hexadecimal(words[4], &h->sum))
		return false;
	memcpy(h->id, id.data, ID_LENGTH);
	h->id[ID_LENGTH] = '\0';
	h->envelope_length = (size_t)envelope;
	h->recipients = (size_t)recipients;
	return true;
}

bool
message_header_is_empty(const char bytes[MESSAGE_HEADER_SIZE])
{
	static const char nothing[MESSAGE_HEADER_SIZE];

	return memcmp(bytes, nothing, MESSAGE_HEADER_SIZE) == 0;
}

enum message_check
message_header_decode(struct message_header *h, const char bytes[MESSAGE_HEADER_SIZE])
{
	char again[MESSAGE_HEADER_SIZE];

	if (message_header_is_empty(bytes))
		return MESSAGE_INCOMPLETE;
	if (!take_fields(h, slice_make(bytes, TEXT_END)))
		return MESSAGE_CORRUPT;
	/* there is one way to write a header: this compares the checksum and all padding */
	message_header_encode(h, again);
	return memcmp(bytes, again, MESSAGE_HEADER_SIZE) == 0 ? MESSAGE_GOOD : MESSAGE_CORRUPT;
}

void
message_state_encode(const struct recipient_state *s, char bytes[MESSAGE_STATE_SIZE])
{
	unsigned attempts = s->attempts > ATTEMPTS_MAX ? ATTEMPTS_MAX : s->attempts;
	size_t reply = s->reply.len > MESSAGE_REPLY_MAX ? MESSAGE_REPLY_MAX : s->reply.len;
	char number[32];

	memset(bytes, ' ', MESSAGE_STATE_SIZE);
	bytes[0] = (char)s->status;
	bytes[1] = s->delay_told ? 'd' : '-';
	bytes[2] = s->is_released ? 'r' : ' ';
	snprintf(number, sizeof number, "%04u", attempts);
	memcpy(bytes + STATE_ATTEMPTS, number, 4);
	snprintf(number, sizeof number, "%012lld", (long long)s->last_attempt);
	memcpy(bytes + STATE_TIME, number, STATE_TIME_WIDTH);
	memcpy(bytes + STATE_REPLY, s->reply.data, reply);
	bytes[MESSAGE_STATE_SIZE - 1] = '\n';
}

void
message_state_decode(struct recipient_state *s, const char bytes[MESSAGE_STATE_SIZE])
{
	uint64_t number;

	*s = (struct recipient_state){.status = RECIPIENT_WAITING,
	    .delay_told = bytes[1] == 'd',
	    .is_released = bytes[2] == 'r'};
	if (bytes[0] == RECIPIENT_DELIVERED || bytes[0] == RECIPIENT_SUCCEEDED ||
	    bytes[0] == RECIPIENT_RELAYED || bytes[0] == RECIPIENT_EXPANDED ||
	    bytes[0] == RECIPIENT_FAILED || bytes[0] == RECIPIENT_BOUNCED)
		s->status = (enum recipient_status)bytes[0];
	if (slice_number(slice_make(bytes + STATE_ATTEMPTS, 4), ATTEMPTS_MAX, &number))
		s->attempts = (unsigned)number;
	if (slice_number(slice_make(bytes + STATE_TIME, STATE_TIME_WIDTH), INT64_MAX, &number))
		s->last_attempt = (int64_t)number;
	s->reply = slice_trim(slice_make(bytes + STATE_REPLY, MESSAGE_REPLY_MAX));
}
