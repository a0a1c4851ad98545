/* SPDX-License-Identifier: ISC */
#include <stddef.h>

#include "judge.h"

static const struct {
	const char *word, *sentence, *advice;
} texts[] = {
    [CAUSE_NONE] = {"none", "It said yes.", NULL},
    [CAUSE_NO_ANSWER] = {"no-answer", "There was no answer.",
	"Ask again; if it stays so, look at the server's log, and at what stands between "
	"(firewall)."},
    [CAUSE_GREYLISTED] = {"greylisted",
	"It is greylisting: a first attempt is put off, a later one is taken.",
	"Ask again from the same address in 5 to 15 minutes; a mail server that retries gets "
	"through."},
    [CAUSE_RATE_LIMITED] = {"rate-limited",
	"It has had too much at once, from this host or from all.",
	"Wait, then ask again with --pace; send with fewer connections at a time."},
    [CAUSE_BLOCKLISTED] = {"blocklisted", "It has this host's address on a blocklist.",
	"Look up the address at the list that the reply names, and have it taken off there; or ask "
	"from another host."},
    [CAUSE_CLIENT_NAME] = {"client-name",
	"It does not like the name of this host: that of its address (PTR), or the one in EHLO.",
	"Give the address a PTR whose name leads back to it, and say that name (--helo)."},
    [CAUSE_SENDER] = {"sender-refused", "It does not take mail of this sender.",
	"Use a sender (--from) whose domain exists, takes mail and allows this host (SPF)."},
    [CAUSE_RELAY_DENIED] = {"relay-denied",
	"It does not take mail for that domain from here: relaying is denied.",
	"On the right server: name the domain there as one of its own. Else ask the one that the "
	"domain's MX names, or log in."},
    [CAUSE_NO_SUCH_USER] = {"no-such-user", "There is no such recipient there.",
	"Look for a typing mistake, or make the mailbox or alias."},
    [CAUSE_FULL] = {"full", "The mailbox is full.",
	"Its owner has to delete mail, or to be given more room."},
    [CAUSE_TOO_BIG] = {"too-big", "The message is larger than it takes.",
	"Send less at once, or raise the limit there (SIZE in its EHLO reply is what it takes)."},
    [CAUSE_AUTH] = {"auth-required", "It wants a login first.",
	"Log in, on the submission port (587 or 465); mail from other servers goes to port 25."},
    [CAUSE_BAD_AUTH] = {"auth-failed", "The login failed.",
	"Look at name, password and mechanism; some providers want a password made for the "
	"program."},
    [CAUSE_TLS] = {"tls-required", "It wants TLS first.", "Ask with TLS (STARTTLS, or port 465)."},
    [CAUSE_CONTENT] = {"content", "It does not like what the message holds.",
	"Read what it said, and change the message."},
    [CAUSE_POLICY] = {"policy", "A rule of that server is against it.",
	"Read what it said; its postmaster knows the rule."},
    [CAUSE_BUSY] = {"busy", "It cannot at the moment, for reasons of its own.",
	"Ask again later; if it stays so, look at that server's log, disk and load."},
    [CAUSE_NO_MAIL] = {"no-mail", "It takes no mail at all.",
	"Ask the server that the domain's MX names."},
    [CAUSE_SYNTAX] = {"not-understood", "It does not know the command, or not like this.", NULL},
    [CAUSE_UNKNOWN] = {"unknown", "It does not say why.",
	"Read what it said; that server's log tells more."},
};

const char *
judge_word(enum cause cause)
{
	return texts[cause].word;
}

const char *
judge_sentence(enum cause cause)
{
	return texts[cause].sentence;
}

const char *
judge_advice(enum cause cause)
{
	return texts[cause].advice;
}

const char *
judge_no_answer(enum answer answer)
{
	static const char *const words[] = {
	    [ANSWERED] = "it answered",
	    [LOST] = "the connection was closed",
	    [TIMED_OUT] = "no answer came in time",
	    [GARBLED] = "what came is no reply of SMTP",
	    [REFUSED] = "the connection was refused",
	    [UNREACHABLE] = "the address cannot be reached",
	    [UNSECURED] = "the TLS handshake failed",
	    [SPARED] = "--connections allows no more",
	};

	return words[answer];
}
