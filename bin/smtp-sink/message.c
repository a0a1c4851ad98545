/* SPDX-License-Identifier: ISC */
/* A message by DATA or BDAT, and the replies at its end. */
#include <string.h>

#include "sink.h"

#define END "\r\n.\r\n"
#define CHUNK_MAX UINT64_C(1000000000000)
#define NOBODY "554 5.5.1 no valid recipients"
#define TAKEN "250 2.0.0 taken"

static void
take(struct connection *c, struct slice bytes)
{
	c->octets += bytes.len;
	check_take(c, bytes);
	if (c->sink->folder != -1 && str_add_slice(&c->message, bytes) == -1)
		connection_give_up(c);
}

static void
begin(struct connection *c, bool is_dotted)
{
	str_clear(&c->message);
	c->octets = 0;
	c->is_reading = false;
	check_begin(c, is_dotted);
}

/* The transaction is over; the next one, or what is to come between. */
static void
end_all(struct connection *c, bool is_good)
{
	(void)is_good;
	command_reset(c);
	str_clear(&c->message);
	if (c->message.room > sizeof c->sink->input)
		str_free(&c->message);
	c->is_chunked = false;
	if (c->sink->steps.list == NULL)
		return;
	act(c, "idle", NULL, command_next, NULL);
}

static void
store_all(struct connection *c, bool is_good)
{
	if (is_good && c->recipient_count > 0)
		store_message(c, str_slice(&c->recipients), c->recipient_count);
}

static void
store_one(struct connection *c, bool is_good)
{
	if (is_good)
		store_message(c, c->recipient, 1);
}

/* LMTP: a reply for each recipient (RFC 2033, 4.2). */
static void
end_next(struct connection *c, bool is_good)
{
	const char *step = c->is_chunked ? "bdat" : "end";
	struct slice rest = str_slice(&c->recipients);
	struct str name;
	size_t at;

	(void)is_good;
	rest = slice_skip(rest, c->recipient.data == NULL
				    ? 0
				    : (size_t)(c->recipient.data + c->recipient.len - rest.data));
	if (rest.len == 0) {
		end_all(c, true);
		return;
	}
	at = slice_find(rest, '\n');
	c->recipient = slice_make(rest.data, at + 1);
	str_init(&name, SINK_LINE_MAX);
	act(c, act_step_of(c, step, command_address(c->recipient), &name), TAKEN, end_next,
	    store_one);
	str_free(&name);
}

static void
end(struct connection *c)
{
	check_end(c);
	store_end(c);
	c->state = STATE_LINE;
	c->recipient = (struct slice){.data = NULL};
	if (c->sink->settings.is_lmtp)
		end_next(c, true);
	else
		act(c, c->is_chunked ? "bdat" : "end", c->recipient_count > 0 ? TAKEN : NOBODY,
		    end_all, store_all);
}

static void
log_behind(struct connection *c)
{
	if (c->input.len > 0)
		store_log(c, "behind", c->input);
}

void
message_begin_data(struct connection *c, bool is_good)
{
	if (!is_good)
		return;
	begin(c, true);
	c->state = STATE_DATA;
}

static void
resume_data(struct connection *c, bool is_good)
{
	(void)is_good;
	c->state = STATE_DATA;
}

static void
resume_chunk(struct connection *c, bool is_good)
{
	(void)is_good;
	c->state = STATE_CHUNK;
}

/* In the midst of the message, once some of it is there. True if it will not be read as usual. */
static bool
is_disturbed(struct connection *c, enum state state)
{
	sink_then *resume = state == STATE_DATA ? resume_data : resume_chunk;

	if (c->is_reading || c->sink->steps.list == NULL)
		return false;
	c->is_reading = true;
	act(c, "reading", NULL, resume, NULL);
	return c->state != state;
}

/* How many octets at the end of INPUT may be the beginning of the end. */
static size_t
held_back(struct slice input)
{
	for (size_t len = input.len < 4 ? input.len : 4; len > 0; len--)
		if (memcmp(input.data + input.len - len, END, len) == 0)
			return len;
	return 0;
}

bool
message_data(struct connection *c)
{
	struct slice input = c->input;
	const char *found;
	size_t kept;

	if (input.len == 0 || is_disturbed(c, STATE_DATA))
		return input.len > 0;
	if (c->octets == 0 && input.len < 3 && memcmp(input.data, END + 2, input.len) == 0)
		return false;
	if (c->octets == 0 && input.len >= 3 && memcmp(input.data, END + 2, 3) == 0) {
		c->input = slice_skip(input, 3);
		log_behind(c);
		end(c);
		return true;
	}
	found = memmem(input.data, input.len, END, strlen(END));
	kept = found == NULL ? held_back(input) : 0;
	take(c, slice_make(input.data,
		    found == NULL ? input.len - kept : (size_t)(found - input.data) + 2));
	c->input =
	    slice_skip(input, found == NULL ? input.len - kept : (size_t)(found - input.data) + 5);
	if (found == NULL)
		return false;
	log_behind(c);
	end(c);
	return true;
}

/* BDAT LENGTH [LAST] (RFC 3030, 2) */
void
message_begin_chunk(struct connection *c, struct slice line)
{
	struct slice rest = line, word;

	(void)slice_word(&rest, &word);
	if (!slice_word(&rest, &word) || !slice_number(word, CHUNK_MAX, &c->chunk)) {
		act(c, "bdat", "501 5.5.4 BDAT LENGTH [LAST]", command_next, NULL);
		return;
	}
	c->is_last = slice_word(&rest, &word) && slice_is_nocase(word, "LAST");
	if (!c->is_chunked)
		begin(c, false);
	c->is_chunked = true;
	c->state = STATE_CHUNK;
}

bool
message_chunk(struct connection *c)
{
	size_t len = c->chunk < c->input.len ? (size_t)c->chunk : c->input.len;

	if ((c->chunk > 0 && len == 0) || is_disturbed(c, STATE_CHUNK))
		return len > 0;
	take(c, slice_make(c->input.data, len));
	c->input = slice_skip(c->input, len);
	c->chunk -= len;
	if (c->chunk > 0)
		return true;
	if (c->is_last) {
		log_behind(c);
		end(c);
	} else {
		act(c, "chunk", c->recipient_count > 0 ? "250 2.0.0 more" : NOBODY, command_next,
		    NULL);
	}
	return true;
}
