/* SPDX-License-Identifier: ISC */
#include "smtp/policy.h"

#include <errno.h>

#include "scratch.h"
#include "tap.h"

static const struct {
	const char *answer;
	enum policy_action action;
	int code;
	const char *status, *text;
} cases[] = {
    {"action=DUNNO\n\n", POLICY_DUNNO, 0, "", ""},
    {"action=dunno\n\n", POLICY_DUNNO, 0, "", ""},
    {"x=y\naction=OK\n\n", POLICY_OK, 0, "", ""},
    {"action=OK\naction=REJECT\n\n", POLICY_REPLY, 554, "5.7.1", "Access denied"},
    {"action=REJECT go away\n\n", POLICY_REPLY, 554, "5.7.1", "go away"},
    {"action=REJECT 5.1.1 go away\n\n", POLICY_REPLY, 554, "5.1.1", "go away"},
    {"action=REJECT 4.1.1 go away\n\n", POLICY_REPLY, 554, "5.7.1", "4.1.1 go away"},
    {"action=REJECT 5.1.1.1 x\n\n", POLICY_REPLY, 554, "5.7.1", "5.1.1.1 x"},
    {"action=DEFER\n\n", POLICY_REPLY, 450, "4.7.1", "Try again later"},
    {"action=451 4.3.2 later\n\n", POLICY_REPLY, 451, "4.3.2", "later"},
    {"action=550 no\n\n", POLICY_REPLY, 550, "5.7.1", "no"},
    {"action=421 bye\n\n", POLICY_REPLY, 421, "4.7.1", "bye"},
    {"action=250 yes\n\n", POLICY_OTHER, 0, "", "250 yes"},
    {"action=600 yes\n\n", POLICY_OTHER, 0, "", "600 yes"},
    {"action=DEFER_IF_PERMIT Greylisted\n\n", POLICY_DEFER_IF_PERMIT, 450, "4.7.1", "Greylisted"},
    {"action=defer_if_reject\n\n", POLICY_DEFER_IF_REJECT, 450, "4.7.1", "Try again later"},
    {"action=PREPEND X-A: b c\n\n", POLICY_PREPEND, 0, "", "X-A: b c"},
    {"action=PREPEND no field\n\n", POLICY_OTHER, 0, "", "PREPEND no field"},
    {"action=PREPEND a b: x\n\n", POLICY_OTHER, 0, "", "PREPEND a b: x"},
    {"action=PREPEND X-A: b\rX: y\n\n", POLICY_OTHER, 0, "", "PREPEND X-A: b\rX: y"},
    {"action=PREPEND\n\n", POLICY_OTHER, 0, "", "PREPEND"},
    {"action=WARN odd\n\n", POLICY_NOTE, 0, "", "odd"},
    {"action=HOLD\n\n", POLICY_OTHER, 0, "", "HOLD"},
    {"action=\n\n", POLICY_OTHER, 0, "", ""},
    {"hello\n\n", POLICY_OTHER, 0, "", ""},
    {"", POLICY_OTHER, 0, "", ""},
};

static const struct {
	const char *file;
	int count; /* -1: it is wrong */
} files[] = {
    {"unix:/run/x\ninet:127.0.0.1:10023\n# x\ninet:[::1]:1\n/bin/cat -u\n", 4},
    {"data all unix:/run/x\nend inet:127.0.0.1:1\nrcpt all /bin/cat\n", 3},
    {"unix:x\n", -1},
    {"inet:127.0.0.1\n", -1},
    {"inet:localhost:1\n", -1},
    {"all\n", -1},
    {"mail unix:/x\n", -1},
    {"/1\n/2\n/3\n/4\n/5\n/6\n/7\n/8\n", 8},
    {"/1\n/2\n/3\n/4\n/5\n/6\n/7\n/8\n/9\n", -1},
};

int
main(void)
{
	struct control c;
	struct policy p;
	struct str out;

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct policy_verdict v = policy_understand(slice_of(cases[i].answer));

		tap_is_int(v.action, cases[i].action, "action");
		tap_is_int(v.code, cases[i].code, "  code");
		tap_is_text(v.status, cases[i].status, "  status");
		tap_ok(slice_is(v.text, cases[i].text), "  text %s", cases[i].text);
	}
	str_init(&out, 1000);
	scratch_open(&c);
	for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
		int result;

		scratch_write("policy", files[i].file);
		result = policy_read(&p, &c, &out);
		tap_is_int(result == -1 ? -1 : (int)p.count, files[i].count, "services");
		tap_ok(result != -1 || (errno == EINVAL && out.len > 0), "  said");
		policy_free(&p);
	}
	control_close(&c);
	scratch_remove();
	str_clear(&out);
	tap_ok(policy_add(&out, "helo_name", slice_of("a\nb\r\x7f\tc=d")) == 0, "a value");
	tap_is_text(out.data, "helo_name=a?b???c=d\n", "is one line");
	str_free(&out);
	return tap_done();
}
