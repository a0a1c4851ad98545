/* SPDX-License-Identifier: ISC */
/* What a report says of a code: the nearest row, and no other host's fault where it is this one's.
 */
#include "mail/dsn_advice.h"

#include <string.h>

#include "tap.h"

static const struct {
	const char *code, *reply;
	bool is_remote;
	const char *happened; /* what it begins with */
} cases[] = {
    {"5.1.1", "550 5.1.1 x", true, "There is no mailbox of this name"},
    {"4.1.1", "450 4.1.1 x", true, "There is no mailbox of this name"},
    {"5.1.10", "x", false, "The recipient's domain says that it takes no mail"},
    {"5.1.9", "x", true, "The recipient's address was not accepted"},
    {"5.2.2", "x", true, "The recipient's mailbox is full"},
    {"5.3.0", "x", true, "The recipient's side had a fault"},
    {"5.3.0", "x", false, "It could not be delivered from here"},
    {"5.3.4", "x", false, "The message is larger"},
    {"4.4.1", "x", false, "The recipient's side could not be reached"},
    {"4.4.7", "x", false, "It was tried for as long"},
    {"5.7.1", "x", true, "The recipient's side would not take it"},
    {"5.7.1", "x", false, "It could not be delivered from here"},
    {"5.7.2", "x", true, "You may not write to this list"},
    {"5.7.20", "x", true, "Your domain's rules about signed mail"},
    {"5.7.23", "x", true, "Your domain does not say that mail"},
    {"4.7.5", "x", false, "The way there is not as safe"},
    {"4.7.8", "x", true, "The host that should pass the message on did not"},
    {"5.7.10", "x", true, "You asked that it goes over protected"},
    {"5.7.10", "x", false, "You asked that it goes over protected"},
    {"4.7.11", "x", true, "The way to the host that should pass"},
    {"5.7.30", "x", false, "You asked that it goes over protected"},
    {"5.0.0", "552 too much", true, "The message, or the recipient's mailbox"},
    {"5.0.0", "554 no", true, "The recipient's side did not accept it"},
    {"5.0.0", "x", false, "It could not be delivered from here"},
    {"", "", false, "It could not be delivered from here"},
    {"5", "", true, "The recipient's side did not accept it"},
};

int
main(void)
{
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const struct dsn_advice *a = dsn_advice_find(
		    slice_of(cases[i].code), slice_of(cases[i].reply), cases[i].is_remote);

		if (!tap_ok(
			strncmp(a->happened, cases[i].happened, strlen(cases[i].happened)) == 0 &&
			    a->advice[0] != '\0',
			"%s, %s, %s", cases[i].code, cases[i].reply,
			cases[i].is_remote ? "theirs" : "ours"))
			tap_show("said", a->happened);
	}
	return tap_done();
}
