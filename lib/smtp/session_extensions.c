/* SPDX-License-Identifier: ISC */
/*
 * What EHLO lists (RFC 5321, 4.1.1.1): a row for each keyword, with what must hold for it to be
 * offered to this client at this point of the session, and what stands behind the keyword.
 */
#include <inttypes.h>

#include "mail/date.h"
#include "smtp/parameter.h"
#include "smtp/respond.h"
#include "smtp/session_command.h"

struct extension {
	const char *keyword;
	unsigned
	    parameters; /* enum parameter_extension: those of MAIL and RCPT that come with it */
	bool (*is_offered)(const struct session *s);		  /* null: always */
	void (*print)(const struct session *s, struct str *line); /* null: the keyword alone */
};

static void
print_size(const struct session *s, struct str *line)
{
	(void)str_format(line, " %" PRIu64, s->settings->limits.message_size);
}

/* RFC 9422 */
static void
print_limits(const struct session *s, struct str *line)
{
	(void)str_format(line, " RCPTMAX=%" PRIu64, s->settings->limits.message_recipients);
}

/* RFC 2852, 3: the shortest time that may be asked for. */
static void
print_deliver_by(const struct session *s, struct str *line)
{
	if (s->settings->limits.deliver_by_minimum > 0)
		(void)str_format(line, " %" PRIu64, s->settings->limits.deliver_by_minimum);
}

/* RFC 4865, 3: the longest interval, and the latest date. */
static void
print_future_release(const struct session *s, struct str *line)
{
	uint64_t longest = s->settings->limits.future_release;

	(void)str_format(line, " %" PRIu64 " ", longest);
	(void)date_add_utc(line, clock_wall_seconds() + (int64_t)longest);
}

/* Filters that know the plain envelope alone cannot carry what is said by parameters. */
static bool
carries_parameters(const struct session *s)
{
	return !submit_is_plain(&s->submit);
}

/* Notices of success, or of the time, go to whomever a stranger says he is. */
static bool
notifies(const struct session *s)
{
	return carries_parameters(s) &&
	       (s->settings->limits.smtpd_dsn_strangers != 0 || session_is_trusted(s));
}

/* RFC 4865, 4.2: for submission alone; and nobody fills the spool whom we do not know. */
static bool
releases_later(const struct session *s)
{
	return carries_parameters(s) && s->settings->limits.future_release > 0 &&
	       s->settings->mode == SESSION_SUBMISSION && session_is_trusted(s);
}

/* RFC 8689, 2: in a session under TLS alone. */
static bool
keeps_to_tls(const struct session *s)
{
	return carries_parameters(s) && s->client.tls.is_on;
}

static const struct extension table[] = {
    {"PIPELINING", 0, NULL, NULL}, {"SIZE", EXTENSION_SIZE, NULL, print_size},
    {"8BITMIME", EXTENSION_8BITMIME, carries_parameters, NULL},
    {"SMTPUTF8", EXTENSION_SMTPUTF8, carries_parameters, NULL},
    {"CHUNKING", EXTENSION_CHUNKING, NULL, NULL},
    {"BINARYMIME", EXTENSION_BINARYMIME, carries_parameters, NULL},
    {"AUTH", EXTENSION_AUTH, session_has_mechanisms, session_print_mechanisms},
    {"ENHANCEDSTATUSCODES", 0, NULL, NULL}, {"STARTTLS", 0, session_may_start_tls, NULL},
    {"DSN", EXTENSION_DSN, notifies, NULL},
    {"DELIVERBY", EXTENSION_DELIVERBY, notifies, print_deliver_by},
    {"MT-PRIORITY", EXTENSION_MT_PRIORITY, carries_parameters, NULL},
    {"FUTURERELEASE", EXTENSION_FUTURERELEASE, releases_later, print_future_release},
    {"REQUIRETLS", EXTENSION_REQUIRETLS, keeps_to_tls, NULL}, {"LIMITS", 0, NULL, print_limits},
    {"VRFY", 0, session_verifies, NULL}, {"EXPN", 0, session_verifies, NULL},
    {"ETRN", 0, session_may_etrn, NULL}, {"ATRN", 0, session_may_atrn, NULL},
    {"XCLIENT", 0, session_may_xclient, session_print_xclient},
    {"HELP", 0, NULL, NULL}, /* the last one: always there */
};

#define LAST (sizeof table / sizeof table[0] - 1)
#define LINE_MAX_OCTETS ((size_t)500)

static bool
is_offered(const struct session *s, const struct extension *row)
{
	return row->is_offered == NULL || row->is_offered(s);
}

void
session_offer(struct session *s)
{
	session_find_mechanisms(s);
	s->offered = 0;
	for (size_t i = 0; i <= LAST; i++)
		if (is_offered(s, &table[i]))
			s->offered |= table[i].parameters;
}

void
session_list_extensions(struct session *s)
{
	struct str line;

	str_init(&line, LINE_MAX_OCTETS);
	for (size_t i = 0; i <= LAST; i++) {
		if (!is_offered(s, &table[i]))
			continue;
		str_clear(&line);
		(void)str_add_text(&line, table[i].keyword);
		if (table[i].print != NULL)
			table[i].print(s, &line);
		(void)(i < LAST ? respond_continue : respond)(
		    &s->writer, 250, NULL, "%s", line.data);
	}
	str_free(&line);
}
