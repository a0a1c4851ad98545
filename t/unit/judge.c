/* SPDX-License-Identifier: ISC */
/* What replies of servers mean: the words of many, and what was asked. */
#include "../../bin/smtp-probe/judge.c"

#include <sys/socket.h>

#include <stdlib.h>
#include <unistd.h>

#include "../../bin/smtp-probe/judge_text.c"
#include "../../bin/smtp-probe/judge_words.c"
#include "../../bin/smtp-probe/judge_words_client.c"
#include "../../bin/smtp-probe/judge_words_mail.c"
#include "../../bin/smtp-probe/judge_words_server.c"
#include "tap.h"

struct row {
	enum question asked;
	const char *said; /* LF between lines */
	enum verdict verdict;
	enum cause cause;
};

static const struct row rows[] = {
    /* greetings */
    {ASK_GREETING, "220 mx.example.org ESMTP Postfix", YES, CAUSE_NONE},
    {ASK_GREETING,
	"220-mx.example.org ESMTP Exim 4.96\n220-We do not authorize the use of this "
	"system to transport unsolicited\n220 and/or bulk e-mail.",
	YES, CAUSE_NONE},
    {ASK_GREETING,
	"554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using "
	"zen.spamhaus.org; https://www.spamhaus.org/query/ip/192.0.2.1",
	UNKNOWN, CAUSE_BLOCKLISTED},
    {ASK_GREETING, "554 5.7.1 You are not allowed to connect.", UNKNOWN, CAUSE_POLICY},
    {ASK_GREETING,
	"554-mx.example.org\n554 Your access to this mail system has been rejected due "
	"to the sending MTA's poor reputation.",
	UNKNOWN, CAUSE_BLOCKLISTED},
    {ASK_GREETING, "554 No SMTP service here", NO, CAUSE_NO_MAIL},
    {ASK_GREETING, "521 5.3.2 mx.example.org does not accept mail", NO, CAUSE_NO_MAIL},
    {ASK_GREETING, "521 5.3.2 takes no mail", NO, CAUSE_NO_MAIL},
    {ASK_GREETING, "521 5.7.1 Blocked by DNSBL", UNKNOWN, CAUSE_BLOCKLISTED},
    {ASK_GREETING,
	"550 SC-001 (SNT004-MC1F1) Unfortunately, messages from 192.0.2.1 weren't sent. "
	"Please contact your Internet service provider since part of their network is "
	"on our block list.",
	UNKNOWN, CAUSE_BLOCKLISTED},
    {ASK_GREETING, "421 4.7.0 mx.example.org Error: too many connections from 192.0.2.1", UNKNOWN,
	CAUSE_RATE_LIMITED},
    {ASK_GREETING, "421 Too many concurrent SMTP connections; please try again later.", UNKNOWN,
	CAUSE_RATE_LIMITED},
    {ASK_GREETING, "421 4.3.2 All server ports are busy", UNKNOWN, CAUSE_BUSY},
    {ASK_GREETING, "421 mx.example.org lost input connection", UNKNOWN, CAUSE_BUSY},
    {ASK_GREETING, "421 4.3.2 Service not available, closing transmission channel", UNKNOWN,
	CAUSE_BUSY},
    {ASK_GREETING,
	"421 4.7.0 [TSS04] Messages from 192.0.2.1 temporarily deferred due to user "
	"complaints - 4.16.55.1",
	UNKNOWN, CAUSE_RATE_LIMITED},
    {ASK_GREETING,
	"451 4.7.650 The mail server [192.0.2.1] has been temporarily rate limited due to "
	"IP reputation. (S775)",
	UNKNOWN, CAUSE_RATE_LIMITED},
    {ASK_GREETING, "450 4.3.2 Service currently unavailable", UNKNOWN, CAUSE_BUSY},
    {ASK_GREETING, "250 OK", UNKNOWN, CAUSE_UNKNOWN},
    {ASK_GREETING, "554 5.1.1 User unknown", UNKNOWN, CAUSE_UNKNOWN},
    {ASK_GREETING, "500 5.5.1 Command unrecognized", UNKNOWN, CAUSE_SYNTAX},

    /* EHLO and others */
    {ASK_HELLO, "250-mx.example.org\n250 SIZE", YES, CAUSE_NONE},
    {ASK_HELLO, "502 5.5.2 Error: command not recognized", NO, CAUSE_SYNTAX},
    {ASK_HELLO, "500 Command unrecognized", NO, CAUSE_SYNTAX},
    {ASK_HELLO, "501 5.0.0 Invalid domain name", UNKNOWN, CAUSE_SYNTAX},
    {ASK_HELLO, "550 Access denied - Invalid HELO name (See RFC2821 4.1.1.1)", UNKNOWN,
	CAUSE_CLIENT_NAME},
    {ASK_HELLO, "554 5.7.1 Access denied", UNKNOWN, CAUSE_POLICY},
    {ASK_HELLO, "421 4.7.0 Too many errors", UNKNOWN, CAUSE_RATE_LIMITED},
    {ASK_COMMAND, "214 2.0.0 Supported: AUTH BDAT DATA EHLO", YES, CAUSE_NONE},
    {ASK_COMMAND, "502 5.5.1 HELP not implemented", NO, CAUSE_SYNTAX},
    {ASK_COMMAND, "503 5.5.1 Error: need MAIL command", UNKNOWN, CAUSE_SYNTAX},
    {ASK_COMMAND, "530 5.7.0 Must issue a STARTTLS command first", UNKNOWN, CAUSE_TLS},
    {ASK_STARTTLS, "220 2.0.0 Ready to start TLS", YES, CAUSE_NONE},
    {ASK_STARTTLS, "454 4.7.0 TLS not available due to local problem", UNKNOWN, CAUSE_BUSY},
    {ASK_STARTTLS, "454 TLS currently unavailable", UNKNOWN, CAUSE_BUSY},
    {ASK_STARTTLS, "502 5.5.1 Error: command not implemented", NO, CAUSE_SYNTAX},
    {ASK_STARTTLS, "503 5.5.1 STARTTLS command used when not advertised", UNKNOWN, CAUSE_SYNTAX},
    {ASK_STARTTLS, "554 5.7.3 Unable to initialize security subsystem", UNKNOWN, CAUSE_POLICY},

    /* AUTH */
    {ASK_AUTH, "235 2.7.0 Authentication successful", YES, CAUSE_NONE},
    {ASK_AUTH, "535 5.7.8 Error: authentication failed: UGFzc3dvcmQ6", NO, CAUSE_BAD_AUTH},
    {ASK_AUTH, "535 Incorrect authentication data", NO, CAUSE_BAD_AUTH},
    {ASK_AUTH,
	"535-5.7.8 Username and Password not accepted. For more information, go to\n535 "
	"5.7.8  https://support.google.com/mail/?p=BadCredentials",
	NO, CAUSE_BAD_AUTH},
    {ASK_AUTH, "534-5.7.9 Application-specific password required.", NO, CAUSE_BAD_AUTH},
    {ASK_AUTH,
	"454 4.7.0 Temporary authentication failure: Connection lost to authentication "
	"server",
	UNKNOWN, CAUSE_BUSY},
    {ASK_AUTH, "535 5.7.8 Too many failed logins, try later", UNKNOWN, CAUSE_RATE_LIMITED},
    {ASK_AUTH, "538 5.7.11 Encryption required for requested authentication mechanism", UNKNOWN,
	CAUSE_TLS},

    /* MAIL */
    {ASK_MAIL, "250 2.1.0 Ok", YES, CAUSE_NONE},
    {ASK_MAIL, "552 5.3.4 Message size exceeds fixed limit", NO, CAUSE_TOO_BIG},
    {ASK_MAIL, "552 Message size exceeds maximum permitted", NO, CAUSE_TOO_BIG},
    {ASK_MAIL, "552 5.2.3 Message size exceeds fixed maximum message size (10000)", NO,
	CAUSE_TOO_BIG},
    {ASK_MAIL, "552 sorry, that message size exceeds my databytes limit (#5.3.4)", NO,
	CAUSE_TOO_BIG},
    {ASK_MAIL, "523 the message size exceeds the limit", NO, CAUSE_TOO_BIG},
    {ASK_MAIL, "452 4.3.1 Insufficient system storage", UNKNOWN, CAUSE_BUSY},
    {ASK_MAIL, "452 4.3.1 Insufficient system resources (UsedDiskSpace[C:])", UNKNOWN, CAUSE_BUSY},
    {ASK_MAIL, "550 5.7.1 SPF check failed", NO, CAUSE_SENDER},
    {ASK_MAIL, "550 5.1.8 <a@b.test>: Sender address rejected: Domain not found", NO, CAUSE_SENDER},
    {ASK_MAIL, "450 4.1.8 <a@b.test>: Sender address rejected: Domain not found", UNKNOWN,
	CAUSE_SENDER},
    {ASK_MAIL, "553 5.1.8 <a@b.test>... Domain of sender address a@b.test does not exist", NO,
	CAUSE_SENDER},
    {ASK_MAIL, "530 5.7.0 Must issue a STARTTLS command first. a8-20020a - gsmtp", UNKNOWN,
	CAUSE_TLS},
    {ASK_MAIL, "530 5.7.1 Authentication required", UNKNOWN, CAUSE_AUTH},
    {ASK_MAIL, "530 5.7.57 Client not authenticated to send mail.", UNKNOWN, CAUSE_AUTH},
    {ASK_MAIL,
	"550 5.7.1 Your email was rejected due to having a domain present in the Spamhaus "
	"DBL -- see https://www.spamhaus.org/dbl/",
	UNKNOWN, CAUSE_BLOCKLISTED},
    {ASK_MAIL,
	"421 4.7.28 Our system has detected an unusual rate of unsolicited mail originating "
	"from your IP address.",
	UNKNOWN, CAUSE_RATE_LIMITED},

    /* RCPT */
    {ASK_RCPT, "250 2.1.5 Ok", YES, CAUSE_NONE},
    {ASK_RCPT, "251 User not local; will forward to <b@c.test>", YES, CAUSE_NONE},
    {ASK_RCPT,
	"450 4.2.0 <a@b.test>: Recipient address rejected: Greylisted, see "
	"http://postgrey.schweikert.ch/help/b.test.html",
	UNKNOWN, CAUSE_GREYLISTED},
    {ASK_RCPT, "451 4.7.1 Greylisting in action, please come back in 00:05:00", UNKNOWN,
	CAUSE_GREYLISTED},
    {ASK_RCPT, "451 4.7.1 Please try again later (graylisted)", UNKNOWN, CAUSE_GREYLISTED},
    {ASK_RCPT, "450 4.7.1 Try again in 60 seconds", UNKNOWN, CAUSE_GREYLISTED},
    {ASK_RCPT, "550 5.7.1 Greylisted, please try again in 180 seconds", UNKNOWN, CAUSE_GREYLISTED},
    {ASK_RCPT, "450 4.3.2 Service currently unavailable", UNKNOWN, CAUSE_BUSY},
    {ASK_RCPT, "451 4.3.0 <a@b.test>: Temporary lookup failure", UNKNOWN, CAUSE_BUSY},
    {ASK_RCPT, "451 Temporary local problem - please try later", UNKNOWN, CAUSE_BUSY},
    {ASK_RCPT, "451 4.7.500 Server busy. Please try again later from [192.0.2.1]. (S77719)",
	UNKNOWN, CAUSE_BUSY},
    {ASK_RCPT, "450 4.2.1 The user you are trying to contact is receiving mail too quickly.",
	UNKNOWN, CAUSE_RATE_LIMITED},
    {ASK_RCPT,
	"450-4.2.1 The user you are trying to contact is receiving mail at a rate that\n450 "
	"4.2.1 prevents additional messages from being delivered.",
	UNKNOWN, CAUSE_RATE_LIMITED},
    {ASK_RCPT, "452 4.5.3 Error: too many recipients", UNKNOWN, CAUSE_RATE_LIMITED},
    {ASK_RCPT,
	"550 5.1.1 <a@b.test>: Recipient address rejected: User unknown in virtual mailbox "
	"table",
	NO, CAUSE_NO_SUCH_USER},
    {ASK_RCPT,
	"550-5.1.1 The email account that you tried to reach does not exist. Please try\n550 "
	"5.1.1 double-checking the recipient's email address for typos",
	NO, CAUSE_NO_SUCH_USER},
    {ASK_RCPT,
	"550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient a@b.test not found by SMTP "
	"address lookup",
	NO, CAUSE_NO_SUCH_USER},
    {ASK_RCPT, "550 5.4.1 Recipient address rejected: Access denied. AS(201806281)", NO,
	CAUSE_NO_SUCH_USER},
    {ASK_RCPT, "550 5.5.0 Requested action not taken: mailbox unavailable (S2017062302).", UNKNOWN,
	CAUSE_UNKNOWN},
    {ASK_RCPT, "550 Unrouteable address", NO, CAUSE_NO_SUCH_USER},
    {ASK_RCPT, "550 Unknown user", NO, CAUSE_NO_SUCH_USER},
    {ASK_RCPT, "550 Invalid recipient: <a@b.test>", NO, CAUSE_NO_SUCH_USER},
    {ASK_RCPT, "550 5.1.1 <a@b.test>... User unknown", NO, CAUSE_NO_SUCH_USER},
    {ASK_RCPT, "550 sorry, no mailbox here by that name. (#5.1.1)", NO, CAUSE_NO_SUCH_USER},
    {ASK_RCPT, "554 delivery error: dd This user doesn't have a yahoo.com account (a@b.test) [0]",
	NO, CAUSE_NO_SUCH_USER},
    {ASK_RCPT, "550 5.1.1 <greylist@b.test> User unknown", NO, CAUSE_NO_SUCH_USER},
    {ASK_RCPT, "450 4.1.1 <a@b.test>: Recipient address rejected: unverified address", UNKNOWN,
	CAUSE_NO_SUCH_USER},
    {ASK_RCPT, "554 5.7.1 <a@b.test>: Relay access denied", NO, CAUSE_RELAY_DENIED},
    {ASK_RCPT, "454 4.7.1 <a@b.test>: Relay access denied", UNKNOWN, CAUSE_RELAY_DENIED},
    {ASK_RCPT, "550 relay not permitted", NO, CAUSE_RELAY_DENIED},
    {ASK_RCPT, "550 5.7.1 <a@b.test>... Relaying denied. Proper authentication required.", NO,
	CAUSE_RELAY_DENIED},
    {ASK_RCPT, "553 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)", NO,
	CAUSE_RELAY_DENIED},
    {ASK_RCPT, "550 5.7.64 TenantAttribution; Relay Access Denied", NO, CAUSE_RELAY_DENIED},
    {ASK_RCPT, "550 5.7.54 SMTP; Unable to relay recipient in non-accepted domain", NO,
	CAUSE_RELAY_DENIED},
    {ASK_RCPT, "550 I cannot deliver mail for <a@b.test>", NO, CAUSE_RELAY_DENIED},
    {ASK_RCPT,
	"554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using bl.spamcop.net",
	UNKNOWN, CAUSE_BLOCKLISTED},
    {ASK_RCPT, "550 5.7.1 Service unavailable, Client host [192.0.2.1] blocked using Spamhaus.",
	UNKNOWN, CAUSE_BLOCKLISTED},
    {ASK_RCPT, "550 5.7.606 Access denied, banned sending IP [192.0.2.1]", UNKNOWN,
	CAUSE_BLOCKLISTED},
    {ASK_RCPT,
	"553 5.7.1 [BL21] Connections will not be accepted from 192.0.2.1, because the ip is "
	"in Spamhaus's list",
	UNKNOWN, CAUSE_BLOCKLISTED},
    {ASK_RCPT, "550 5.1.1 User unknown; host listed in dnsbl.example.net", UNKNOWN,
	CAUSE_BLOCKLISTED},
    {ASK_RCPT, "450 4.7.25 Client host rejected: cannot find your hostname, [192.0.2.1]", UNKNOWN,
	CAUSE_CLIENT_NAME},
    {ASK_RCPT, "550 5.7.25 The IP address sending this message does not have a PTR record setup",
	UNKNOWN, CAUSE_CLIENT_NAME},
    {ASK_RCPT, "504 5.5.2 <localhost>: Helo command rejected: need fully-qualified hostname",
	UNKNOWN, CAUSE_CLIENT_NAME},
    {ASK_RCPT, "550-5.7.26 This mail is unauthenticated, which poses a security risk", UNKNOWN,
	CAUSE_SENDER},
    {ASK_RCPT, "550-Verification failed for <a@b.test>\n550 Sender verify failed", UNKNOWN,
	CAUSE_SENDER},
    {ASK_RCPT, "452 4.2.2 The email account that you tried to reach is over quota.", UNKNOWN,
	CAUSE_FULL},
    {ASK_RCPT, "452-4.2.2 The recipient's inbox is out of storage space.", UNKNOWN, CAUSE_FULL},
    {ASK_RCPT, "552 5.2.2 <a@b.test>: user is over quota", NO, CAUSE_FULL},
    {ASK_RCPT, "552 Mailbox full", NO, CAUSE_FULL},
    {ASK_RCPT, "554 5.2.2 mailbox full", NO, CAUSE_FULL},
    {ASK_RCPT, "550 5.7.1 Message rejected", UNKNOWN, CAUSE_POLICY},
    {ASK_RCPT, "550 Rejected", UNKNOWN, CAUSE_UNKNOWN},
    {ASK_RCPT, "530 5.7.0 Authentication required", UNKNOWN, CAUSE_AUTH},
    {ASK_RCPT, "503 5.5.1 Bad sequence of commands", UNKNOWN, CAUSE_SYNTAX},
    {ASK_RCPT, "354 go on", UNKNOWN, CAUSE_UNKNOWN},
    {ASK_RCPT, "556 5.1.10 Recipient address has null MX", NO, CAUSE_NO_SUCH_USER},

    /* the same, of a stranger */
    {ASK_RELAY, "250 2.1.5 Ok", YES, CAUSE_NONE},
    {ASK_RELAY, "550 relay not permitted", NO, CAUSE_RELAY_DENIED},
    {ASK_RELAY, "550 5.7.1 Authentication required", NO, CAUSE_AUTH},
    {ASK_RELAY, "550 Rejected", NO, CAUSE_UNKNOWN},
    {ASK_RELAY, "454 4.7.1 Relay access denied", UNKNOWN, CAUSE_RELAY_DENIED},
    {ASK_RELAY, "554 5.7.1 Client host [192.0.2.1] blocked using zen.spamhaus.org", UNKNOWN,
	CAUSE_BLOCKLISTED},

    /* VRFY */
    {ASK_ADDRESS, "250 2.1.5 Joe <joe@b.test>", YES, CAUSE_NONE},
    {ASK_ADDRESS, "252 2.5.2 Cannot VRFY user, but will accept message", UNKNOWN, CAUSE_UNKNOWN},
    {ASK_ADDRESS, "252 2.0.0 a@b.test", UNKNOWN, CAUSE_UNKNOWN},
    {ASK_ADDRESS, "550 5.1.1 <joe@b.test>... User unknown", NO, CAUSE_NO_SUCH_USER},
    {ASK_ADDRESS, "550 <joe@b.test>: unknown user", NO, CAUSE_NO_SUCH_USER},
    {ASK_ADDRESS, "550 Administrative prohibition", UNKNOWN, CAUSE_UNKNOWN},
    {ASK_ADDRESS, "502 5.5.1 VRFY command is disabled", UNKNOWN, CAUSE_SYNTAX},
    {ASK_ADDRESS, "550 5.7.1 User unknown, or blocked by policy; too many unknown users", UNKNOWN,
	CAUSE_RATE_LIMITED},

    /* the message */
    {ASK_DATA, "354 End data with <CR><LF>.<CR><LF>", YES, CAUSE_NONE},
    {ASK_MESSAGE, "250 2.0.0 Ok: queued as 4XyZ", YES, CAUSE_NONE},
    {ASK_MESSAGE, "550 5.7.1 Spam message rejected", NO, CAUSE_CONTENT},
    {ASK_MESSAGE, "552-5.2.3 Your message exceeded Google's message size limits.", NO,
	CAUSE_TOO_BIG},
    {ASK_MESSAGE, "451 4.7.1 Greylisting in action", UNKNOWN, CAUSE_GREYLISTED},
};

/* As it would come: what reads replies is the library's. */
static void
read_reply(struct reply *reply, const char *said)
{
	struct reader reader;
	struct str wire;
	int pair[2];

	str_init(&wire, 8192);
	for (; *said != '\0'; said++)
		if ((*said == '\n' && str_add_char(&wire, '\r') == -1) ||
		    str_add_char(&wire, *said) == -1)
			abort();
	if (str_add_text(&wire, "\r\n") == -1 || socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == -1)
		abort();
	if (write(pair[0], wire.data, wire.len) != (ssize_t)wire.len || close(pair[0]) == -1)
		abort();
	if (reader_init(&reader, pair[1], 1024) == -1)
		abort();
	/* a row that stops in the midst of a reply has its first lines */
	(void)reply_read(reply, &reader);
	reader_free(&reader);
	(void)close(pair[1]);
	str_free(&wire);
}

static void
check_row(const struct row *row)
{
	struct judgement j;
	struct reply reply;

	reply_init(&reply);
	read_reply(&reply, row->said);
	j = judge_reply(ANSWERED, &reply, row->asked);
	if (!tap_ok(j.verdict == row->verdict && j.cause == row->cause, "%.60s", row->said))
		tap_note("verdict %d, cause %s; expected %d, %s", (int)j.verdict,
		    judge_word(j.cause), (int)row->verdict, judge_word(row->cause));
	reply_free(&reply);
}

/* Whatever the words: a reply 4yz is never "no", and no reply is neither. */
static void
check_never_no(void)
{
	size_t wrong = 0;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		for (int asked = ASK_GREETING; asked <= ASK_MESSAGE; asked++) {
			struct reply reply;

			reply_init(&reply);
			read_reply(&reply, rows[i].said);
			reply.code = 400 + reply.code % 100;
			wrong +=
			    judge_reply(ANSWERED, &reply, (enum question)asked).verdict != UNKNOWN;
			reply_free(&reply);
		}
	tap_is_int((long long)wrong, 0, "4yz is never no");
	for (int answer = LOST; answer <= UNREACHABLE; answer++)
		tap_is_int(judge_reply((enum answer)answer, NULL, ASK_RCPT).verdict, UNKNOWN,
		    judge_no_answer((enum answer)answer));
}

int
main(void)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		check_row(&rows[i]);
	check_never_no();
	for (int cause = CAUSE_NONE; cause <= CAUSE_UNKNOWN; cause++)
		tap_ok(judge_word((enum cause)cause) != NULL &&
			   judge_sentence((enum cause)cause) != NULL,
		    "words for cause %d", cause);
	return tap_done();
}
