/* SPDX-License-Identifier: ISC */
#include "smtp/respond.h"
#include "smtp/session_command.h"

static const struct session_command table[] = {
    {"HELO", session_helo, false, "HELO host"},
    {"EHLO", session_ehlo, false, "EHLO host"},
    {"LHLO", session_lhlo, false, "LHLO host"},
    {"MAIL", session_mail, true,
	"MAIL FROM:<address> [SIZE=octets] [BODY=7BIT|8BITMIME|BINARYMIME] [SMTPUTF8] and others"},
    {"RCPT", session_rcpt, true, "RCPT TO:<address> [NOTIFY=when] [ORCPT=type;address]"},
    {"DATA", session_data, false, "DATA, then the message, then a dot alone on a line"},
    {"AUTH", session_auth, false, "AUTH mechanism [initial response]"},
    {"BDAT", session_bdat, true, "BDAT octets [LAST], then as many octets of the message"},
    {"RSET", session_rset, false, "RSET drops sender and recipients"},
    {"NOOP", session_noop, false, "NOOP [anything]"},
    {"QUIT", session_quit, false, "QUIT"},
    {"HELP", session_help, false, "HELP [command]"},
    {"VRFY", session_vrfy, true, "VRFY address [SMTPUTF8]"},
    {"EXPN", session_expn, true, "EXPN address [SMTPUTF8]"},
    {"ETRN", session_etrn, false, "ETRN [@]domain"},
    {"ATRN", session_atrn, false, "ATRN [domain,...]"},
    {"STARTTLS", session_starttls, false, "STARTTLS"},
    {"XCLIENT", session_xclient, false, NULL}, /* for a few hosts, which know it */
    /* of RFC 821, and of extensions that are not offered: 502 (4.2.4) */
    {"TURN", session_turn, false, NULL},
    {"SEND", session_not_offered, false, NULL},
    {"SOML", session_not_offered, false, NULL},
    {"SAML", session_not_offered, false, NULL},
};

const struct session_command *
session_command_at(size_t index)
{
	return index < sizeof table / sizeof table[0] ? &table[index] : NULL;
}

const struct session_command *
session_command_find(struct slice verb)
{
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
		if (slice_is_nocase(verb, table[i].verb))
			return &table[i];
	return NULL;
}

/* LMTP has LHLO where SMTP has HELO and EHLO. */
static bool
is_shown(const struct session *s, const struct session_command *row)
{
	bool greets_lmtp = row->handler == session_lhlo;
	bool greets_smtp = row->handler == session_helo || row->handler == session_ehlo;

	return row->help != NULL &&
	       !(s->settings->mode == SESSION_LMTP ? greets_smtp : greets_lmtp);
}

static void
help_all(struct session *s)
{
	(void)respond_continue(&s->writer, 214, "2.0.0", "Commands:");
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
		if (is_shown(s, &table[i]))
			(void)respond_continue(&s->writer, 214, "2.0.0", "  %s", table[i].help);
	(void)respond(&s->writer, 214, "2.0.0", "See RFC 5321");
}

void
session_help(struct session *s, struct slice argument)
{
	const struct session_command *row = session_command_find(argument);

	if (argument.len == 0)
		help_all(s);
	else if (row == NULL || !is_shown(s, row))
		session_wrong(s, 504, "5.5.4", "There is no such command");
	else
		(void)respond(&s->writer, 214, "2.0.0", "%s", row->help);
}

/* It hands the mail of a domain to whoever says its name (RFC 5321, F.1). */
void
session_turn(struct session *s, struct slice argument)
{
	(void)argument;
	session_wrong(s, 502, "5.5.1", "TURN proves nobody's identity and is not offered");
}

void
session_not_offered(struct session *s, struct slice argument)
{
	(void)argument;
	session_wrong(s, 502, "5.5.1", "This command is not offered");
}
