/* SPDX-License-Identifier: ISC */
/* What spool(5) writes down: ids, headers, states, envelopes; and when things are tried again. */
#include <stdlib.h>
#include <string.h>

#include "spool/envelope.h"
#include "spool/id.h"
#include "spool/message.h"
#include "spool/schedule.h"
#include "tap.h"

static void
test_ids(void)
{
	static const int64_t times[] = {0, 1, 31, 32, 1000000, 1770000000000000, 36028797018963967};
	char before[ID_SIZE] = "", id[ID_SIZE], other[ID_SIZE];
	bool sorted = true, kept = true, valid = true;

	for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
		id_make(id, times[i]);
		sorted = sorted && strcmp(before, id) < 0;
		kept = kept && id_time(slice_of(id)) == times[i];
		valid = valid && id_is_valid(slice_of(id)) && strlen(id) == ID_LENGTH;
		memcpy(before, id, sizeof id);
	}
	tap_ok(sorted, "ids sort by time");
	tap_ok(kept, "and give it back");
	tap_ok(valid, "and are valid");
	id_make(id, 5);
	id_make(other, 5);
	tap_ok(strcmp(id, other) != 0, "two of one moment differ");
}

static void
test_bad_ids(void)
{
	static const char *const bad[] = {"", "0123456789abcdefghi", "0123456789abcdefghijk",
	    "0123456789abcdefghiw", "0123456789ABCDEFGHIJ", "../456789abcdefghij0",
	    "0123456789abcdefghi ", "0123456789abcdefghi.", "0123456789/bcdefghij"};

	tap_ok(id_is_valid(slice_of("0123456789abcdefghij")), "an id");
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		tap_ok(!id_is_valid(slice_of(bad[i])), "no id: '%s'", bad[i]);
	tap_ok(!id_is_valid(slice_make("0123456789\0bcdefghij", 20)), "no id: with a NUL");
}

static struct message_header
some_header(void)
{
	struct message_header h = {.id = "0123456789abcdefghij",
	    .envelope_length = 55,
	    .recipients = 2,
	    .length = 123456789012345,
	    .envelope_sum = 0x89abcdef,
	    .sum = 0x00000001};

	return h;
}

static void
test_header(void)
{
	struct message_header h = some_header(), back;
	char bytes[MESSAGE_HEADER_SIZE], changed[MESSAGE_HEADER_SIZE];
	size_t missed = 0;

	message_header_encode(&h, bytes);
	tap_ok(memcmp(bytes, "satchel1 0123456789abcdefghij 0000000055 0000002 123456789012345 ",
		   65) == 0 &&
		   bytes[95] == '\n',
	    "a header");
	tap_is_int((long long)message_header_decode(&back, bytes), MESSAGE_GOOD, "is read");
	tap_ok(strcmp(back.id, h.id) == 0 && back.envelope_length == 55 && back.recipients == 2 &&
		   back.length == h.length && back.envelope_sum == h.envelope_sum &&
		   back.sum == h.sum,
	    "as it was written");
	for (size_t i = 0; i < sizeof bytes; i++)
		for (int bit = 0; bit < 8; bit++) {
			memcpy(changed, bytes, sizeof bytes);
			changed[i] = (char)(changed[i] ^ 1 << bit);
			missed += message_header_decode(&back, changed) != MESSAGE_CORRUPT;
		}
	tap_is_int((long long)missed, 0, "each flipped bit is noticed");
	memset(changed, 0, sizeof changed);
	tap_is_int((long long)message_header_decode(&back, changed), MESSAGE_INCOMPLETE, "none");
	for (size_t len = 1; len < sizeof bytes; len++) {
		memset(changed, 0, sizeof changed);
		memcpy(changed, bytes, len);
		missed += message_header_decode(&back, changed) != MESSAGE_CORRUPT;
	}
	tap_is_int((long long)missed, 0, "each header that breaks off is corrupt");
}

static void
test_header_bounds(void)
{
	struct message_header h = some_header(), back;
	char bytes[MESSAGE_HEADER_SIZE];

	h.envelope_length = MESSAGE_ENVELOPE_MAX;
	h.recipients = MESSAGE_RECIPIENTS_MAX;
	h.length = 999999999999999;
	message_header_encode(&h, bytes);
	tap_is_int(
	    (long long)message_header_decode(&back, bytes), MESSAGE_GOOD, "the largest header");
	tap_is_int((long long)message_state_offset(&h, 1), 96 + (1 << 30) + 192, "a state");
	tap_is_int((long long)message_offset(&h), 96 + (1LL << 30) + 192000000 + 1, "the message");
	tap_is_int((long long)message_file_size(&h), message_offset(&h) + 999999999999999,
	    "the size of its file");
	h.recipients = 0;
	message_header_encode(&h, bytes);
	tap_is_int((long long)message_header_decode(&back, bytes), MESSAGE_CORRUPT, "none at all");
}

static void
test_state(void)
{
	struct recipient_state s = {.status = RECIPIENT_FAILED,
				   .delay_told = true,
				   .attempts = 12345,
				   .last_attempt = 1770000000,
				   .reply = slice_of("550 no such user")},
			       back;
	char bytes[MESSAGE_STATE_SIZE], long_reply[300];

	message_state_encode(&s, bytes);
	message_state_decode(&back, bytes);
	tap_ok(back.status == RECIPIENT_FAILED && back.delay_told && back.attempts == 9999 &&
		   back.last_attempt == 1770000000 && slice_is(back.reply, "550 no such user"),
	    "a state is read as it was written");
	tap_is_int(bytes[MESSAGE_STATE_SIZE - 1], '\n', "and is a line");
	memset(long_reply, 'x', sizeof long_reply);
	s.reply = slice_make(long_reply, sizeof long_reply);
	message_state_encode(&s, bytes);
	message_state_decode(&back, bytes);
	tap_is_int((long long)back.reply.len, MESSAGE_REPLY_MAX, "a long reply is cut");
	tap_is_int(bytes[MESSAGE_STATE_SIZE - 1], '\n', "before the line's end");
}

static void
test_torn_states(void)
{
	struct recipient_state old = {.status = RECIPIENT_WAITING, .reply = slice_of("451 later")},
			       new = {.status = RECIPIENT_DELIVERED,
				   .attempts = 2,
				   .last_attempt = 1770000000,
				   .reply = slice_of("250 ok")},
			       s;
	char before[MESSAGE_STATE_SIZE], after[MESSAGE_STATE_SIZE], mixed[MESSAGE_STATE_SIZE];
	bool good = true;

	message_state_encode(&old, before);
	message_state_encode(&new, after);
	for (size_t i = 0; i <= sizeof mixed; i++) {
		memcpy(mixed, after, i);
		memcpy(mixed + i, before + i, sizeof mixed - i);
		message_state_decode(&s, mixed);
		good = good && s.status == (i > 0 ? RECIPIENT_DELIVERED : RECIPIENT_WAITING);
	}
	tap_ok(good, "a state half written is the old or the new one");
	srand(1);
	for (int i = 0; i < 20000; i++) {
		for (size_t k = 0; k < sizeof mixed; k++)
			mixed[k] = (char)rand();
		message_state_decode(&s, mixed);
		good =
		    good && s.attempts <= 9999 && s.last_attempt >= 0 &&
		    s.reply.len <= MESSAGE_REPLY_MAX &&
		    (s.status == (enum recipient_status)mixed[0] || s.status == RECIPIENT_WAITING);
	}
	tap_ok(good, "any bytes are a state");
}

static const struct {
	const char *fields; /* with | for NUL */
	enum envelope_result result;
	const char *spool; /* with | for LF */
} envelopes[] = {
    {"Fa@b.test|Tc@d.test|", ENVELOPE_GOOD, "Fa@b.test|Swho|Tc@d.test|"},
    {"F|Tc@d.test|Te@f.test|", ENVELOPE_GOOD, "F|Swho|Tc@d.test|Te@f.test|"},
    {"F|B7BIT|Vx|RFULL|Tc|NNEVER|Orfc822;x|Td|", ENVELOPE_GOOD,
	"F|Swho|B7BIT|Vx|RFULL|Tc|NNEVER|Orfc822;x|Td|"},
    {"F|Tc|NSUCCESS,FAILURE,DELAY|", ENVELOPE_GOOD, "F|Swho|Tc|NSUCCESS,FAILURE,DELAY|"},
    {"F|BBINARYMIME|H1800000000|Y1800000000;RT|P-9|U1|Q1|Aa+40b|Tc|", ENVELOPE_GOOD,
	"F|Swho|BBINARYMIME|H1800000000|Y1800000000;RT|P-9|U1|Q1|Aa+40b|Tc|"},
    {"F|Y0;N|P9|A<>|Tc|", ENVELOPE_GOOD, "F|Swho|Y0;N|P9|A<>|Tc|"},
    {"F|Tc|Outf-8;\\x{E9}a@b\xc3\xa9|", ENVELOPE_GOOD, "F|Swho|Tc|Outf-8;\\x{E9}a@b\xc3\xa9|"},
    {"F|Tc|Orfc822;b\xc3\xa9|", ENVELOPE_MALFORMED, ""},
    {"F|Tc|Outf-8;b\xc3|", ENVELOPE_MALFORMED, ""},
    {"F|Tc|Outf-8;b\\x{41}|", ENVELOPE_GOOD, "F|Swho|Tc|Outf-8;b\\x{41}|"},
    {"F|U1|U1|Tc|", ENVELOPE_MALFORMED, ""},
    {"Fdev-@b.test-@[]|Tc|", ENVELOPE_GOOD, "Fdev-@b.test-@[]|Swho|Tc|"},
    {"Fdev-@b..test-@[]|Tc|", ENVELOPE_MALFORMED, ""},
    {"F#@[]|Tc|", ENVELOPE_MALFORMED, ""},
    {"Fa@b.test|Tdev-@b.test-@[]|", ENVELOPE_MALFORMED, ""},
    {"F|Tc|NNEVER|NNEVER|", ENVELOPE_MALFORMED, ""},
    {"F|Tc|NNEVER|Td|NNEVER|", ENVELOPE_GOOD, "F|Swho|Tc|NNEVER|Td|NNEVER|"},
    {"F|Tc|U1|", ENVELOPE_MALFORMED, ""},
    {"F|H|Tc|", ENVELOPE_MALFORMED, ""},
    {"F|H-1|Tc|", ENVELOPE_MALFORMED, ""},
    {"F|H999999999999|Tc|", ENVELOPE_MALFORMED, ""},
    {"F|H1800000000;for;60|Tc|", ENVELOPE_GOOD, "F|Swho|H1800000000;for;60|Tc|"},
    {"F|H1800000000;until;2027-01-15T08:00:00Z|Tc|", ENVELOPE_GOOD,
	"F|Swho|H1800000000;until;2027-01-15T08:00:00Z|Tc|"},
    {"F|H1800000000;for;|Tc|", ENVELOPE_MALFORMED, ""},
    {"F|H1800000000;for;1 X: y|Tc|", ENVELOPE_MALFORMED, ""},
    {"F|H1800000000;until;tomorrow|Tc|", ENVELOPE_MALFORMED, ""},
    {"F|H1800000000;|Tc|", ENVELOPE_MALFORMED, ""},
    {"F|Y100|Tc|", ENVELOPE_MALFORMED, ""},
    {"F|Y100;|Tc|", ENVELOPE_MALFORMED, ""},
    {"F|Y100;T|Tc|", ENVELOPE_MALFORMED, ""},
    {"F|Y100;RTT|Tc|", ENVELOPE_MALFORMED, ""},
    {"F|Y-1;N|Tc|", ENVELOPE_MALFORMED, ""},
    {"F|P|Tc|", ENVELOPE_MALFORMED, ""},
    {"F|P10|Tc|", ENVELOPE_MALFORMED, ""},
    {"F|P--1|Tc|", ENVELOPE_MALFORMED, ""},
    {"F|U0|Tc|", ENVELOPE_MALFORMED, ""},
    {"F|Q|Tc|", ENVELOPE_MALFORMED, ""},
    {"F|A|Tc|", ENVELOPE_MALFORMED, ""},
    {"F|Aa=b|Tc|", ENVELOPE_MALFORMED, ""},
    {"", ENVELOPE_MALFORMED, ""},
    {"Fa@b.test|", ENVELOPE_MALFORMED, ""},
    {"Tc@d.test|", ENVELOPE_MALFORMED, ""},
    {"Fa@b.test|Tc@d.test", ENVELOPE_MALFORMED, ""},
    {"Fa@b.test|T|", ENVELOPE_MALFORMED, ""},
    {"Fa@b.test||Tc@d.test|", ENVELOPE_MALFORMED, ""},
    {"Fa@b.test|Fa@b.test|Tc@d.test|", ENVELOPE_MALFORMED, ""},
    {"F|Tc|F|", ENVELOPE_MALFORMED, ""},
    {"F|Swho|Tc|", ENVELOPE_MALFORMED, ""},
    {"F|Xx|Tc|", ENVELOPE_MALFORMED, ""},
    {"F|X0|Tc|", ENVELOPE_MALFORMED, ""},
    {"F|X1900000000|Kany key ../|Tc|", ENVELOPE_GOOD, "F|Swho|X1900000000|K1/2-3|Tc|"},
    {"F|K|Tc|", ENVELOPE_MALFORMED, ""},
    {"F|Ka|Kb|Tc|", ENVELOPE_MALFORMED, ""},
    {"F|Tc|Ka|", ENVELOPE_MALFORMED, ""},
    {"F|Lx|Tc|", ENVELOPE_MALFORMED, ""},
    {"F|1x|Tc|", ENVELOPE_MALFORMED, ""},
    {"F|Tc|B7BIT|", ENVELOPE_MALFORMED, ""},
    {"F|NNEVER|Tc|", ENVELOPE_MALFORMED, ""},
    {"F|BBINARY|Tc|", ENVELOPE_MALFORMED, ""},
    {"F|RNONE|Tc|", ENVELOPE_MALFORMED, ""},
    {"F|Tc|N|", ENVELOPE_MALFORMED, ""},
    {"F|Tc|NNEVER,FAILURE|", ENVELOPE_MALFORMED, ""},
    {"F|Tc|Onothing|", ENVELOPE_MALFORMED, ""},
    {"F|Tc\n|", ENVELOPE_MALFORMED, ""},
    {"Fa\rb|Tc|", ENVELOPE_MALFORMED, ""},
    {"F|Tc|Orfc822;a\x7f|", ENVELOPE_MALFORMED, ""},
    {"F|Tc|Orfc822;a b|", ENVELOPE_MALFORMED, ""},
    {"F|Tc|Orfc822;a+2|", ENVELOPE_MALFORMED, ""},
    {"F|Vx y|Tc|", ENVELOPE_MALFORMED, ""},
    {"F|Vx=y|Tc|", ENVELOPE_MALFORMED, ""},
    {"F|T1|T2|T3|T4|T5|", ENVELOPE_GOOD, "F|Swho|T1|T2|T3|T4|T5|"},
    {"F|T1|T2|T3|T4|T5|T6|", ENVELOPE_TOO_MANY, ""},
};

static void
replace(char *text, size_t len, char from, char to)
{
	for (size_t i = 0; i < len; i++)
		if (text[i] == from)
			text[i] = to;
}

static void
test_envelopes(void)
{
	static const struct envelope_origin origin = {{"who", 3}, {"1/2-3", 5}};

	for (size_t i = 0; i < sizeof envelopes / sizeof envelopes[0]; i++) {
		char fields[200];
		size_t len = strlen(envelopes[i].fields), count;
		const char *reason = NULL;
		struct str out;
		enum envelope_result result;

		str_init(&out, 1000);
		memcpy(fields, envelopes[i].fields, len + 1);
		replace(fields, len, '|', '\0');
		result =
		    envelope_convert(slice_make(fields, len), &origin, 5, &out, &count, &reason);
		replace(out.data, out.len, '\n', '|');
		tap_ok(result == envelopes[i].result && strcmp(out.data, envelopes[i].spool) == 0 &&
			   (result == ENVELOPE_GOOD || reason != NULL),
		    "envelope %zu: %d, %s", i, (int)result, reason == NULL ? "good" : reason);
		str_free(&out);
	}
}

static void
test_reading(void)
{
	static const char text[] = "Fa\nSwho\nB8BITMIME\nVid\nRHDRS\nTb\nNNEVER\nOrfc822;b\nTc\n";
	struct envelope e;
	struct envelope_recipient r;

	tap_ok(envelope_parse(slice_of(text), &e) && slice_is(e.reverse_path, "a") &&
		   slice_is(e.source, "who") && slice_is(e.body, "8BITMIME") &&
		   slice_is(e.envelope_id, "id") && slice_is(e.return_part, "HDRS"),
	    "an envelope of the spool");
	tap_ok(envelope_next(&e.recipients, &r) && slice_is(r.address, "b") &&
		   slice_is(r.notify, "NEVER") && slice_is(r.original, "rfc822;b"),
	    "its first recipient");
	tap_ok(envelope_next(&e.recipients, &r) && slice_is(r.address, "c") && r.notify.len == 0 &&
		   r.original.len == 0,
	    "its second");
	tap_ok(!envelope_next(&e.recipients, &r), "no third");
	tap_ok(envelope_parse(slice_of("F\nSw\nH1800000000\nY1900000000;RT\nP-3\nU1\nQ1\nA<>"
				       "\nX1850000000\nK1/0-2\nTb\n"),
		   &e) &&
		   e.expires == 1850000000 && slice_is(e.record, "1/0-2") &&
		   e.hold.until == 1800000000 && e.by.time == 1900000000 && e.by.returns &&
		   e.by.trace && slice_is(e.deliver_by, "1900000000;RT") && e.priority == -3 &&
		   e.is_utf8 && e.requires_tls && slice_is(e.submitter, "<>"),
	    "what was asked for by parameters of MAIL");
	tap_ok(envelope_parse(slice_of("F\nY1;N\nTb\n"), &e) && e.by.time == 1 && !e.by.returns &&
		   !e.by.trace && e.priority == 0 && !e.is_utf8 && !e.requires_tls &&
		   e.hold.until == 0 && e.expires == 0 && e.record.len == 0,
	    "and what was not");
	tap_ok(!envelope_parse(slice_of("F\nNNEVER\nTb\n"), &e), "a field that is out of place");
	tap_ok(!envelope_parse(slice_of("Fa\nSwho\n"), &e), "one without recipients");
	tap_ok(!envelope_parse(slice_of("Tb\n"), &e), "one without a sender");
	tap_ok(!envelope_parse(slice_of("Fa\nTb"), &e), "one cut off");
}

static const struct schedule usual = {
    .minimum = 300, .maximum = 14400, .lifetime = 432000, .delay_notice = 14400};

static void
test_growth(void)
{
	int64_t now = 1000000, before = 0;
	bool growing = true, late = true;
	int attempts = 0;

	while (!schedule_is_expired(&usual, 1000000, now) && attempts < 1000) {
		/* the middle of the range that chance takes from */
		int64_t age = now - 1000000 < 300 ? 300 : now - 1000000,
			interval = age < 14400 ? age : 14400;
		int64_t next = schedule_next(&usual, 1000000, now, (uint32_t)(interval / 10));

		late = late && next > now;
		growing = growing && next - now >= before - before / 16 - 1;
		before = next - now;
		now = next;
		attempts++;
	}
	tap_ok(late, "the next attempt is later");
	tap_ok(growing, "intervals grow");
	tap_ok(attempts > 30 && attempts < 50, "%d attempts in five days", attempts);
}

static void
test_jitter(void)
{
	static const int64_t ages[] = {-50, 0, 300, 1000, 5000, 14400, 400000};

	for (size_t i = 0; i < sizeof ages / sizeof ages[0]; i++) {
		int64_t interval = ages[i] < 300 ? 300 : ages[i] > 14400 ? 14400 : ages[i];
		int64_t least = INT64_MAX, most = 0, now = 1770000001;
		size_t slots = 0;

		for (uint32_t random = 0; random < 20000; random++) {
			int64_t in = schedule_next(&usual, now - ages[i], now, random) - now;

			least = in < least ? in : least;
			most = in > most ? in : most;
			slots += (in + now) % 16 == 0;
		}
		tap_ok(least >= interval - interval / 10 &&
			   most <= interval + interval / 10 + interval / 16 && most > least,
		    "age %lld: between %lld and %lld", (long long)ages[i], (long long)least,
		    (long long)most);
		tap_is_int((long long)slots, 20000, "in slots");
	}
}

static void
test_schedule_bounds(void)
{
	static const struct schedule odd = {.minimum = 1, .maximum = 1, .lifetime = 0};
	struct schedule never = usual;

	tap_ok(schedule_next(&odd, 100, 100, 77) > 100, "a second is the least");
	tap_ok(schedule_next(&odd, 100, 50, UINT32_MAX) > 50, "a clock that went back");
	tap_ok(schedule_is_expired(&odd, 100, 100), "a lifetime of 0");
	tap_ok(!schedule_is_expired(&usual, 100, 100 + 431999), "not yet");
	tap_ok(schedule_is_expired(&usual, 100, 100 + 432000), "expired");
	tap_ok(!schedule_wants_notice(&usual, 100, 100 + 14399), "no notice yet");
	tap_ok(schedule_wants_notice(&usual, 100, 100 + 14400), "a notice");
	never.delay_notice = 0;
	tap_ok(!schedule_wants_notice(&never, 100, 100 + 432000), "never a notice");
}

static void
test_slots(void)
{
	static const char *const bad[] = {
	    "", "1", "00177000000a", "0017700000001", "..", "-01770000000", "            "};
	char name[SCHEDULE_NAME_SIZE];

	schedule_slot_name(name, 1770000000);
	tap_is_text(name, "001770000000", "a slot");
	tap_is_int((long long)schedule_slot_time(name), 1770000000, "and back");
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		tap_is_int((long long)schedule_slot_time(bad[i]), -1, "no slot");
}

int
main(void)
{
	test_ids();
	test_bad_ids();
	test_header();
	test_header_bounds();
	test_state();
	test_torn_states();
	test_envelopes();
	test_reading();
	test_growth();
	test_jitter();
	test_schedule_bounds();
	test_slots();
	return tap_done();
}
