/* SPDX-License-Identifier: ISC */
/*
 * The checks that send a message: asked for by --send-messages alone.
 *
 * What seems to end a message and does not (RFC 5321, 2.3.8 and 4.1.1.4) is followed by a command
 * that is part of the message, too. Where it is run there is a reply too many, and that of EHLO
 * is not the next. A server may refuse such a message instead, and may close.
 */
#include "conform_parts.h"

#define BEGIN \
	{"MAIL FROM:{from}\r\n", "2", 0}, \
	{ \
		"RCPT TO:{to}\r\n", "2", 0 \
	}
#define DATA \
	{ \
		"DATA\r\n", "!354", 0 \
	}
#define SYNC \
	{ \
		"{hello}\r\n", "!E", 0 \
	}

#define SMUGGLING(name, octets) \
	{ \
		"conform.smuggling", name, "RFC 5321, 2.3.8", \
		    "It ends no message, and no command behind it is run.", PROBLEM, NULL, \
		    CHECK_SENDS | CHECK_MAY_CLOSE, ASK_COMMAND, \
		{ \
			BEGIN, DATA, {"{header}text" octets "NOOP\r\n.\r\n", "2|4|5", 0}, SYNC \
		} \
	}

const struct check conform_messages[] = {
    {"conform.message", NULL, "RFC 5321, 4.1.1.4", "A message is taken.", PROBLEM, NULL,
	CHECK_SENDS, ASK_MESSAGE, {BEGIN, DATA, {"{header}text\r\n.\r\n", "!250", 0}, SYNC}},
    {"conform.message-empty", NULL, "RFC 5321, 4.1.1.4", "A message of nothing ends, too.", PLAIN,
	NULL, CHECK_SENDS, ASK_COMMAND, {BEGIN, DATA, {".\r\n", "!2|5", 0}, SYNC}},
    {"conform.dots", NULL, "RFC 5321, 4.5.2",
	"Lines that begin with a dot are part of the message.", PROBLEM, NULL, CHECK_SENDS,
	ASK_MESSAGE, {BEGIN, DATA, {"{header}..\r\n...\r\n.. \r\n..x\r\n.\r\n", "!250", 0}, SYNC}},
    {"conform.line-998", NULL, "RFC 5321, 4.5.3.1.6", "A line of 998 octets is taken.", PROBLEM,
	NULL, CHECK_SENDS, ASK_MESSAGE,
	{BEGIN, DATA, {"{header}{x998}\r\n.\r\n", "!250", 0}, SYNC}},
    {"conform.8bitmime-message", NULL, "RFC 6152, 3",
	"A message with octets beyond ASCII is taken.", PROBLEM, "8BITMIME", CHECK_SENDS,
	ASK_MESSAGE,
	{{"MAIL FROM:{from} BODY=8BITMIME\r\n", "2", 0}, {"RCPT TO:{to}\r\n", "2", 0}, DATA,
	    {"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
	     "Content-Transfer-Encoding: 8bit\r\n{header}\303\244\303\266\303\274\r\n.\r\n",
		"!250", 0},
	    SYNC}},
    {"conform.smtputf8-message", NULL, "RFC 6531, 3.6",
	"A message with UTF-8 in its header is taken.", PROBLEM, "SMTPUTF8", CHECK_SENDS,
	ASK_MESSAGE,
	{{"MAIL FROM:{from} BODY=8BITMIME SMTPUTF8\r\n", "2", 0}, {"RCPT TO:{to}\r\n", "2", 0},
	    DATA, {"Comments: \303\244\303\266\303\274\r\n{header}text\r\n.\r\n", "!250", 0},
	    SYNC}},
    {"conform.bdat", NULL, "RFC 3030, 2", "A message of one chunk is taken.", PROBLEM, "CHUNKING",
	CHECK_SENDS, ASK_MESSAGE,
	{BEGIN, {"BDAT 34 LAST\r\nSubject: smtp-probe bdat\r\n\r\ntext\r\n", "!250", 0}, SYNC}},
    {"conform.bdat-empty", NULL, "RFC 3030, 2", "The last chunk may be empty.", PROBLEM, "CHUNKING",
	CHECK_SENDS, ASK_MESSAGE,
	{BEGIN, {"BDAT 34\r\nSubject: smtp-probe bdat\r\n\r\ntext\r\n", "!250", 0},
	    {"BDAT 0 LAST\r\n", "!250", 0}, SYNC}},
    {"conform.bdat-octets", NULL, "RFC 3030, 2", "A dot alone on a line of a chunk ends nothing.",
	PROBLEM, "CHUNKING", CHECK_SENDS | CHECK_MAY_CLOSE, ASK_COMMAND,
	{BEGIN, {"BDAT 42 LAST\r\nSubject: smtp-probe bdat\r\n\r\nx\r\n.\r\nNOOP x\r\n", "!2|5", 0},
	    SYNC}},
    SMUGGLING("LF . LF", "\n.\n"),
    SMUGGLING("LF . CRLF", "\n.\r\n"),
    SMUGGLING("CRLF . LF", "\r\n.\n"),
    SMUGGLING("CR . CR", "\r.\r"),
    SMUGGLING("CR . CRLF", "\r.\r\n"),
    SMUGGLING("CRLF . CR", "\r\n.\r"),
    SMUGGLING("LF . CR", "\n.\r"),
    SMUGGLING("CRLF . CR CRLF", "\r\n.\r\r\n"),
    SMUGGLING("CRLF blank . CRLF", "\r\n .\r\n"),
    SMUGGLING("CRLF . blank CRLF", "\r\n. \r\n"),
    SMUGGLING("bare CR", "\rx\r\n"),
    SMUGGLING("bare LF", "\nx\r\n"),
    {.id = NULL},
};
