/* SPDX-License-Identifier: ISC */
#include "conf/limits.h"

#include <errno.h>

#include "scratch.h"
#include "tap.h"

static const struct {
	const char *text;
	const char *problem; /* how it begins; null: the file is right */
} cases[] = {
    {"", NULL},
    {"# nothing\n\n", NULL},
    {"hops: 100\n", NULL},
    {"  message-size :  0  \n", NULL},
    {"message-recipients: 100000\n", NULL},
    {"message-recipients: 100001\n", "limits, line 1: message-recipients is a number from 1 to"},
    {"smtp-timeout: 0\n", "limits, line 1: smtp-timeout is a number from 1 to"},
    {"\n# x\nhops: many\n", "limits, line 3: hops is a number"},
    {"hops: -1\n", "limits, line 1: hops is a number"},
    {"hops: 1k\n", "limits, line 1: hops is a number"},
    {"hops:\n", "limits, line 1: hops is a number"},
    {"hops 5\n", "limits, line 1: \"name: number\""},
    {"hops: 99999999999999999999999\n", "limits, line 1: hops is a number"},
    {"hop: 5\n", "limits, line 1: there is no such limit"},
    {"HOPS: 5\n", NULL},
    {"hops: 5\nHops: 6\n", "limits, line 2: a limit that was not there before"},
    {"message_size: 5\n", "limits, line 1: there is no such limit"},
    {"retry-minimum: 1000\nretry-maximum: 999\n", "limits: retry-maximum is less"},
};

static void
test_defaults(const struct limits *l)
{
	tap_is_int((long long)l->message_size, 52428800, "message-size");
	tap_is_int((long long)l->message_recipients, 1000, "message-recipients");
	tap_is_int((long long)l->spool_cells, 4096, "spool-cells");
	tap_is_int((long long)l->spool_free, 16777216, "spool-free");
	tap_is_int((long long)l->smtpd_timeout, 300, "smtpd-timeout");
	tap_is_int((long long)l->smtpd_session, 14400, "smtpd-session");
	tap_is_int((long long)l->queue_lifetime, 432000, "queue-lifetime");
	tap_is_int((long long)l->bounce_lifetime, 86400, "bounce-lifetime");
	tap_is_int((long long)l->smtp_idle, 5, "smtp-idle");
}

int
main(void)
{
	struct control c;
	struct limits l;
	struct str problem;

	str_init(&problem, 1000);
	tap_ok(limits_read(&l, scratch_open(&c), &problem) == 0, "no file");
	test_defaults(&l);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		int result;

		scratch_write("limits", cases[i].text);
		str_clear(&problem);
		result = limits_read(&l, &c, &problem);
		if (cases[i].problem == NULL)
			tap_ok(result == 0, "case %zu is right", i);
		else if (!tap_ok(result == -1 && errno == EINVAL &&
				     slice_starts(str_slice(&problem), cases[i].problem),
			     "case %zu: %s", i, cases[i].problem))
			tap_show("got", problem.data);
	}
	scratch_write("limits", "hops: 7\nsmtp-idle: 0\n");
	tap_ok(limits_read(&l, &c, &problem) == 0, "two limits");
	tap_is_int((long long)l.hops, 7, "the first");
	tap_is_int((long long)l.smtp_idle, 0, "the last");
	tap_is_int((long long)l.bounce_size, 65536, "what is not named keeps its default");
	str_free(&problem);
	control_close(&c);
	scratch_remove();
	return tap_done();
}
