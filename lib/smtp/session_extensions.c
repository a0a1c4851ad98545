/* SPDX-License-Identifier: ISC */
/*
 * What EHLO lists (RFC 5321, 4.1.1.1): a row for each keyword, with what must hold for it to be
 * offered to this client at this point of the session, and what stands behind the keyword.
 */
#include <inttypes.h>

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

/* Filters that know the plain envelope alone cannot carry what is said by parameters. */
static bool
carries_parameters(const struct session *s)
{
	return !submit_is_plain(&s->submit);
}

static const struct extension table[] = {
    {"PIPELINING", 0, NULL, NULL}, {"SIZE", EXTENSION_SIZE, NULL, print_size},
    {"8BITMIME", EXTENSION_8BITMIME, carries_parameters, NULL},
    {"AUTH", EXTENSION_AUTH, session_has_mechanisms, session_print_mechanisms},
    {"ENHANCEDSTATUSCODES", 0, NULL, NULL}, {"VRFY", 0, session_is_trusted, NULL},
    {"EXPN", 0, session_is_trusted, NULL}, {"ETRN", 0, session_may_etrn, NULL},
    {"ATRN", 0, session_may_atrn, NULL}, {"XCLIENT", 0, session_may_xclient, session_print_xclient},
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
