/* SPDX-License-Identifier: ISC */
#include "judge.h"

#include <string.h>

#include "judge_words.h"

/* A row counts for a status that it is the beginning of; the first that does is taken. */
struct status_row {
	const char *status; /* SUBJECT.DETAIL */
	enum cause cause;
};

/* RFC 3463, 3; RFC 7372; RFC 7505; RFC 8689; 7.6 and 7.5 are Exchange Online's own. */
static const struct status_row statuses[] = {
    {"1.7", CAUSE_SENDER},
    {"1.8", CAUSE_SENDER},
    {"1.9", CAUSE_SENDER},
    {"1.0", CAUSE_UNKNOWN},
    {"1", CAUSE_NO_SUCH_USER},
    {"2.1", CAUSE_NO_SUCH_USER},
    {"2.2", CAUSE_FULL},
    {"2.3", CAUSE_TOO_BIG},
    {"3.4", CAUSE_TOO_BIG},
    {"3.0", CAUSE_UNKNOWN},
    {"3", CAUSE_BUSY},
    {"4.5", CAUSE_BUSY},
    {"5.3", CAUSE_RATE_LIMITED},
    {"5.6", CAUSE_SYNTAX},
    {"5.1", CAUSE_SYNTAX},
    {"5.2", CAUSE_SYNTAX},
    {"5.4", CAUSE_SYNTAX},
    {"6", CAUSE_CONTENT},
    {"7.8", CAUSE_BAD_AUTH},
    {"7.9", CAUSE_BAD_AUTH},
    {"7.10", CAUSE_TLS},
    {"7.11", CAUSE_TLS},
    {"7.20", CAUSE_SENDER},
    {"7.21", CAUSE_SENDER},
    {"7.22", CAUSE_SENDER},
    {"7.23", CAUSE_SENDER},
    {"7.24", CAUSE_SENDER},
    {"7.25", CAUSE_CLIENT_NAME},
    {"7.26", CAUSE_SENDER},
    {"7.27", CAUSE_SENDER},
    {"7.28", CAUSE_RATE_LIMITED},
    {"7.30", CAUSE_TLS},
    {"7.64", CAUSE_RELAY_DENIED},
    {"7", CAUSE_POLICY},
};

/* Where neither words nor status tell. */
static const struct {
	int code;
	enum cause cause;
} codes[] = {
    {421, CAUSE_BUSY},
    {432, CAUSE_BAD_AUTH},
    {451, CAUSE_BUSY},
    {452, CAUSE_BUSY},
    {454, CAUSE_BUSY},
    {500, CAUSE_SYNTAX},
    {501, CAUSE_SYNTAX},
    {502, CAUSE_SYNTAX},
    {503, CAUSE_SYNTAX},
    {504, CAUSE_SYNTAX},
    {521, CAUSE_NO_MAIL},
    {523, CAUSE_TOO_BIG},
    {530, CAUSE_AUTH},
    {534, CAUSE_BAD_AUTH},
    {535, CAUSE_BAD_AUTH},
    {538, CAUSE_TLS},
    {551, CAUSE_NO_SUCH_USER},
    {556, CAUSE_NO_SUCH_USER},
};

/* "1.1" begins "1.1", and "1" does, but not "1.10". */
static bool
begins(const char *row, const char *status)
{
	size_t len = strlen(row);

	return strncmp(row, status, len) == 0 && (status[len] == '\0' || status[len] == '.');
}

static enum cause
cause_of_status(const char *status)
{
	if (strlen(status) < 2)
		return CAUSE_UNKNOWN;
	for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++)
		if (begins(statuses[i].status, status + 2))
			return statuses[i].cause;
	return CAUSE_UNKNOWN;
}

/* 552 is the mailbox's at RCPT, and the message's elsewhere (RFC 5321, 4.2.2; RFC 1870, 6). */
static enum cause
cause_of_code(int code, enum question asked)
{
	bool is_recipient = asked == ASK_RCPT || asked == ASK_RELAY || asked == ASK_ADDRESS;

	if (code == 552)
		return is_recipient ? CAUSE_FULL : CAUSE_TOO_BIG;
	if (code == 553 && asked == ASK_MAIL)
		return CAUSE_SENDER;
	if (code == 553 && is_recipient)
		return CAUSE_NO_SUCH_USER;
	for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
		if (codes[i].code == code)
			return codes[i].cause;
	return CAUSE_UNKNOWN;
}

/* What a status or code means to another command than RCPT. */
static enum cause
cause_in_place(enum cause cause, const struct reply *reply, enum question asked)
{
	if (asked == ASK_MAIL && cause == CAUSE_NO_SUCH_USER)
		return CAUSE_SENDER;
	if ((asked == ASK_GREETING || asked == ASK_HELLO) && cause == CAUSE_NO_SUCH_USER)
		return CAUSE_UNKNOWN;
	if (cause == CAUSE_BAD_AUTH && asked != ASK_AUTH)
		return CAUSE_AUTH;
	/* 530 is "login first", or "TLS first" if the words are (RFC 4954, 6; RFC 3207, 4) */
	if (cause == CAUSE_POLICY && reply->code == 530)
		return CAUSE_AUTH;
	return cause;
}

enum cause
judge_cause(const struct reply *reply, enum question asked)
{
	enum cause cause = judge_words(str_slice(&reply->text), asked);

	/* RFC 7504, 3: whatever the status */
	if (cause == CAUSE_UNKNOWN && reply->code == 521)
		return CAUSE_NO_MAIL;
	if (cause == CAUSE_UNKNOWN)
		cause = cause_of_status(reply->status);
	if (cause == CAUSE_UNKNOWN)
		cause = cause_of_code(reply->code, asked);
	return cause_in_place(cause, reply, asked);
}

/* The causes for which a reply 5yz answers the question with "no". */
static bool
answers_no(enum cause cause, int code, enum question asked)
{
	switch (asked) {
	case ASK_GREETING:
		return cause == CAUSE_NO_MAIL;
	case ASK_HELLO:
	case ASK_COMMAND:
	case ASK_STARTTLS:
		/* 503 and 501 are about how and when it was asked */
		return code == 500 || code == 502 || (code == 504 && asked != ASK_STARTTLS);
	case ASK_AUTH:
		return cause == CAUSE_BAD_AUTH;
	case ASK_MAIL:
		return cause == CAUSE_SENDER || cause == CAUSE_TOO_BIG || cause == CAUSE_NO_MAIL;
	case ASK_RCPT:
		return cause == CAUSE_NO_SUCH_USER || cause == CAUSE_RELAY_DENIED ||
		       cause == CAUSE_FULL || cause == CAUSE_TOO_BIG || cause == CAUSE_NO_MAIL;
	case ASK_RELAY:
		/* whoever gives no reason, gives it to all */
		return cause == CAUSE_NO_SUCH_USER || cause == CAUSE_RELAY_DENIED ||
		       cause == CAUSE_AUTH || cause == CAUSE_NO_MAIL ||
		       (cause == CAUSE_UNKNOWN && code == 550);
	case ASK_ADDRESS:
		return cause == CAUSE_NO_SUCH_USER;
	case ASK_DATA:
	case ASK_MESSAGE:
		return cause == CAUSE_TOO_BIG || cause == CAUSE_CONTENT || cause == CAUSE_SENDER ||
		       cause == CAUSE_NO_SUCH_USER || cause == CAUSE_FULL;
	default:
		return false;
	}
}

/* Codes that say yes; 252 to VRFY says neither (RFC 5321, 3.5.3). */
static bool
answers_yes(int code, enum question asked)
{
	switch (asked) {
	case ASK_GREETING:
	case ASK_STARTTLS:
		return code == 220;
	case ASK_AUTH:
		return code == 235;
	case ASK_DATA:
		return code == 354;
	case ASK_RCPT:
	case ASK_RELAY:
		return code / 100 == 2;
	case ASK_ADDRESS:
		return code == 250 || code == 251;
	default:
		return code / 100 == 2;
	}
}

struct judgement
judge_reply(enum answer answer, const struct reply *reply, enum question asked)
{
	struct judgement j = {UNKNOWN, CAUSE_NO_ANSWER};

	if (answer != ANSWERED)
		return j;
	if (answers_yes(reply->code, asked))
		return (struct judgement){YES, CAUSE_NONE};
	/* a success or a question that does not fit */
	j.cause = CAUSE_UNKNOWN;
	if (reply->code < 400)
		return j;
	j.cause = judge_cause(reply, asked);
	if (reply_class(reply) == 5 && answers_no(j.cause, reply->code, asked))
		j.verdict = NO;
	return j;
}
