/* SPDX-License-Identifier: ISC */
#include "conf/limits.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "conf/table.h"

#define MINUTE UINT64_C(60)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)
#define MIB (UINT64_C(1) << 20)

#define SETTING(name, member, preset, lowest, highest) \
	{ \
		name, offsetof(struct limits, member), preset, lowest, highest \
	}

const struct limits_setting limits_settings[] = {
    SETTING("message-size", message_size, 52428800, 0, MIB << 20),
    SETTING("message-recipients", message_recipients, 1000, 1, 100000),
    SETTING("list-members", list_members, 100000, 1, 10000000),
    SETTING("list-depth", list_depth, 10, 1, 100),
    SETTING("hops", hops, 50, 1, 1000),
    SETTING("spool-cells", spool_cells, 4096, 0, 65536),
    SETTING("spool-free", spool_free, 16 * MIB, 0, MIB << 20),
    SETTING("deliver-by-minimum", deliver_by_minimum, 0, 0, 30 * DAY),
    SETTING("future-release", future_release, 30 * DAY, 0, 999999999),
    SETTING("smtpd-timeout", smtpd_timeout, 300, 1, DAY),
    SETTING("smtpd-session", smtpd_session, 4 * HOUR, 1, 7 * DAY),
    SETTING("smtpd-errors", smtpd_errors, 20, 1, 100000),
    SETTING("smtpd-sessions", smtpd_sessions, 500, 1, 100000),
    SETTING("smtpd-sessions-address", smtpd_sessions_address, 50, 1, 100000),
    SETTING("pop3d-timeout", pop3d_timeout, 600, 1, DAY),
    SETTING("pop3d-session", pop3d_session, DAY, 1, 7 * DAY),
    SETTING("pop3d-errors", pop3d_errors, 20, 1, 100000),
    SETTING("pop3d-sessions", pop3d_sessions, 500, 1, 100000),
    SETTING("pop3d-sessions-address", pop3d_sessions_address, 50, 1, 100000),
    SETTING("pop3d-auth-failures", pop3d_auth_failures, 5, 1, 100000),
    SETTING("pop3d-login-delay", pop3d_login_delay, 0, 0, DAY),
    SETTING("pop3d-messages", pop3d_messages, 200000, 1, 10000000),
    SETTING("smtpd-sender-header", smtpd_sender_header, 0, 0, 1),
    SETTING("smtpd-reveal-client", smtpd_reveal_client, 0, 0, 1),
    SETTING("auth-failures-address", auth_failures_address, 20, 0, 1000000),
    SETTING("auth-failures-login", auth_failures_login, 100, 0, 1000000),
    SETTING("auth-failures-period", auth_failures_period, HOUR, 1, 30 * DAY),
    SETTING("auth-program", auth_program, 30, 1, 50),
    SETTING("auth-delay", auth_delay, 8, 0, 60),
    SETTING("smtpd-auth-failures", smtpd_auth_failures, 5, 1, 100000),
    SETTING("authd-workers", authd_workers, 1000, 1, 10000),
    SETTING("authd-timeout", authd_timeout, 300, 1, DAY),
    SETTING("accounts-text", accounts_text, 65536, 0, 32 << 20),
    SETTING("smtpd-rate-period", smtpd_rate_period, HOUR, 1, 365 * DAY),
    SETTING("smtpd-rate-connections", smtpd_rate_connections, 0, 0, 1000000),
    SETTING("smtpd-rate-messages", smtpd_rate_messages, 0, 0, 1000000),
    SETTING("smtpd-rate-recipients", smtpd_rate_recipients, 0, 0, 1000000),
    SETTING("smtpd-rate-unknown", smtpd_rate_unknown, 0, 0, 1000000),
    SETTING("smtpd-rate-login-messages", smtpd_rate_login_messages, 0, 0, 1000000),
    SETTING("smtpd-rate-login-recipients", smtpd_rate_login_recipients, 0, 0, 1000000),
    SETTING("smtpd-policy-timeout", smtpd_policy_timeout, 30, 1, HOUR),
    SETTING("smtpd-policy-open", smtpd_policy_open, 0, 0, 1),
    SETTING("smtpd-dsn-strangers", smtpd_dsn_strangers, 1, 0, 1),
    SETTING("smtpd-greet-pause", smtpd_greet_pause, 0, 0, 60000),
    SETTING("smtpd-tarpit", smtpd_tarpit, 0, 0, 60000),
    SETTING("smtpd-tarpit-maximum", smtpd_tarpit_maximum, 10000, 0, 60000),
    SETTING("enqueue-workers", enqueue_workers, 256, 1, 10000),
    SETTING("enqueue-timeout", enqueue_timeout, 300, 1, DAY),
    SETTING("deliver-wait", deliver_wait, 60, 0, HOUR),
    SETTING("tlsd-sessions", tlsd_sessions, 1000, 1, 100000),
    SETTING("tlsd-handshake", tlsd_handshake, 30, 1, HOUR),
    SETTING("tlsd-idle", tlsd_idle, HOUR, 1, 7 * DAY),
    SETTING("tls-tickets", tls_tickets, 12 * HOUR, 0, 7 * DAY),
    SETTING("key-lifetime", key_lifetime, 7 * DAY, DAY, 90 * DAY),
    SETTING("queue-lifetime", queue_lifetime, 5 * DAY, 0, 365 * DAY),
    SETTING("bounce-lifetime", bounce_lifetime, DAY, 0, 365 * DAY),
    SETTING("retry-minimum", retry_minimum, 300, 1, 30 * DAY),
    SETTING("retry-maximum", retry_maximum, 14400, 1, 30 * DAY),
    SETTING("delay-notice", delay_notice, 4 * HOUR, 0, 365 * DAY),
    SETTING("bounce-size", bounce_size, 65536, 0, 1024 * MIB),
    SETTING("bounce-rate", bounce_rate, 60, 1, 1000000),
    SETTING("qrun-active", qrun_active, 500, 1, 100000),
    SETTING("send-workers", send_workers, 50, 1, 10000),
    SETTING("send-destination", send_destination, 10, 1, 10000),
    SETTING("send-rate", send_rate, 0, 0, 1000000),
    SETTING("deliver-workers", deliver_workers, 10, 1, 10000),
    SETTING("delivery-deadline", delivery_deadline, 3600, 1, 7 * DAY),
    SETTING("program-deadline", program_deadline, 600, 1, DAY),
    SETTING("program-processes", program_processes, 1000, 0, 1000000),
    SETTING("program-file-size", program_file_size, 4096 * MIB, 0, MIB << 20),
    SETTING("program-memory", program_memory, 4096 * MIB, 0, MIB << 20),
    SETTING("program-output", program_output, MIB, 1000, MIB << 20),
    SETTING("smtp-connect-timeout", smtp_connect_timeout, 30, 1, HOUR),
    SETTING("smtp-timeout", smtp_timeout, 100, 1, 1000),
    SETTING("smtp-connect-delay", smtp_connect_delay, 250, 10, 60000),
    SETTING("smtp-idle", smtp_idle, 5, 0, HOUR),
    SETTING("smtp-convert", smtp_convert, 1, 0, 1),
};

#define SETTINGS_COUNT (sizeof limits_settings / sizeof limits_settings[0])

const size_t limits_count = SETTINGS_COUNT;

uint64_t
limits_value(const struct limits *l, const struct limits_setting *setting)
{
	uint64_t value;

	memcpy(&value, (const char *)l + setting->offset, sizeof value);
	return value;
}

static void
set(struct limits *l, const struct limits_setting *setting, uint64_t value)
{
	memcpy((char *)l + setting->offset, &value, sizeof value);
}

void
limits_default(struct limits *l)
{
	for (size_t i = 0; i < limits_count; i++)
		set(l, &limits_settings[i], limits_settings[i].preset);
}

static const struct limits_setting *
find(struct slice name)
{
	for (size_t i = 0; i < limits_count; i++)
		if (slice_is_nocase(name, limits_settings[i].name))
			return &limits_settings[i];
	return NULL;
}

static int
read_line(struct limits *l, bool *seen, struct slice text, struct slice line, struct str *problem)
{
	const struct limits_setting *setting;
	struct slice name, digits;
	uint64_t value;

	if (!control_pair(line, &name, &digits))
		return table_complain(
		    problem, "limits", text, line, "\"name: number\" is expected");
	setting = find(name);
	if (setting == NULL)
		return table_complain(problem, "limits", text, line,
		    "there is no such limit; satchel-control(5) lists them");
	if (!slice_number(digits, setting->highest, &value) || value < setting->lowest)
		return table_complain(problem, "limits", text, line,
		    "%s is a number from %llu to %llu", setting->name,
		    (unsigned long long)setting->lowest, (unsigned long long)setting->highest);
	if (seen[setting - limits_settings])
		return table_complain(
		    problem, "limits", text, line, "a limit that was not there before is expected");
	seen[setting - limits_settings] = true;
	set(l, setting, value);
	return 0;
}

int
limits_read(struct limits *l, const struct control *c, struct str *problem)
{
	struct str text;
	struct slice rest, line;
	bool seen[SETTINGS_COUNT] = {false};
	int result;

	limits_default(l);
	str_init(&text, CONTROL_FILE_MAX);
	result = control_read(c, "limits", &text) == -1 ? -1 : 0;
	rest = str_slice(&text);
	while (result == 0 && control_next_line(&rest, &line))
		result = read_line(l, seen, str_slice(&text), line, problem);
	if (result == 0 && l->retry_maximum < l->retry_minimum) {
		(void)str_add_text(problem, "limits: retry-maximum is less than retry-minimum");
		errno = EINVAL;
		result = -1;
	}
	str_free(&text);
	return result;
}
