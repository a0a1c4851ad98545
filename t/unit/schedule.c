/* SPDX-License-Identifier: ISC */
/* When and in which order (spool/schedule.h): what senders may ask for. */
#include "spool/schedule.h"

#include "spool/ask.h"
#include "spool/message.h"
#include "tap.h"

static void
test_origin(void)
{
	tap_is_int(schedule_origin(100, 0, 500), 100, "age counts from the arrival");
	tap_is_int(schedule_origin(100, 300, 500), 300, "from the release, if it was held");
	tap_is_int(schedule_origin(100, 50, 500), 100, "a release before the arrival is none");
	tap_is_int(schedule_origin(100, 900, 500), 500, "released too early, it has no age");
}

static void
test_held(void)
{
	tap_ok(!schedule_is_held(0, false, 500), "not held");
	tap_ok(schedule_is_held(501, false, 500), "held");
	tap_ok(!schedule_is_held(500, false, 500), "until that second");
	tap_ok(!schedule_is_held(501, true, 500), "unless somebody released it");
}

static void
test_by(void)
{
	tap_is_int(schedule_by(1000, 0, 500), 1000, "no such wish");
	tap_is_int(schedule_by(1000, 2000, 500), 1000, "it comes later");
	tap_is_int(schedule_by(1000, 510, 500), 510, "it comes before");
	tap_is_int(schedule_by(1000, 500, 500), 1000, "it is over");
	tap_is_int(schedule_round(1001, 1000), 1001, "a second is a second");
	tap_is_int(schedule_round(1033, 1000), 1034, "half a minute: two seconds");
	tap_is_int(schedule_round(1000001, 1), 1000032, "never more than half a minute");
}

static void
test_rank(void)
{
	tap_ok(schedule_rank(1000, 0) < schedule_rank(1001, 0), "first come, first served");
	tap_ok(schedule_rank(1001, 1) < schedule_rank(1000, 0), "a priority goes ahead");
	tap_ok(schedule_rank(1000, 0) < schedule_rank(1000, -1), "of a lower one");
	tap_ok(schedule_rank(0, -9) < schedule_rank(19 * 60000, 9), "but nothing waits for ever");
}

static void
test_state(void)
{
	struct recipient_state state = {.status = RECIPIENT_WAITING,
				   .is_released = true,
				   .reply = slice_of("")},
			       again;
	char bytes[MESSAGE_STATE_SIZE];

	message_state_encode(&state, bytes);
	message_state_decode(&again, bytes);
	tap_ok(again.is_released && !again.delay_told, "that it was released is kept");
	state.is_released = false;
	message_state_encode(&state, bytes);
	message_state_decode(&again, bytes);
	tap_ok(!again.is_released, "and that it was not");
}

static void
test_covers(void)
{
	static const struct {
		const char *pattern, *domain;
		bool covers;
	} cases[] = {
	    {"example.org", "Example.ORG", true},
	    {"example.org", "a.example.org", false},
	    {"@example.org", "example.org", true},
	    {"@example.org", "a.b.Example.org", true},
	    {"@example.org", "anexample.org", false},
	    {"@example.org", ".org", false},
	    {"@", "example.org", false},
	    {"", "", false},
	    {"example.org", "", false},
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		tap_ok(ask_covers(slice_of(cases[i].pattern), slice_of(cases[i].domain)) ==
			   cases[i].covers,
		    "'%s' and '%s'", cases[i].pattern, cases[i].domain);
}

static void
test_folder(void)
{
	static const struct {
		const char *domain, *folder;
	} cases[] = {
	    {"Example.ORG", "example.org"}, {"[192.0.2.1]", "[192.0.2.1]"}, {"", "+"}, {"..", "+"},
	    {".hidden", "+"}, {"a/b", "+"}, {"a\nb", "+"},
	    {"0123456789abcdefghij", "+"}, /* an id */
	};
	char name[ASK_FOLDER_SIZE], longest[300];

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		ask_folder(name, slice_of(cases[i].domain));
		tap_is_text(name, cases[i].folder, cases[i].domain);
	}
	for (size_t i = 0; i < sizeof longest; i++)
		longest[i] = 'a';
	ask_folder(name, slice_make(longest, 251));
	tap_is_text(name, "+", "too long for a name");
}

int
main(void)
{
	test_origin();
	test_held();
	test_by();
	test_rank();
	test_state();
	test_covers();
	test_folder();
	return tap_done();
}
