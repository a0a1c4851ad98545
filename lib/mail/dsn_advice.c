/* SPDX-License-Identifier: ISC */
#include "mail/dsn_advice.h"

#include <stddef.h>

#define ASK_THEM "show this report to the postmaster of the recipient's domain."
#define ASK_US "show this report to the postmaster of the host that sends it."
#define ASK_PROVIDER "Send it through the host of your own mail provider, or " ASK_US
#define UNSIGNED "Your domain's rules about signed mail kept it away (DKIM, SPF, DMARC)."

/* A row counts for a code that it is the beginning of; the first that does is taken. */
struct row {
	const char *code; /* SUBJECT.DETAIL */
	struct dsn_advice advice;
};

static const struct row rows[] = {
    {"1.10", {"The recipient's domain says that it takes no mail at all.",
		 "Look whether the part behind the @ is what it should be."}},
    {"1.1", {"There is no mailbox of this name.",
		"Look for a typing mistake in the address, or ask the recipient for the right "
		"one."}},
    {"1.2", {"The recipient's domain does not exist, or can take no mail.",
		"Look for a typing mistake in the part behind the @."}},
    {"1.3", {"The address is not written as an address has to be.",
		"Look for a typing mistake in the address."}},
    {"1.6", {"The recipient has moved, and left no new address here.",
		"Ask the recipient for the new address."}},
    {"1.7", {"The recipient's side did not accept your address, the sender's.",
		"Look whether your mail program knows your address rightly; if so, " ASK_THEM}},
    {"1.8", {"The recipient's side did not accept your address, the sender's.",
		"Look whether your mail program knows your address rightly; if so, " ASK_THEM}},
    {"1", {"The recipient's address was not accepted.",
	      "Look for a typing mistake in it, or ask the recipient for the right one."}},
    {"2.1", {"The recipient's mailbox is closed.", "Reach the recipient in another way."}},
    {"2.2", {"The recipient's mailbox is full.",
		"Send it again later, or tell the recipient in another way."}},
    {"2.3", {"The message is larger than the recipient's mailbox takes.",
		"Send less at once, or pass large files on in another way."}},
    {"2.4", {"The list behind this address could not be resolved.",
		"Send it again later; if that does not help, " ASK_THEM}},
    {"2", {"The recipient's mailbox could not take it.",
	      "Send it again later, or tell the recipient in another way."}},
    {"3.1", {"The disk of the recipient's side is full.", "Send it again later."}},
    {"3.4", {"The message is larger than the recipient's side takes.",
		"Send less at once, or pass large files on in another way."}},
    {"3", {"The recipient's side had a fault of its own.",
	      "Your message is not at fault. If it happens again, " ASK_THEM}},
    {"4.3", {"The recipient's domain could not be looked up in the DNS.",
		"Look for a typing mistake in the part behind the @; if it is right, send it "
		"again later."}},
    {"4.4", {"The DNS knows no host that takes mail for the recipient's domain.",
		"Look for a typing mistake in the part behind the @."}},
    {"4.6", {"The message went in a circle between hosts.",
		"Nothing is wrong with your message: the address is forwarded to itself, or hosts "
		"disagree about who it belongs to. Please " ASK_THEM}},
    {"4.7", {"It was tried for as long as it may be, without success.",
		"Send it again later, or reach the recipient in another way."}},
    {"4", {"The recipient's side could not be reached.",
	      "Send it again later. If it happens again, reach the recipient in another way."}},
    {"5", {"The two hosts did not understand each other.",
	      "Your message is not at fault. If it happens again, " ASK_US}},
    {"6.7", {"An address has characters that a host on the way cannot take.",
		"Use an address of plain letters, if there is one."}},
    {"6.9", {"The header of the message has characters that a host on the way cannot take.",
		"Send it again with plain letters in names and addresses."}},
    {"6", {"The recipient's side cannot take a message of this form.",
	      "Send it as plain text, without attachments, or in another way."}},
    {"7.2", {"You may not write to this list.",
		"Ask whoever keeps the list, or join it before you write."}},
    {"7.4", {"The way there is not as safe as it has to be (TLS).",
		"Your message was kept back to protect it. If it happens again, " ASK_THEM}},
    {"7.5", {"The way there is not as safe as it has to be (TLS).",
		"Your message was kept back to protect it. If it happens again, " ASK_THEM}},
    {"7.8", {"The host that should pass the message on did not accept our login.",
		"Nothing is wrong with your message. Please " ASK_US}},
    {"7.30", {"You asked that it goes over protected connections only, and there was none.",
		 "Send it without that wish if it need not be protected."}},
    {"7.10", {"You asked that it goes over protected connections only, and there was none.",
		 "Send it without that wish if it need not be protected."}},
    {"7.11",
	{"The way to the host that should pass the message on is not as safe as a login needs.",
	    "Nothing is wrong with your message. Please " ASK_US}},
    {"7.23", {"Your domain does not say that mail from it may come from this host (SPF).",
		 ASK_PROVIDER}},
    {"7.20", {UNSIGNED, ASK_PROVIDER}},
    {"7.21", {UNSIGNED, ASK_PROVIDER}},
    {"7.22", {UNSIGNED, ASK_PROVIDER}},
    {"7.24", {UNSIGNED, ASK_PROVIDER}},
    {"7.26", {UNSIGNED, ASK_PROVIDER}},
    {"7.25", {"The address of the host that sends this has no name in the DNS that fits.",
		 "Your message is not at fault. Please " ASK_US}},
    {"7", {"The recipient's side would not take it: a rule or a filter is against it.",
	      "Read what it said. If you do not see why, " ASK_THEM}},
};

/* Where the code only says that it failed. */
static const struct row replies[] = {
    {"552", {"The message, or the recipient's mailbox, is larger than it may be.",
		"Send less at once, or tell the recipient in another way."}},
    {"553", {"The recipient's address was not accepted.",
		"Look for a typing mistake in it, or ask the recipient for the right one."}},
    {"550", {"The recipient's side did not accept it.",
		"Often an address is misspelt or no longer in use. If what it said does not tell "
		"you more, " ASK_THEM}},
    {"", {"The recipient's side did not accept it.",
	     "If what it said does not tell you what to do, " ASK_THEM}},
};

static const struct dsn_advice ours = {
    "It could not be delivered from here.", "If the reason does not tell you what to do, " ASK_US};

/* "1.1" begins "1.1" and "1.1.…", but not "1.10". */
static bool
begins(const char *code, struct slice text)
{
	size_t len = slice_of(code).len;

	return slice_starts(text, code) && (text.len == len || text.data[len] == '.');
}

/* What the table says of a fault of theirs, or a rule of theirs, is not so if this host found it.
 */
static bool
is_others_word(struct slice rest)
{
	static const char *const known[] = {"3.4", "7.4", "7.5", "7.8", "7.10", "7.11", "7.30"};

	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (begins(known[i], rest))
			return false;
	return begins("3", rest) || begins("5", rest) || begins("7", rest);
}

const struct dsn_advice *
dsn_advice_find(struct slice code, struct slice reply, bool is_remote)
{
	struct slice rest = slice_skip(code, 2);

	if (!is_remote && is_others_word(rest))
		return &ours;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (begins(rows[i].code, rest))
			return &rows[i].advice;
	for (size_t i = 0; is_remote && i < sizeof replies / sizeof *replies; i++)
		if (slice_starts(reply, replies[i].code))
			return &replies[i].advice;
	return &ours;
}
