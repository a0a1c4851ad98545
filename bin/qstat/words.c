/* SPDX-License-Identifier: ISC */
#include "words.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

const char *
words_time(char text[WORDS_SIZE], int64_t seconds)
{
	time_t when = (time_t)seconds;
	struct tm tm;

	if (localtime_r(&when, &tm) == NULL || strftime(text, WORDS_SIZE, "%F %T", &tm) == 0)
		snprintf(text, WORDS_SIZE, "?");
	return text;
}

const char *
words_size(char text[WORDS_SIZE], uint64_t octets)
{
	static const char units[] = "kMGTPE";
	double value = (double)octets / 1024;
	size_t unit = 0;

	if (octets < 1000) {
		snprintf(text, WORDS_SIZE, "%" PRIu64, octets);
		return text;
	}
	for (; value >= 1000; value /= 1024)
		unit++;
	snprintf(text, WORDS_SIZE, value < 9.95 ? "%.1f%c" : "%.0f%c", value, units[unit]);
	return text;
}

struct slice
words_submitter(char text[USER_TEXT_SIZE], struct slice source)
{
	uint64_t uid;

	if (!slice_starts(source, "uid ") || !slice_number(slice_skip(source, 4), UINT32_MAX, &uid))
		return source;
	return slice_of(user_text(text, (uid_t)uid));
}

const char *
words_status(enum recipient_status status)
{
	switch (status) {
	case RECIPIENT_WAITING:
		return "waiting";
	case RECIPIENT_DELIVERED:
	case RECIPIENT_SUCCEEDED:
		return "delivered";
	case RECIPIENT_RELAYED:
		return "relayed";
	case RECIPIENT_EXPANDED:
		return "forwarded";
	case RECIPIENT_FAILED:
		return "failed";
	case RECIPIENT_BOUNCED:
		return "returned";
	}
	return "?";
}

struct reply
words_reply(struct slice kept)
{
	struct slice rest = kept;
	struct reply reply = {.text = kept};

	if (!slice_word(&rest, &reply.code) || !slice_word(&rest, &reply.relay))
		return (struct reply){.text = kept};
	if (reply.code.len < 5 || reply.code.data[1] != '.') /* not as spool(5) has it */
		return (struct reply){.text = kept};
	if (slice_is(reply.relay, "-"))
		reply.relay = slice_of("");
	reply.text = slice_trim(rest);
	return reply;
}

struct slice
words_code(const struct reply *reply)
{
	struct slice rest = reply->text, number, code;

	if (slice_word(&rest, &number) && number.len == 3 && slice_word(&rest, &code) &&
	    slice_equal(code, reply->code))
		return slice_of("");
	return reply->code;
}
