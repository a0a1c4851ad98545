/* SPDX-License-Identifier: ISC */
#include "smtp/respond.h"
#include "smtp/session_command.h"

/* LMTP has LHLO where SMTP has HELO and EHLO. */
static bool
speaks_lmtp(const struct session *s)
{
	return s->settings->mode == SESSION_LMTP;
}

static bool
speaks_smtp(const struct session *s)
{
	return !speaks_lmtp(s);
}

static const struct session_command table[] = {
    {"HELO", session_helo, false, "HELO host", speaks_smtp},
    {"EHLO", session_ehlo, false, "EHLO host", speaks_smtp},
    {"LHLO", session_lhlo, false, "LHLO host", speaks_lmtp},
    {"MAIL", session_mail, true,
	"MAIL FROM:<address> [SIZE=octets] [BODY=7BIT|8BITMIME|BINARYMIME] [SMTPUTF8] and others",
	NULL},
    {"RCPT", session_rcpt, true, "RCPT TO:<address> [NOTIFY=when] [ORCPT=type;address]", NULL},
    {"DATA", session_data, false, "DATA, then the message, then a dot alone on a line", NULL},
    {"AUTH", session_auth, false, "AUTH mechanism [initial response]", session_may_auth},
    {"BDAT", session_bdat, true, "BDAT octets [LAST], then as many octets of the message", NULL},
    {"RSET", session_rset, false, "RSET drops sender and recipients", NULL},
    {"NOOP", session_noop, false, "NOOP [anything]", NULL},
    {"QUIT", session_quit, false, "QUIT", NULL},
    {"HELP", session_help, false, "HELP [command]", NULL},
    {"VRFY", session_vrfy, true, "VRFY address [SMTPUTF8]", NULL},
    {"EXPN", session_expn, true, "EXPN address [SMTPUTF8]", NULL},
    {"ETRN", session_etrn, false, "ETRN [@]domain", session_may_etrn},
    {"ATRN", session_atrn, false, "ATRN [domain,...]", session_may_atrn},
    {"STARTTLS", session_starttls, false, "STARTTLS", session_may_start_tls},
    {"XCLIENT", session_xclient, false, NULL, NULL}, /* for a few hosts, which know it */
    /* of RFC 821, and of extensions that are not offered: 502 (4.2.4) */
    {"TURN", session_turn, false, NULL, NULL},
    {"SEND", session_not_offered, false, NULL, NULL},
    {"SOML", session_not_offered, false, NULL, NULL},
    {"SAML", session_not_offered, false, NULL, NULL},
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

static bool
is_shown(const struct session *s, const struct session_command *row)
{
	return row->help != NULL && (row->is_offered == NULL || row->is_offered(s));
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
