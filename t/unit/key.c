/* SPDX-License-Identifier: ISC */
/* spool/key.h: who waits for whom. What becomes of messages with keys is in t/enqueue-terms.bats.
 */
#include "spool/key.h"

#include <errno.h>

#include "spool_scratch.h"
#include "tap.h"

static int
hold(struct key *k, struct spool *s, uid_t uid, const char *text)
{
	char name[KEY_RECORD_SIZE];

	key_record_name(name, uid, slice_of(text), 0);
	return key_hold(k, s, slice_of(name), deadline_in_ms(0));
}

int
main(void)
{
	struct key first, again, other, last;
	char name[KEY_RECORD_SIZE];
	struct spool s;

	key_record_name(name, 33, slice_of("abc"), 3 * KEY_DAY_SECONDS + 5);
	tap_is_text(name, "3/33-ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
	    "a record is named by the day, the user and the key's SHA-256");
	spool_init(&s);
	spool_scratch_open(&s);
	tap_is_int(hold(&first, &s, 1000, "daily"), 0, "a key is held");
	tap_is_int(hold(&again, &s, 1000, "daily"), -1, "once");
	tap_is_int(errno, ETIMEDOUT, "and who waits for it is told");
	tap_is_int(hold(&other, &s, 1001, "daily"), 0, "the same of another user is another");
	tap_is_int(hold(&last, &s, UINT32_MAX, "daily"), 0, "whatever number he has");
	key_let_go(&again);
	key_let_go(&first);
	tap_is_int(hold(&again, &s, 1000, "daily"), 0, "one that was let go is free");
	key_let_go(&again);
	key_let_go(&other);
	key_let_go(&last);
	spool_scratch_remove(&s);
	return tap_done();
}
